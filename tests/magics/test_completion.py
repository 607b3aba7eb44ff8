import pytest
from IPython.core.completer import provisionalcompleter

from workbench.magics.named_prompt import save_prompt


@pytest.fixture
def complete(shell):
    """What Tab offers at the end of a cell's text."""

    def complete(text):
        shell.Completer.use_jedi = False
        with provisionalcompleter():
            return {text[: each.start] + each.text for each in shell.Completer.completions(text, len(text))}

    return complete


@pytest.mark.parametrize("start", ["%llm ", "%%llm ", "x = %llm ", "%llm -m pocket "])
def test_flags_are_completed_on_every_kind_of_line(complete, start):
    assert f"{start}--method" in complete(f"{start}--me")
    assert {f"{start}--show", f"{start}--system"} <= complete(f"{start}--s")


def test_model_names_are_completed_through_their_colon(complete):
    assert "%%llm -m pocket" in complete("%%llm -m po")
    assert "%llm use pocket" in complete("%llm use po")
    offered = complete("%%llm --model openai:gpt")
    assert offered
    assert all(text.startswith("%%llm --model openai:gpt") for text in offered)
    assert "%llm --model=pocket" in complete("%llm --model=po")


def test_tools_methods_conversations_and_settings_are_completed(complete, run):
    run("%%tool\ndef add(a: int) -> int: return a")
    run("def search(text: str) -> str: return text")
    run("%%llm -m scripted -c talk\nHi")
    assert "%%llm --tools add" in complete("%%llm --tools a")
    assert "%%llm --tools add,search" in complete("%%llm --tools add,se")
    assert "%%llm --method self_consistency" in complete("%%llm --method se")
    assert "%%llm -c talk" in complete("%%llm -c t")
    assert {"%%llm -c talk@0", "%%llm -c talk@1"} == complete("%%llm -c talk@")
    assert "%llm chat talk" in complete("%llm chat t")
    assert {"%llm chat talk hide", "%llm chat talk undo"} <= complete("%llm chat talk ")
    assert complete("%llm chat talk hide ") == {"%llm chat talk hide 1"}
    assert "%llm chat talk edit 1 answer" in complete("%llm chat talk edit 1 a")
    assert "%%llm --param temperature=" in complete("%%llm --param tem")
    assert "%%llm --method react --param max_steps=" in complete("%%llm --method react --param max_s")


def test_saved_prompts_are_completed_with_their_versions(complete):
    version = save_prompt("capital", "Capital?", None).version
    assert "%%llm --prompt capital" in complete("%%llm --prompt c")
    assert complete("%llm --prompt capital@") == {f"%llm --prompt capital@{version}"}
    assert "%llm prompts capital" in complete("%llm prompts ")


def test_subcommands_are_completed_on_the_line_magic_alone(complete):
    assert {"%llm models", "%llm methods"} <= complete("%llm m")
    assert "%%llm models" not in complete("%%llm m")


def test_a_prompt_is_not_completed_with_flags(complete):
    assert "%%llm\nSay --method" not in complete("%%llm\nSay --me")


def test_unloading_takes_the_completion_away(complete, shell):
    from workbench.magics import unload

    unload(shell)
    assert "%llm --method" not in complete("%llm --me")
