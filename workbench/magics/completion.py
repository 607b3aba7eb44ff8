"""Completion of flags and of their values: models, tools, methods, conversations, settings, subcommands."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, Protocol

from IPython.core.completer import CompletionContext, SimpleCompletion, SimpleMatcherResult, context_matcher

from workbench.errors import MethodError, StoreError
from workbench.magics.chat_command import CHAT_ACTIONS
from workbench.magics.conversation import Conversations
from workbench.magics.grammar import LLM_COMMANDS, LLM_FLAGS, TRACES_FLAGS
from workbench.magics.named_prompt import saved_prompts
from workbench.magics.options import Flag
from workbench.magics.settings import setting_names
from workbench.magics.toolbox import callables
from workbench.methods import find_method, method_names
from workbench.models import model_names

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

__all__ = ["install", "remove"]

_MAGIC: Final = re.compile(r"^\s*(?:[^\W\d]\w*\s*=\s*)?(?P<signs>%%?)(?P<magic>llm|traces)\s(?P<rest>.*)$", re.DOTALL)
_FLAGS: Final[Mapping[str, Sequence[Flag]]] = {"llm": LLM_FLAGS, "traces": TRACES_FLAGS}


class Known(Protocol):
    """What the completion looks at."""

    conversations: Conversations


def install(shell: InteractiveShell, known: Known) -> Callable[[CompletionContext], SimpleMatcherResult]:
    """Adds the matcher to the shell's completer and returns it."""

    @context_matcher(identifier="workbench.magics")
    def matcher(context: CompletionContext) -> SimpleMatcherResult:
        lines = context.full_text.split("\n")
        line = lines[context.cursor_line][: context.cursor_position] if context.cursor_line < len(lines) else ""
        match = _MAGIC.match(line)
        if match is None or (match["signs"] == "%%" and context.cursor_line > 0):
            return SimpleMatcherResult(completions=[], suppress=False)
        fragment, words = offers(match["magic"], match["signs"], match["rest"], shell.user_ns, known.conversations)
        found = [word for word in words if word.startswith(fragment)]
        return {
            "completions": [SimpleCompletion(text=word, type="magic") for word in found],
            "matched_fragment": fragment,
            "suppress": bool(found),
            "ordered": True,
        }

    completer: Any = shell.Completer
    completer.custom_matchers.append(matcher)
    return matcher


def remove(shell: InteractiveShell, matcher: Callable[[CompletionContext], SimpleMatcherResult]) -> None:
    """Takes the matcher out again."""
    completer: Any = shell.Completer
    if matcher in completer.custom_matchers:
        completer.custom_matchers.remove(matcher)


def offers(
    magic: str, signs: str, rest: str, names: Mapping[str, Any], conversations: Conversations
) -> tuple[str, Sequence[str]]:
    """What may stand at the end of this line: the fragment to replace, and the words that may replace it."""
    words = re.findall(r"\S+", rest)
    fragment = "" if not words or rest[-1].isspace() else words.pop()
    flags = _FLAGS[magic]
    by_name = {name: flag for flag in flags for name in flag.names}
    flag = by_name.get(words[-1]) if words else None
    if "=" in fragment and fragment.partition("=")[0] in by_name:
        flag, fragment = by_name[fragment.partition("=")[0]], fragment.partition("=")[2]
    if flag is not None and flag.value:
        if flag.suggest == "tools":
            fragment = fragment.rpartition(",")[2]
        return fragment, _values(flag, fragment, words, names, conversations)
    if fragment.startswith("-"):
        return fragment, [name for flag in flags for name in flag.names if name.startswith("--") or fragment == "-"]
    if magic == "llm" and signs == "%" and not words:
        return fragment, list(LLM_COMMANDS)
    if magic == "llm" and signs == "%" and words == ["use"]:
        return fragment, model_names()
    if magic == "llm" and signs == "%" and words == ["prompts"]:
        return fragment, _prompts("@" in fragment)
    if magic == "llm" and signs == "%" and words[:1] == ["chat"]:
        return fragment, _chat(words[1:], conversations)
    return fragment, []


def _values(
    flag: Flag, fragment: str, words: Sequence[str], names: Mapping[str, Any], conversations: Conversations
) -> Sequence[str]:
    match flag.suggest or flag.key:
        case "models":
            return model_names()
        case "tools":
            return callables(names)
        case "methods":
            return method_names()
        case "conversations":
            name, at, _ = fragment.partition("@")
            return [f"{name}@{number}" for number in _numbers(name, conversations)] if at else _chats(conversations)
        case "prompts":
            return _prompts("@" in fragment)
        case "param":
            return [f"{name}=" for name in (*_options(words), *setting_names())]
        case _:
            return []


def _chat(words: Sequence[str], conversations: Conversations) -> Sequence[str]:
    """What follows `%llm chat`: a name, an action, the number of a turn, a side of it."""
    match words:
        case []:
            return _chats(conversations)
        case [_]:
            return list(CHAT_ACTIONS)
        case [name, "hide" | "unhide" | "edit" | "undo"]:
            return [str(number) for number in _numbers(name, conversations) if number]
        case [_, "edit", _]:
            return ["prompt", "answer"]
        case _:
            return []


def _chats(conversations: Conversations) -> list[str]:
    try:
        return list(conversations)
    except StoreError:
        return []  # the cell itself will say what is wrong


def _prompts(with_version: bool) -> list[str]:
    try:
        known = saved_prompts()
    except StoreError:
        return []
    names = [f"{prompt.name}@{prompt.version}" if with_version else prompt.name for prompt in known]
    return list(dict.fromkeys(names))


def _numbers(name: str, conversations: Conversations) -> Sequence[int]:
    if name not in _chats(conversations):
        return ()
    return range(len(conversations.find(name).turns) + 1)


def _options(words: Sequence[str]) -> Sequence[str]:
    if "--method" not in words[:-1]:
        return ()
    try:
        return list(find_method(words[words.index("--method") + 1]).options)
    except MethodError:
        return ()  # the name is not complete yet
