"""What a call costs, from genai-prices' table that comes with the package; the network is never asked.

Looking a model up takes 0.3 ms, so its rates are kept, for the current hour (some prices depend on date and hour).
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from workbench.messages import Usage
from workbench.models.providers import LOCAL, provider_of

if TYPE_CHECKING:
    from decimal import Decimal

    from genai_prices.types import TieredPrices

__all__ = ["Price", "cost_usd"]

_MILLION: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Price:
    """A cost in US dollars, or None with the reason; `version` names the table it comes from."""

    usd: float | None
    reason: str | None
    version: str


@dataclass(frozen=True, slots=True)
class _Rates:
    """US dollars per token; one for each threshold of input tokens above which it holds."""

    above: float
    input: float
    cache_read: float
    cache_write: float
    output: float
    request: float


def cost_usd(model: str, usage: Usage) -> Price:
    """The cost of one call.

    Cached input is priced as cached, what is written to a cache as written; long prompts at the provider's rate for
    long prompts. A count of cached tokens that the provider does not state is taken as none.

    Args:
        model: `provider:model`.
        usage: what was used; `input_tokens` includes cached ones.

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
    if provider in LOCAL:
        if provider == "recorded":
            return Price(None, "a recorded answer; its cost was not recorded", "local")
        return Price(0.0, None, "local")
    rates, reason, version = _rates(provider, name, int(time.time()) // 3600)
    if not rates:
        return Price(None, reason, version)
    if usage.input_tokens is None or usage.output_tokens is None:
        missing = "input" if usage.input_tokens is None else "output"
        return Price(None, f"the number of {missing} tokens is not known", version)
    read, written = usage.cache_read_tokens or 0, usage.cache_write_tokens or 0
    rate = next(rate for rate in rates if usage.input_tokens > rate.above)
    plain = max(usage.input_tokens - read - written, 0)
    usd = (
        plain * rate.input
        + read * rate.cache_read
        + written * rate.cache_write
        + usage.output_tokens * rate.output
        + rate.request
    )
    return Price(round(usd, 12), None, version)


@lru_cache(maxsize=512)
def _rates(provider: str, model: str, hour: int) -> tuple[tuple[_Rates, ...], str | None, str]:
    """A model's rates, the highest threshold first; none with the reason; and the table's version."""
    import genai_prices  # 0.5 s
    from genai_prices.data_snapshot import get_snapshot

    snapshot = get_snapshot()
    stamp = f"+{snapshot.timestamp:%Y%m%dT%H%M}" if snapshot.from_auto_update else ""
    version = f"genai-prices {genai_prices.__version__}{stamp}"
    known = provider_of(provider)
    if known is None or not known.prices:
        return (), f"no prices are known for {provider}", version
    try:
        _, found = snapshot.find_provider_model(model, None, known.prices, None)
    except LookupError:
        return (), f"no price is known for {model!r} of {provider}", version
    price = found.get_prices(datetime.fromtimestamp(hour * 3600, UTC))
    if price.input_mtok is None or price.output_mtok is None:
        return (), f"{model!r} of {provider} is not priced by tokens", version
    tiers = {start for field in ("input", "cache_read", "cache_write", "output") for start in _starts(price, field)}
    return tuple(_at(price, start) for start in sorted({-math.inf, *tiers}, reverse=True)), None, version


def _starts(price: Any, field: str) -> list[float]:
    tiers = getattr(getattr(price, f"{field}_mtok"), "tiers", ())
    return [float(tier.start) for tier in tiers]


def _at(price: Any, above: float) -> _Rates:
    input_rate = _per_token(price.input_mtok, above)
    return _Rates(
        above=above,
        input=input_rate,
        cache_read=input_rate if price.cache_read_mtok is None else _per_token(price.cache_read_mtok, above),
        cache_write=input_rate if price.cache_write_mtok is None else _per_token(price.cache_write_mtok, above),
        output=_per_token(price.output_mtok, above),
        request=float(price.requests_kcount or 0) / 1000,
    )


def _per_token(price: Decimal | TieredPrices, above: float) -> float:
    """The rate that holds just above a threshold."""
    tiers = [tier.price for tier in getattr(price, "tiers", ()) if tier.start <= above]
    base: Any = getattr(price, "base", price)
    return float(tiers[-1] if tiers else base) / _MILLION
