"""The subcommands of `%llm`: each shows a text, and some change a setting."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

from workbench import traces
from workbench.errors import OptionError
from workbench.magics.chat_command import chat_command, show_chats
from workbench.magics.conversation import Conversations
from workbench.magics.display import notice
from workbench.magics.frame import show_frame
from workbench.magics.grammar import LLM_COMMANDS, llm_help
from workbench.magics.line import dollars, tokens
from workbench.magics.notebook import NotebookName
from workbench.magics.prompt_view import prompt_text, prompts_frame
from workbench.magics.toolbox import notebook_tools
from workbench.methods import find_method, method_names
from workbench.models import model_names
from workbench.models.model import Model

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

__all__ = ["Host", "run_command"]


class Host(Protocol):
    """What the subcommands look at."""

    conversations: Conversations
    notebook: NotebookName

    @property
    def in_use(self) -> str:
        """The name of the model that cells ask."""
        ...

    def use(self, name: str) -> Model:
        """Makes this the model that cells ask, if it can be opened."""
        ...


def run_command(host: Host, shell: InteractiveShell, command: str, argument: str) -> None:
    """Runs one subcommand and shows what it says.

    Raises:
        OptionError: an argument where none belongs, or none where one does.
        ModelError: `use` with a model that cannot be opened.
        StoreError: `store` with a path that cannot be written.
    """
    takes, _ = LLM_COMMANDS[command]
    if argument and not takes:
        raise OptionError(
            f"%llm {command} takes nothing, and was given {argument!r}.",
            hint=f"to ask a model that very text: %llm -- {command} {argument}"
            if command != "chats"
            else "one conversation: %llm chat NAME, and %llm chat NAME forget",
        )
    match command:
        case "help":
            text = llm_help()
        case "status":
            text = _status(host)
        case "use":
            text = _use(host, argument)
        case "models":
            text = _models(host.in_use)
        case "chats":
            show_chats(host.conversations, shell)
            return
        case "chat":
            chat_command(host.conversations, shell, argument)
            return
        case "prompts":
            if not argument:
                show_frame(shell, prompts_frame(), "No prompts yet. Save one with %%llm --save NAME.")
                return
            text = prompt_text(argument)
        case "tools":
            text = _tools(shell)
        case "methods":
            text = _methods()
        case _:
            text = _store(argument)
    notice(shell, text)


def _status(host: Host) -> str:
    path = host.notebook.path()
    total = traces.notebook_spend(traces.store(), [path] if path else [])
    about = "≈" if total.usage.approximate else ""
    cost = dollars(total.cost_usd, total.cost_reason)
    rows = [
        ("model", host.in_use),
        ("notebook", host.notebook.path() or "not known (WORKBENCH_NOTEBOOK names it)"),
        ("conversations", ", ".join(host.conversations) or "none"),
        ("calls", f"{total.calls:,}"),
        ("tokens", f"{about}{tokens(total.usage.input_tokens)} in, {about}{tokens(total.usage.output_tokens)} out"),
        ("cost", f"{about}{cost}" if total.cost_usd else cost),
        ("store", str(traces.store().path)),
    ]
    if not total.calls:
        rows[4:6] = []
    return _columns(rows)


def _use(host: Host, name: str) -> str:
    if not name:
        raise OptionError("%llm use was given no model.", hint="%llm use pocket; the names: %llm models")
    return f"Cells ask {host.use(name).name} from now on."


def _models(used: str) -> str:
    names = model_names()
    local = [name for name in names if ":" not in name or name.endswith(":")]
    hosted: dict[str, list[str]] = {}
    for name in names:
        provider, _, model = name.partition(":")
        if model:
            hosted.setdefault(provider, []).append(model)
    lines = [f"{'*' if name == used else ' '} {name}" for name in local]
    lines += [f"  {provider}: {_some(models)}" for provider, models in sorted(hosted.items())]
    return "\n".join([*lines, "", f"In use: {used}. Another: %llm use NAME; every name: Tab after %llm -m"])


def _some(models: Sequence[str]) -> str:
    return ", ".join(models[:4]) + (f", … ({len(models)})" if len(models) > 4 else "")


def _tools(shell: InteractiveShell) -> str:
    rows = [
        (f"{name}({', '.join(tool.parameters.get('properties', ()))})", tool.description)
        for name, tool in notebook_tools(shell.user_ns).items()
    ]
    return _columns(rows) if rows else "No tools yet. Define functions in a cell that begins with %%tool."


def _methods() -> str:
    rows: list[tuple[str, str]] = []
    for name in method_names():
        method = find_method(name)
        paper = f"{method.paper.authors}, {method.paper.year}: {method.paper.title}" if method.paper else "a baseline"
        rows.append((name, f"{paper} · calls: {method.calls} · options: {', '.join(method.options) or 'none'}"))
    return _columns(rows)


def _store(path: str) -> str:
    store = traces.use(path) if path else traces.store()
    return f"Traces go to {store.path}"


def _columns(rows: Sequence[tuple[str, str]]) -> str:
    width = max((len(name) for name, _ in rows), default=0)
    return "\n".join(f"{name:<{width}}  {words}".rstrip() for name, words in rows)
