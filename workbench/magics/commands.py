"""The subcommands of `%llm`, one entry each: what shows a text, and what changes a setting."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final

from workbench import traces
from workbench.errors import OptionError
from workbench.magics.again_command import (
    cache_command,
    cache_offers,
    file_offers,
    record_command,
    replay_command,
)
from workbench.magics.answer_command import insert_command, insert_offers, rate_command, rate_offers
from workbench.magics.budget_command import budget_command, budget_offers
from workbench.magics.chat_command import chat_command, chat_offers, show_chats
from workbench.magics.cite_command import cite_command, cite_offers
from workbench.magics.command import Command, Host, columns
from workbench.magics.display import notice
from workbench.magics.effects_command import effects_command, effects_offers
from workbench.magics.fix_command import fix_command, fix_offers
from workbench.magics.frame import show_frame
from workbench.magics.grammar import llm_help
from workbench.magics.limit_command import limit_command, limit_offers
from workbench.magics.mcp_command import mcp_command, mcp_offers
from workbench.magics.prompt_view import prompt_offers, prompt_text, prompts_frame
from workbench.magics.receipt_command import receipt_command, receipt_offers
from workbench.magics.status import status
from workbench.magics.tool_view import tools_command, tools_offers
from workbench.methods import find_method, find_optimiser, method_names
from workbench.methods.catalogue import OPTIMISERS
from workbench.methods.requirements import requirements
from workbench.models import model_names
from workbench.models.providers import LOCAL

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

__all__ = ["LLM_COMMANDS", "run_command"]


_SENTENCE: Final = 4  # words of an argument that may have been meant as a prompt


def run_command(host: Host, shell: InteractiveShell, name: str, argument: str) -> None:
    """Runs one subcommand and shows what it says.

    Raises:
        OptionError: an argument where none belongs, or none where one does.
        ModelError: `use` with a model that cannot be opened.
        StoreError: `store` with a path that cannot be written.
    """
    command = LLM_COMMANDS[name]
    if argument and not command.arguments:
        raise OptionError(
            f"%llm {name} takes nothing, and was given {argument!r}.",
            hint=f"to ask a model that very text: %llm -- {name} {argument}"
            if name != "chats"
            else "one conversation: %llm chat NAME, and %llm chat NAME forget",
        )
    try:
        text = command.run(host, shell, argument)
    except OptionError as error:
        if len(argument.split()) < _SENTENCE:
            raise
        ask = f"to ask a model that very text: %llm -- {name} {argument}"
        if error.hint and ask in error.hint:
            raise
        raise OptionError(error.message, hint=f"{error.hint}; {ask}" if error.hint else ask) from error
    if text is not None:
        notice(shell, text)


def _help(host: Host, shell: InteractiveShell, argument: str) -> str:
    return llm_help(LLM_COMMANDS.values())


def _use(host: Host, shell: InteractiveShell, name: str) -> str:
    if not name:
        raise OptionError("%llm use was given no model.", hint="%llm use pocket; the names: %llm models")
    return f"Cells ask {host.use(name).name} from now on."


def _models(host: Host, shell: InteractiveShell, argument: str) -> str:
    names, used = [name for name in model_names() if argument.lower() in name.lower()], host.in_use
    if argument and not names:
        raise OptionError(
            f"%llm models was given {argument!r}, which no known name has; a provider may have more.",
            hint="%llm models",
        )
    local = [name for name in names if name.partition(":")[0] in LOCAL]
    hosted: dict[str, list[str]] = {}
    for name in names:
        provider, _, model = name.partition(":")
        if provider not in LOCAL:
            hosted.setdefault(provider, []).append(model)
    lines = [f"{'*' if name == used else ' '} {name}" for name in local]
    lines += [
        f"  {provider}: {', '.join(models) if argument else _some(models)}"
        for provider, models in sorted(hosted.items())
    ]
    return "\n".join([*lines, "", f"In use: {used}. Another: %llm use NAME; every name: Tab after %llm -m"])


def _some(models: Sequence[str]) -> str:
    return ", ".join(models[:4]) + (f", … ({len(models)})" if len(models) > 4 else "")


def _model_offers(host: Host, shell: InteractiveShell, words: Sequence[str], fragment: str) -> Sequence[str]:
    return () if words else model_names()


def _chats(host: Host, shell: InteractiveShell, argument: str) -> None:
    show_chats(host.conversations, shell)


def _chat(host: Host, shell: InteractiveShell, argument: str) -> None:
    chat_command(host.conversations, shell, argument, host.effects)


def _prompts(host: Host, shell: InteractiveShell, name: str) -> str | None:
    if name:
        return prompt_text(name)
    show_frame(shell, prompts_frame(), "No prompts yet. Save one with %%llm --save NAME.")
    return None


def _methods(host: Host, shell: InteractiveShell, argument: str) -> str:
    found = [find_method(name) for name in method_names()]
    makers = [find_optimiser(name) for name in OPTIMISERS]
    rows: list[tuple[str, str]] = []
    for each in (*found, *makers):
        paper = f"{each.paper.authors}, {each.paper.year}: {each.paper.title}" if each.paper else "a baseline"
        needs = f" · needs: {', '.join(needed)}" if (needed := requirements(each)) else ""
        rows.append((each.name, f"{paper} · calls: {each.calls}{needs} · options: {', '.join(each.options) or 'none'}"))
    lines = columns(rows).split("\n")
    told = "These make a program of examples: found = await methods.NAME(samples, model, …); found.program"
    return "\n".join([*lines[: len(found)], "", told, *lines[len(found) :]])


def _store(host: Host, shell: InteractiveShell, path: str) -> str:
    store = traces.use(path) if path else traces.store()
    return f"Traces go to {store.path}"


# one line each, in the order of the help
_ALL: Final = (
    Command("status", "", "what this notebook asks, used, may spend and records; so does %llm alone", status),
    Command("models", "[WORDS]", "the models that can be named; or those with these words in their name", _models),
    Command("use", "MODEL", "ask this model from now on", _use, _model_offers),
    Command("chats", "", "the notebook's conversations, also those of earlier kernels", _chats),
    Command(
        "chat",
        "NAME [undo|redo|hide|unhide|edit|forget …]",
        "shows one with its turns' numbers, or changes it",
        _chat,
        chat_offers,
    ),
    Command("prompts", "[NAME]", "the saved prompts; or one with its versions", _prompts, prompt_offers),
    Command(
        "tools", "[NAME]", "the notebook's tools; or one with its schema, versions and use", tools_command, tools_offers
    ),
    Command("mcp", "[add|remove|refresh …]", "MCP servers and their tools; %llm mcp --help", mcp_command, mcp_offers),
    Command(
        "effects",
        "[CHAT] [undo [N|all]]",
        "what tool calls changed outside, and taking it back",
        effects_command,
        effects_offers,
    ),
    Command(
        "budget", "[5.00|off] [all] [unpriced]", "what may be spent, and how it stands", budget_command, budget_offers
    ),
    Command("cache", "[on|off|clear|status]", "answer again what was asked before", cache_command, cache_offers),
    Command("record", "[FILE [fresh]|off]", "write answers to a file from now on", record_command, file_offers),
    Command("replay", "[FILE|off]", "answer from such a file, and ask no model", replay_command, file_offers),
    Command(
        "receipt", "[all] [FILE]", "models, seeds, packages and spend of this notebook", receipt_command, receipt_offers
    ),
    Command("limit", "[PROVIDER [N]]", "how many calls a provider gets at once", limit_command, limit_offers),
    Command(
        "fix",
        "[-m MODEL] [WORDS]",
        "ask about the last exception; %llm insert puts the mended cell below",
        fix_command,
        fix_offers,
    ),
    Command(
        "insert", "[N]", "the last answer's code, or its block N, into the next cell", insert_command, insert_offers
    ),
    Command("rate", "up|down|LABEL [NOTE]", "what you say of the last answer", rate_command, rate_offers),
    Command("methods", "", "the methods for --method, and the optimisers", _methods),
    Command("cite", "[all]", "BibTeX of the methods that this notebook ran", cite_command, cite_offers),
    Command("store", "[PATH]", "where traces go; or put them there from now on", _store),
    Command("help", "", "show this", _help),
)
LLM_COMMANDS: Final[Mapping[str, Command]] = {command.name: command for command in _ALL}
