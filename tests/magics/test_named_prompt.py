import json

import polars as pl
import pytest

from workbench import traces
from workbench.errors import OptionError, PromptError
from workbench.magics import load
from workbench.magics.named_prompt import find_prompt, save_prompt, saved_prompts
from workbench.models import ScriptedModel


@pytest.fixture
def echo(shell):
    """A model that answers the prompt; gives what it was sent last, as texts."""
    model = shell.user_ns["echo"] = ScriptedModel(lambda request: request.messages[-1].text, name="scripted:e")
    return lambda: [message.text for message in model.requests[-1].messages]


@pytest.fixture
def says(run, capsys):
    """What a line prints."""

    def says(line):
        capsys.readouterr()
        run(line)
        return capsys.readouterr().out

    return says


def test_a_saved_prompt_is_asked_with_the_notebooks_values_also_after_a_restart(run, shell, echo):
    run("country = 'Peru'")
    run('%%llm -m echo --save capital --system "In {{country}}."\nCapital of {{country}}, {like} that?')
    load(shell)
    run("country = 'Chile'")
    run("%llm -m echo --prompt capital")
    assert echo() == ["In Chile.", "Capital of Chile, {like} that?"]
    run('%llm -m echo --prompt capital --system "Loud."')
    assert echo() == ["Loud.", "Capital of Chile, {like} that?"]


def test_the_same_text_is_the_same_version_and_another_is_another(run, echo):
    for text in ("One", "One", "Two", "One"):
        run(f"%%llm -m echo --save p\n{text}")
    one, two, again = saved_prompts()
    assert one.version == again.version != two.version
    assert find_prompt("p", "%llm").template == "One"
    run(f"%llm -m echo --prompt p@{two.version}")
    assert echo() == ["Two"]
    run(f"%llm -m echo --prompt p@{two.version[:4]}")
    assert echo() == ["Two"]
    assert save_prompt("q", "One", None).version == one.version
    assert save_prompt("q", "One", "Loud.").version != one.version


def test_the_trace_of_a_call_says_which_prompt_it_was(run, echo):
    run("%%llm -m echo --save p -c talk\nOne")
    run("%llm -m echo --prompt p")
    run("%llm -m echo Two")
    rows = traces.query(
        "SELECT prompt.attributes FROM spans AS call JOIN spans AS prompt USING (trace_id) "
        "WHERE call.operation = 'chat' AND prompt.operation = 'prompt'"
    )["attributes"]
    [said] = {tuple(sorted(json.loads(row).items())) for row in rows}
    assert len(rows) == 2
    assert dict(said) == {"gen_ai.prompt.name": "p", "gen_ai.prompt.version": find_prompt("p", "%llm").version}


def test_the_text_beside_a_prompt_is_its_input(run, fails, echo):
    save_prompt("shorten", "Shorten: {{input}}", None)
    run("%%llm -m echo --prompt shorten\nA long {{text}}")
    assert echo() == ["Shorten: A long {{text}}"]
    save_prompt("fixed", "Say hi.", None)
    error, printed = fails("%llm -m echo --prompt fixed There")
    assert isinstance(error, OptionError)
    assert "has no {{input}}" in printed


def test_what_cannot_be_rendered_is_not_saved(fails, echo):
    fails("%%llm -m echo --save p\n{{nothing}}")
    assert saved_prompts() == []


def test_prompts_are_listed_with_their_versions_and_text(run, says, echo):
    assert "No prompts yet" in says("%llm prompts")
    run('%%llm -m echo --save p --system "Brief."\nOne')
    run("%%llm -m echo --save p --dry-run\nTwo {{1 + 1}}")
    head, row, _ = says("%llm prompts").splitlines()
    assert head.split() == ["name", "version", "versions", "saved", "asked", "first", "words"]
    assert row.split()[:3] == ["p", find_prompt("p", "%llm").version, "2"]
    assert row.endswith("1      Two {{1 + 1}}")
    text = says("%llm prompts p")
    assert f"* p@{find_prompt('p', '%llm').version}" in text
    assert text.rstrip().endswith("[user]\nTwo {{1 + 1}}")


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("%llm -m echo --prompt captal", "Did you mean 'capital'"),
        ("%llm -m echo --prompt capital@zz", "the versions of 'capital' are"),
        ("%llm -m echo --prompt capital@", "the versions of 'capital' are"),
        ("%llm -m echo --save a@b Hi", "a prompt's name is"),
        ("%llm prompts captal", "Did you mean 'capital'"),
    ],
)
def test_what_is_not_there_is_one_clear_error(fails, echo, line, words):
    save_prompt("capital", "Capital?", None)
    _, printed = fails(line)
    assert words in printed
    assert "Hint: " in printed


def test_a_store_without_content_saves_no_prompt(fails, echo, tmp_path):
    traces.use(tmp_path / "bare.duckdb", content=False)
    _, printed = fails("%%llm -m echo --save p\nOne")
    assert "keeps no content" in printed


@pytest.mark.parametrize(
    "line",
    [
        "%llm -m echo --prompt theirs",
        "%%llm -m echo --prompt theirs\nA text",
        "%llm -m echo --prompt theirs@{version}",
        "%llm -m echo --prompt told",
        "%llm -m echo -n 2 --prompt theirs",
        "%llm -m echo --dry-run --prompt theirs",
        "%llm -m echo --prompt told --map frame",
        "%llm -m echo --prompt theirs --map frame",
        "%llm -m echo --prompt theirs --save mine",
    ],
)
def test_a_saved_prompt_calls_nothing_of_the_notebook(line, shell, fails, echo):
    shell.user_ns["frame"], called = pl.DataFrame({"a": [1]}), []
    shell.user_ns["wipe"] = lambda: called.append("wiped")
    theirs = save_prompt("theirs", "{{input}}{{ wipe() }}", None)
    save_prompt("told", "Hello", "{{ wipe() }}")
    shell.user_ns["input"] = ""
    error, printed = fails(line.format(version=theirs.version))
    assert isinstance(error, PromptError)
    assert "The saved prompt asks for what only a cell's own text may: it calls " in printed
    assert "Hint: compute it in a cell of your own" in printed
    assert called == []
    assert not shell.user_ns["echo"].requests


def test_what_is_saved_can_be_asked_again_and_ones_own_system_message_may_call(run, fails, shell, echo):
    shell.user_ns["today"] = lambda: "Monday"
    error, _ = fails("%%llm -m echo --save p\nIt is {{ today() }}.")
    assert isinstance(error, PromptError)
    assert saved_prompts() == []
    run("%%llm -m echo --save p\nSay hi.")
    run('%llm -m echo --prompt p --system "It is {{ today() }}."')
    assert echo() == ["It is Monday.", "Say hi."]
    run("%%llm -m echo\nIt is {{ today() }}.")
    assert echo() == ["It is Monday."]
