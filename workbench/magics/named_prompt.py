"""Prompts with names and versions: templates in the trace store, for all notebooks that write to it.

A version is the hash of the template and its system message: the same text has the same version everywhere.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from workbench import traces
from workbench.errors import OptionError, PromptError, StoreError, nearest
from workbench.messages import message_from_json, system, user
from workbench.prompts import SharedTemplate

__all__ = ["NamedPrompt", "find_prompt", "save_prompt", "saved_prompts", "used", "uses"]

_NAME: Final = re.compile(r"[\w.-]+")
_SAVED: Final = """
    SELECT spans.attributes, spans.ended_at, list(messages.body ORDER BY read.position) AS bodies
    FROM spans JOIN span_messages AS read USING (span_id) JOIN messages USING (message_hash)
    WHERE spans.operation = 'save_prompt' AND spans.status = 'ok' AND read.direction = 'input'
    GROUP BY spans.span_id, spans.attributes, spans.started_at, spans.ended_at
    ORDER BY spans.ended_at, spans.started_at
"""
_USES: Final = """
    SELECT attributes ->> '$."gen_ai.prompt.name"' AS name, count(*) AS uses
    FROM spans WHERE operation = 'prompt' GROUP BY ALL
"""


@dataclass(frozen=True, slots=True)
class NamedPrompt:
    """A template under a name; `told` is the template of its system message. Both may be somebody else's."""

    name: str
    template: SharedTemplate
    told: SharedTemplate | None
    saved_at: datetime

    @property
    def version(self) -> str:
        """Eight hex digits of SHA-256 over both templates.

        Example:
            >>> NamedPrompt("add", SharedTemplate("{{a}} + {{b}}?"), None, datetime(2026, 1, 1)).version
            '919e4b90'
        """
        return hashlib.sha256(json.dumps([self.template, self.told]).encode()).hexdigest()[:8]


def saved_prompts() -> Sequence[NamedPrompt]:
    """Every saving of every prompt, in order of time.

    Raises:
        StoreError: the store is busy, damaged or newer than this workbench.
    """
    found: list[NamedPrompt] = []
    for attributes, ended_at, bodies in traces.query(_SAVED).iter_rows():
        messages = [message_from_json(json.loads(body)) for body in bodies]
        told = SharedTemplate(messages[0].text) if messages[0].role == "system" else None
        name: Any = json.loads(attributes)["gen_ai.prompt.name"]
        found.append(NamedPrompt(str(name), SharedTemplate(messages[-1].text), told, ended_at.replace(tzinfo=UTC)))
    return found


def save_prompt(name: str, template: str, told: str | None) -> NamedPrompt:
    """Stores a template as the newest version of its name; where it is that already, nothing is stored.

    Raises:
        OptionError: a name that none can have.
        PromptError: the store keeps no content.
        StoreError: the store cannot be read.
    """
    if not _NAME.fullmatch(name):
        raise OptionError(
            f"%%llm was given --save {name!r}; a prompt's name is letters, digits, _, . and -.",
            hint="%%llm --save capitals",
        )
    if not traces.store().captures_content:
        raise PromptError(
            f"The prompt {name!r} cannot be saved: the trace store keeps no content.",
            hint="unset WORKBENCH_CONTENT, or keep the template in a variable: {{template}}",
        )
    cleaned = None if told is None else SharedTemplate(traces.redact(told))
    prompt = NamedPrompt(name, SharedTemplate(traces.redact(template)), cleaned, datetime.now(UTC))
    newest = next((known for known in reversed(saved_prompts()) if known.name == name), None)
    if newest is not None and newest.version == prompt.version:
        return newest
    with traces.span("save_prompt", f"save_prompt {name}") as span:
        _name(span, prompt)
        span.input_messages((*([] if prompt.told is None else [system(prompt.told)]), user(prompt.template)))
    return prompt


def find_prompt(given: str, magic: str) -> NamedPrompt:
    """The prompt `NAME`, in its newest version, or `NAME@version`; a version may be shortened.

    Raises:
        OptionError: there is no such prompt or version.
        StoreError: the store cannot be read.
    """
    name, at, version = given.partition("@")
    known = saved_prompts()
    named = [prompt for prompt in known if prompt.name == name]
    if not named:
        names = list(dict.fromkeys(prompt.name for prompt in known))
        raise OptionError(
            f"{magic} was given --prompt {given!r}; the saved prompts are: {', '.join(names) or 'none yet'}. "
            f"{nearest(name, names)}".rstrip(),
            hint=f"save one: %%llm --save {name or 'capitals'}",
        )
    fitting = [prompt for prompt in named if prompt.version.startswith(version)]
    if not fitting or (at and not version):
        versions = list(dict.fromkeys(prompt.version for prompt in named))
        raise OptionError(
            f"{magic} was given --prompt {given!r}; the versions of {name!r} are {', '.join(versions)}.",
            hint=f"{magic} --prompt {name}@{versions[-1]}",
        )
    return fitting[-1]


@contextmanager
def used(prompt: NamedPrompt | None) -> Generator[None]:
    """A span around the calls that a named prompt makes, which says its name and version; none for None."""
    if prompt is None:
        yield
        return
    with traces.span("prompt", f"prompt {prompt.name}") as span:
        _name(span, prompt)
        yield


def prompt_names(with_version: bool) -> list[str]:
    """The saved names for completion; nothing where the store cannot be read, as the cell will say so."""
    try:
        known = saved_prompts()
    except StoreError:
        return []
    names = [f"{prompt.name}@{prompt.version}" if with_version else prompt.name for prompt in known]
    return list(dict.fromkeys(names))


def uses() -> dict[str, int]:
    """How many times each name was asked."""
    return dict(traces.query(_USES).rows())


def _name(span: traces.Span, prompt: NamedPrompt) -> None:
    span.attribute("gen_ai.prompt.name", prompt.name).attribute("gen_ai.prompt.version", prompt.version)
