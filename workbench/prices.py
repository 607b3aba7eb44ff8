"""What a call costs, from genai-prices' table that comes with the package; the network is never asked.

Looking a model up takes 0.3 ms, so its rates are kept, for a quarter of an hour of the call's time: some prices depend
on the date, and some on the time of day.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Final

from workbench.messages import Usage

__all__ = ["PRICED", "UNPRICED", "Price", "cost_usd", "dollars", "spent_and_left"]

_MILLION: Final = 1_000_000
_QUARTER_SECONDS: Final = 900

# a provider's name here or in OpenTelemetry's conventions -> its name in the price table
PRICED: Final[dict[str, str]] = {
    "anthropic": "anthropic",
    "aws.bedrock": "aws",
    "azure": "azure",
    "azure-responses": "azure",
    "azure.ai.inference": "azure",
    "azure.ai.openai": "azure",
    "bedrock": "aws",
    "bedrock-mantle": "aws",
    "cerebras": "cerebras",
    "cohere": "cohere",
    "deepseek": "deepseek",
    "fireworks": "fireworks",
    "gcp.gemini": "google",
    "gcp.gen_ai": "google",
    "gcp.vertex_ai": "google",
    "github-copilot": "github-copilot",
    "google": "google",
    "google-cloud": "google",
    "groq": "groq",
    "meta": "meta",
    "mistral": "mistral",
    "mistral_ai": "mistral",
    "moonshot_ai": "moonshotai",
    "moonshotai": "moonshotai",
    "openai": "openai",
    "openai-chat": "openai",
    "openai-responses": "openai",
    "openrouter": "openrouter",
    "ovhcloud": "ovhcloud",
    "perplexity": "perplexity",
    "together": "together",
    "x-ai": "x-ai",
    "x_ai": "x-ai",
    "xai": "x-ai",
    "zai": "zai",
}
# what answers on this machine -> why its cost is unknown; None where it costs nothing
UNPRICED: Final[dict[str, str | None]] = {
    "jax": None,
    "pocket": None,
    "recorded": "a recorded answer; its cost was not recorded",
    "scripted": None,
}
# counts that are part of the input or of the output -> their price in the table, where they have one of their own
_INPUT_PARTS: Final = {
    "cache_read_tokens": "cache_read_mtok",
    "cache_write_tokens": "cache_write_mtok",
    "input_audio_tokens": "input_audio_mtok",
    "input_image_tokens": "input_image_mtok",
}
_OUTPUT_PARTS: Final = {
    "reasoning_tokens": "output_reasoning_mtok",
    "output_audio_tokens": "output_audio_mtok",
    "output_image_tokens": "output_image_mtok",
}
_MODALITIES: Final = ("input_audio_tokens", "input_image_tokens")


@dataclass(frozen=True, slots=True)
class Price:
    """A cost in US dollars, or None with the reason; `version` names the table it comes from."""

    usd: float | None
    reason: str | None
    version: str


@dataclass(frozen=True, slots=True)
class _Rates:
    """US dollars per token, above a threshold of input tokens; `*_parts` are priced otherwise than the rest."""

    above: float
    input: float
    input_parts: tuple[tuple[str, float], ...]
    output: float | None
    output_parts: tuple[tuple[str, float], ...]
    request: float


def dollars(usd: float | None, reason: str | None = None) -> str:
    """An amount with two significant digits below a dollar.

    Example:
        >>> dollars(0.0), dollars(0.000123), dollars(1.5), dollars(None, "no price")
        ('$0', '$0.00012', '$1.50', 'cost unknown: no price')
    """
    if usd is None:
        return f"cost unknown: {reason}" if reason else "cost unknown"
    if usd == 0:
        return "$0"
    if abs(usd) >= 1:
        return f"${usd:,.2f}"
    digits = f"{usd:.2g}"
    if "e" in digits:
        digits = f"{usd:.12f}".rstrip("0")
        return f"${digits}" if float(digits) else f"${usd:.1e}"
    return f"${digits}"


def spent_and_left(usd: float | None, left_usd: float | None) -> str:
    """What was spent, and what a bound leaves where there is one.

    Example:
        >>> spent_and_left(0.5, 1.5), spent_and_left(0.5, None)
        ('$0.5, $1.50 left', '$0.5')
    """
    return dollars(usd) + ("" if left_usd is None else f", {dollars(left_usd)} left")


def cost_usd(model: str, usage: Usage, at: datetime | None = None) -> Price:
    """The cost of one call.

    Cached input is priced as cached, what is written to a cache as written, audio and images as such where the table
    has a price for them; long prompts at the provider's rate for long prompts. A count of a part that the provider does
    not state is taken as none. What is billed otherwise than by tokens and requests, such as searches, is not in it.

    Args:
        model: `provider:model`; the provider as named here or in OpenTelemetry's conventions.
        usage: what was used; `input_tokens` includes cached ones.
        at: when the call was made; now by default. A time without a zone is UTC.

    Returns:
        0 for models on this machine; unknown (None, with the reason) where the model or a count is not known.

    Example:
        >>> cost_usd("openai:gpt-5-mini", Usage(1_000_000, 0)).usd
        0.25
        >>> cost_usd("openai:gpt-5-mini", Usage(1_000_000, 0, cache_read_tokens=1_000_000)).usd
        0.025
        >>> cost_usd("pocket", Usage()).usd
        0.0
        >>> cost_usd("openai:my-own", Usage(1, 1)).reason
        "no price is known for 'my-own' of openai"
    """
    provider, _, name = model.partition(":")
    if provider in UNPRICED:
        reason = UNPRICED[provider]
        return Price(0.0 if reason is None else None, reason, "local")
    moment = datetime.now(UTC) if at is None else at if at.tzinfo else at.replace(tzinfo=UTC)
    tiers, reason, version = _rates(provider, name, int(moment.timestamp()) // _QUARTER_SECONDS)
    if not tiers:
        return Price(None, reason, version)
    if usage.input_tokens is None:
        return Price(None, "the number of input tokens is not known", version)
    rates = next(tier for tier in tiers if usage.input_tokens > tier.above)
    if unknown := _unknown(usage, rates):
        return Price(None, unknown, version)
    usd = (
        _sum(usage, usage.input_tokens, rates.input, rates.input_parts)
        + _sum(usage, usage.output_tokens or 0, rates.output or 0.0, rates.output_parts)
        + rates.request
    )
    return Price(round(usd, 12), None, version)


def _sum(usage: Usage, total: int, rate: float, parts: tuple[tuple[str, float], ...]) -> float:
    """The parts at their rates, and what is left of the total at its own."""
    usd = 0.0
    for name, part_rate in parts:
        if count := getattr(usage, name):
            total -= count
            usd += count * part_rate
    return usd + max(total, 0) * rate


def _unknown(usage: Usage, rates: _Rates) -> str | None:
    """What is missing of the usage for these rates."""
    if usage.output_tokens is None and (rates.output is not None or rates.output_parts):
        return "the number of output tokens is not known"
    if rates.output is None and (usage.output_tokens or 0) > sum(getattr(usage, n) or 0 for n, _ in rates.output_parts):
        return "the model's output is not priced by tokens"
    if usage.cache_read_tokens and any(name in _MODALITIES and getattr(usage, name) for name, _ in rates.input_parts):
        return "it is not known how much of the audio or images was read from the cache"
    return None


@lru_cache(maxsize=4096)
def _rates(provider: str, model: str, quarter: int) -> tuple[tuple[_Rates, ...], str | None, str]:
    """A model's rates, the highest threshold first; none with the reason; and the table's version."""
    import genai_prices  # 0.5 s
    from genai_prices.data_snapshot import get_snapshot

    snapshot = get_snapshot()
    stamp = f"+{snapshot.timestamp:%Y%m%dT%H%M}" if snapshot.from_auto_update else ""
    version = f"genai-prices {genai_prices.__version__}{stamp}"
    table = PRICED.get(provider.removeprefix("gateway/"))
    if table is None:
        return (), f"no prices are known for {provider}", version
    try:
        _, found = snapshot.find_provider_model(model, None, table, None)
    except LookupError:
        return (), f"no price is known for {model!r} of {provider}", version
    price = found.get_prices(datetime.fromtimestamp(quarter * _QUARTER_SECONDS, UTC))
    if price.input_mtok is None:
        return (), f"{model!r} of {provider} is not priced by tokens", version
    keys = ("input_mtok", "output_mtok", *_INPUT_PARTS.values(), *_OUTPUT_PARTS.values())
    starts = {float(tier.start) for key in keys for tier in getattr(getattr(price, key), "tiers", ())}
    return tuple(_at(price, start) for start in sorted({-math.inf, *starts}, reverse=True)), None, version


def _at(price: Any, above: float) -> _Rates:
    """The rates that hold just above a threshold; `price` is a genai_prices.types.ModelPrice."""

    def per_token(key: str) -> float | None:
        rate = getattr(price, key)
        if rate is None:
            return None
        tiers = [tier.price for tier in getattr(rate, "tiers", ()) if tier.start <= above]
        return float(tiers[-1] if tiers else getattr(rate, "base", rate)) / _MILLION

    def parts(keys: dict[str, str]) -> tuple[tuple[str, float], ...]:
        return tuple((name, rate) for name, key in keys.items() if (rate := per_token(key)) is not None)

    return _Rates(
        above=above,
        input=per_token("input_mtok") or 0.0,
        input_parts=parts(_INPUT_PARTS),
        output=per_token("output_mtok"),
        output_parts=parts(_OUTPUT_PARTS),
        request=float(price.requests_kcount or 0) / 1000,
    )
