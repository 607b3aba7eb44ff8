import pytest

from workbench.magics import unload
from workbench.models import ScriptedModel


@pytest.mark.parametrize(
    "line",
    [
        "%llm -m model What is love?",
        "x = %llm -m model What is love?",
        "if True:\n    %llm -m model What is love?",
        "a = 1\nx = %llm -m model What is love?",
    ],
)
def test_a_prompt_that_ends_with_a_question_mark_reaches_the_model(run, shell, line):
    model = shell.user_ns["model"] = ScriptedModel("what")
    run(line)
    assert model.requests[0].messages[-1].text == "What is love?"
    assert shell.user_ns.get("x", "what") == "what"


def test_quotes_and_braces_of_a_question_are_kept_to_the_letter(run, shell):
    model = shell.user_ns["model"] = ScriptedModel("what")
    run("n = 2")
    run("%llm -m model Is \"{a}\" \\n $x {{n}} 'love' or life?")
    assert model.requests[0].messages[-1].text == "Is \"{a}\" \\n $x 2 'love' or life?"


def test_help_on_the_magic_stays_help_and_text_in_strings_stays_text(run, shell, capsys):
    run("%llm?")
    assert "Ask a language model." in capsys.readouterr().out
    run('text = """\n%llm What is love?\n"""')
    assert shell.user_ns["text"] == "\n%llm What is love?\n"


def test_unloading_gives_the_question_mark_back(shell):
    before = len(shell.input_transformer_manager.token_transformers)
    unload(shell)
    assert len(shell.input_transformer_manager.token_transformers) == before - 1
