"""Names of models: `provider:model`, as people write them after `-m`."""

from __future__ import annotations

import difflib
import importlib.util
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from workbench.errors import ModelError, nearest
from workbench.models.providers import HOSTED, LOCAL, provider_of
from workbench.training.shipped import DEFAULT, shipped_sizes

__all__ = ["ModelName", "model_names", "parse", "pocket_name"]

# other words that people use for a provider
ALIASES: Final = {
    "claude": "anthropic",
    "copilot": "github-copilot",
    "gemini": "google",
    "google-gla": "google",
    "google-vertex": "google-cloud",
    "grok": "xai",
    "kimi": "moonshotai",
    "vertex": "google-cloud",
    "x-ai": "xai",
}
_ASKS: Final = {"jax": "jax:checkpoints/my-run", "recorded": "recorded:answers.jsonl"}


@dataclass(frozen=True, slots=True)
class ModelName:
    """A name taken apart; `model` is empty for a local model that needs none, such as `pocket`."""

    provider: str
    model: str = ""

    def __str__(self) -> str:
        return f"{self.provider}:{self.model}" if self.model else self.provider

    @property
    def is_local(self) -> bool:
        """Whether it answers on this machine, so that it costs nothing and asks no network."""
        return self.provider in LOCAL


def parse(name: str) -> ModelName:
    """Takes a name apart and checks the provider; which models a hosted provider has, only the provider knows.

    Args:
        name: `provider:model`, or `pocket` or `scripted` alone; `pocket:SIZE` is another size of it.

    Raises:
        ModelError: (kind `unknown_model`) no such provider, or no model after it.

    Example:
        >>> parse("openai:gpt-5-mini")
        ModelName(provider='openai', model='gpt-5-mini')
        >>> print(parse("pocket"))
        pocket
    """
    provider, colon, model = name.strip().partition(":")
    provider, model = ALIASES.get(provider, provider), model.strip()
    if provider in LOCAL:
        if provider in _ASKS and not model:
            raise _unknown(name, f"{provider!r} is {LOCAL[provider]}.", _ASKS[provider])
        return ModelName(provider, model)
    if provider_of(provider) is not None:
        if not model:
            known = [known for known in hosted_names() if known.startswith(f"{provider}:")]
            raise _unknown(name, "A hosted model is named provider:model.", known[0] if known else f"{provider}:NAME")
        return ModelName(provider, model)
    # a model's name without its provider, or a name that is near another
    fuller = [known for known in hosted_names() if not colon and known.partition(":")[2] == name]
    if fuller:
        raise _unknown(name, "A hosted model is named provider:model.", " or ".join(fuller[:3]))
    close = difflib.get_close_matches(provider, [*LOCAL, *HOSTED, *ALIASES], n=1, cutoff=0.6)
    near = f"{close[0]}{colon}{model}" if close else nearest(name, model_names())
    raise _unknown(name, f"Providers are {', '.join([*LOCAL, *HOSTED])}.", near or "%llm models lists the names.")


def model_names() -> list[str]:
    """Names for completion: the local ones, then hosted models that are well known, sorted.

    Example:
        >>> "pocket" in model_names()
        True
    """
    pocket = [pocket_name(size) for size in shipped_sizes() if size != DEFAULT]
    local = [name for name in LOCAL if name not in _ASKS]
    return [*local, *pocket, *(f"{name}:" for name in _ASKS), *hosted_names()]


def pocket_name(size: str) -> str:
    """How a pocket model of this size is asked.

    Example:
        >>> pocket_name("1m"), pocket_name("300k")
        ('pocket', 'pocket:300k')
    """
    return "pocket" if size == DEFAULT else f"pocket:{size}"


@cache
def hosted_names() -> tuple[str, ...]:
    """The hosted models that pydantic-ai lists, read from its source so that it need not be imported (2 s)."""
    spec = importlib.util.find_spec("pydantic_ai")
    if spec is None or spec.origin is None:
        return ()
    listing = Path(spec.origin).parent / "models" / "_known_model_names.py"
    text = listing.read_text(encoding="utf-8") if listing.is_file() else ""
    names = re.findall(r"^\s+'([\w./-]+:[^'\s]+)',$", text, flags=re.MULTILINE)
    return tuple(sorted(name for name in names if provider_of(name.partition(":")[0]) is not None))


def _unknown(given: str, allowed: str, hint: str) -> ModelError:
    return ModelError(f"There is no model {given!r}. {allowed}", hint=hint, kind="unknown_model")
