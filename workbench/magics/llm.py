"""`%%llm` and `%llm`: ask a model."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import Any, TypeGuard

from IPython.core.interactiveshell import InteractiveShell
from IPython.core.magic import Magics, line_cell_magic, magics_class, no_var_expand
from traitlets import Enum, Unicode, default

from workbench.asking.asker import offer_default
from workbench.errors import OptionError
from workbench.magics.answer import CellAnswer
from workbench.magics.answers import Answers, Samples
from workbench.magics.ask import Asking, answer_live
from workbench.magics.commands import LLM_COMMANDS, run_command
from workbench.magics.conversation import Conversations, with_system
from workbench.magics.display import Live, front_for, notice
from workbench.magics.estimate import dry_run, rendered
from workbench.magics.form import read_form
from workbench.magics.grammar import LLM_FLAGS, llm_help
from workbench.magics.loop import Background
from workbench.magics.many import CONCURRENCY, answer_many
from workbench.magics.map_cell import map_cell
from workbench.magics.mcp_servers import SERVERS
from workbench.magics.named_prompt import NamedPrompt, find_prompt, save_prompt, used
from workbench.magics.notebook import NotebookName, cell_number
from workbench.magics.options import Line, bound_name, read_line
from workbench.magics.oversight import POLICIES, UNATTENDED, read_oversight
from workbench.magics.settings import read_parameters, with_timeout
from workbench.magics.several import read_count, read_models
from workbench.magics.toolbox import find_tools
from workbench.messages import system
from workbench.methods import find_method
from workbench.models import Traced, open_model
from workbench.models.model import Model
from workbench.prompts import SharedTemplate, names_in, render, render_parts
from workbench.tools import Effects

__all__ = ["LLM"]


@magics_class
class LLM(Magics):
    """The model that cells ask, their conversations, and the loop they are answered in."""

    model = Unicode(help="The model that cells ask when they name none, as provider:model.").tag(config=True)

    approve = Unicode(
        "allow", help=f"Who approves tool calls where a cell does not say: {', '.join(POLICIES)}, or a function's name."
    ).tag(config=True)
    unattended = Enum(
        UNATTENDED, help="What asking for approval comes to where nobody can be asked: deny or allow."
    ).tag(config=True)

    @default("unattended")
    def _default_unattended(self) -> str:
        return "allow" if os.environ.get("WORKBENCH_UNATTENDED") == "allow" else "deny"

    @default("model")
    def _default_model(self) -> str:
        return os.environ.get("WORKBENCH_MODEL") or "pocket"

    def __init__(self, shell: InteractiveShell) -> None:
        super().__init__(shell)
        self.notebook = NotebookName(shell)
        self.conversations = Conversations(self.notebook.path)
        self.background = Background()
        self.effects = Effects()
        self.last: CellAnswer | None = None
        offer_default(lambda: self.open(self.in_use))

    @property
    def _host(self) -> InteractiveShell:
        if self.shell is None:
            raise RuntimeError("These magics belong to no shell.")
        return self.shell

    @no_var_expand
    @line_cell_magic
    def llm(self, line: str, cell: str | None = None) -> Any:
        magic = "%llm" if cell is None else "%%llm"
        given = read_line(line, LLM_FLAGS, magic)
        if given.has("help"):
            notice(self._host, llm_help(LLM_COMMANDS.values()))
            return None
        if cell is None and not given.literal and not given.values and given.name is None:
            command, _, argument = given.rest.partition(" ")
            if not command or command in LLM_COMMANDS:
                run_command(self, self._host, command or "status", argument.strip())
                return None
            if not argument and (near := get_close_matches(command, LLM_COMMANDS, 1, 0.8)):
                raise OptionError(
                    f"{magic} was given {command!r}, which is no subcommand. Did you mean '%llm {near[0]}'?",
                    hint=f"to ask a model that very word: %llm -- {command}",
                )
        names = self._host.user_ns
        oversight = read_oversight(given, names, str(self.approve), str(self.unattended), magic)
        name = bound_name(given, magic)
        models = read_models(given.last("model") or self.in_use, names, magic)
        if given.has("map"):
            with oversight.over(self.effects):
                return self._map(given, cell, magic, models, name)
        samples = read_count(given, "samples", magic)
        concurrency = read_count(given, "concurrency", magic) or CONCURRENCY
        askings = [self._asking(given, cell, magic, model) for model in models]
        if given.has("dry_run"):
            for asking in askings:
                method = asking.method.name if asking.method else None
                notice(self._host, dry_run(asking.model, asking.request, method, samples or 1))
            return None
        if given.has("show"):
            notice(self._host, rendered(askings[0].request.messages, askings[0].request.tools))
        with oversight.over(self.effects):
            if len(askings) > 1 or samples is not None:
                answer = self._ask_many(askings, samples, concurrency, name, magic)
            else:
                answer = self.ask(askings[0], name)
        return answer if cell is None and name is None else None

    llm.__doc__ = llm_help(LLM_COMMANDS.values())

    @property
    def in_use(self) -> str:
        """The name of the model that cells ask."""
        return str(self.model)

    def use(self, name: str) -> Model:
        """Makes this the model that cells ask, if it can be opened."""
        opened = self.open(name)
        self.model = name
        return opened

    def close(self) -> None:
        """Ends the MCP servers and the background loop."""
        offer_default(None)
        SERVERS.close(self.background)
        self.background.close()

    def open(self, name: str) -> Model:
        """The model of this name, or the one that the notebook has made under this name."""
        value = self._host.user_ns.get(name)
        return Traced(value) if is_model(value) else open_model(name)

    def _template(
        self, given: Line, cell: str | None, magic: str
    ) -> tuple[str, str | None, NamedPrompt | None, Mapping[str, Any]]:
        """What is to be rendered: the prompt, the system message, the named prompt they are of, and the names."""
        if cell is not None and given.rest and not given.rest.startswith("#"):  # as behind a line of Python
            raise OptionError(
                f"{magic} was given {given.rest!r} after its flags; the prompt of a cell stands below its first line.",
                hint=f"%%llm -m {given.rest.split()[0]} if that is a model, %llm {given.rest} in a line, or quotes "
                'around a value of several words: -c "my talk"',
            )
        names: dict[str, Any] = self._host.user_ns
        text = given.rest if cell is None else cell.strip("\n").rstrip()
        template, told, named = text, given.last("system"), None
        if given.has("prompt"):
            named = find_prompt(given.last("prompt") or "", magic)
            template, told = named.template, named.told if told is None else told
            names = {**names, **_input(named, text, magic)}
        if given.has("save"):  # as it will be asked from then on
            template, told = SharedTemplate(template), None if told is None else SharedTemplate(told)
        return template, told, named, names

    def _asking(self, given: Line, cell: str | None, magic: str, model_name: str) -> Asking:
        template, told, named, names = self._template(given, cell, magic)
        prompt = render_parts(template, names)
        if not prompt.text.strip():
            raise OptionError(f"{magic} was given no prompt.", hint=f"{magic} --help")
        chosen = given.last("method") or ("react" if given.has("tools") else None)
        method = find_method(chosen) if chosen else None
        parameters = read_parameters(given.values.get("param", ()), method.options if method else None, magic)
        parameters = with_timeout(parameters, given.last("timeout"), magic)
        model = self.open(model_name)
        form = read_form(given, names, magic)
        tools = find_tools(given.last("tools") or "", names, magic) if given.has("tools") else ()
        place = self.conversations.place(given.last("conversation"), given.has("new"), magic)
        history = with_system(
            place.chat.history if place else (), system(render(told, names)) if told is not None else None
        )
        message, told_pictures = prompt.message(model.capabilities.images)
        if told_pictures:
            notice(self._host, _blind(model, told_pictures))
        if given.has("save"):
            named = save_prompt(given.last("save") or "", template, told)
            notice(self._host, f"The prompt {named.name} is saved, version {named.version}.")
        return Asking(model, (*history, message), tools, method, parameters, place, told is not None, named, form)

    def _ask_many(
        self, askings: Sequence[Asking], samples: int | None, concurrency: int, name: str | None, magic: str
    ) -> Answers | Samples:
        if (place := askings[0].place) is not None:
            raise OptionError(
                f"{magic} was given -c {place.name} with several models or samples; a conversation has one answer.",
                hint=f"{magic} -c {place.name} with one model, or without -c",
            )
        shell = self._host

        def keep(value: Answers | Samples) -> None:
            if name is not None:
                shell.user_ns[name] = value

        with used(askings[0].prompt):
            answers = answer_many(askings, samples, concurrency, shell, self.background, cell_number(shell), keep)
        keep(answers)
        return answers

    def _map(self, given: Line, cell: str | None, magic: str, models: Sequence[str], name: str | None) -> Any:
        template, told, _, names = self._template(given, cell, magic)
        return map_cell(
            given, template, told or "", names, [self.open(model) for model in models], self._host, self.background,
            name, cell is not None, magic,
        )  # fmt: skip

    def ask(self, asking: Asking, name: str | None = None) -> CellAnswer:
        """Asks one model, shows the answer while it comes, and binds it, also where it is interrupted."""
        shell = self._host
        live = Live(front_for(shell), asking.form.name if asking.form else None)

        def keep(answer: CellAnswer) -> None:
            self.last = answer
            if name is not None:
                shell.user_ns[name] = answer

        with used(asking.prompt):
            return answer_live(asking, live, self.background, self.conversations, cell_number(shell), keep)


def _input(prompt: NamedPrompt, text: str, magic: str) -> dict[str, str]:
    """The text that was given beside a named prompt, which must have a place for it."""
    if not text.strip():
        return {}
    if "input" not in names_in(prompt.template):
        raise OptionError(
            f"{magic} was given a text beside --prompt {prompt.name}, which has no {{{{input}}}} to put it.",
            hint=f"%llm --prompt {prompt.name}, or a version of it with {{{{input}}}}",
        )
    return {"input": text}


def _blind(model: Model, count: int) -> str:
    why = "could not be drawn here" if model.capabilities.images else f"cannot be seen by {model.name}"
    return f"{count} picture{'s' if count != 1 else ''} {why}: sent as words."


def is_model(value: object) -> TypeGuard[Model]:
    """Whether this can be asked: an object with a name, capabilities, `reply` and `stream`."""
    return not isinstance(value, type) and all(
        hasattr(value, name) for name in ("name", "capabilities", "reply", "stream")
    )
