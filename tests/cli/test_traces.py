"""Laws of `workbench traces`: each action says how it is used, what it did, and ends as it should."""

import io
import json

import pytest

from workbench import traces
from workbench.cli import main
from workbench.cli.traces.arguments import duration, size
from workbench.messages import assistant, user

ACTIONS = (
    "path", "list", "search", "sql", "sessions", "usage", "errors", "show", "export", "import", "bundle", "check",
    "compact", "prune", "redact",
)  # fmt: skip


@pytest.fixture
def some(fresh_store):
    for number in range(3):
        with traces.span("invoke_agent", f"agent {number}"), traces.span("chat", "chat pocket") as span:
            span.input_messages([user(f"question {number}")])
            span.output_messages([assistant(f"answer {number} \x1b[31mred")])
            span.set(model="pocket", input_tokens=1, output_tokens=2, cost_usd=0.0)
    return fresh_store


@pytest.mark.parametrize("action", ACTIONS)
def test_every_action_has_help_with_an_example(action, capsys):
    with pytest.raises(SystemExit) as end:
        main(["traces", action, "--help"])
    assert end.value.code == 0
    said = capsys.readouterr().out
    assert f"example:\n  workbench traces {action}" in said
    assert "--store" in said


def test_show_draws_the_tree_and_its_messages_without_steering_the_terminal(some, capsys):
    assert main(["traces", "show", "last"]) == 0
    said = capsys.readouterr().out
    lines = said.splitlines()
    assert lines[1].startswith("agent 2")
    assert lines[2].startswith("  chat pocket")
    assert "question 2" in said
    assert "answer 2 \ufffd[31mred" in said
    assert "\x1b" not in said


def test_show_takes_the_beginning_of_an_id_and_says_when_it_is_not_enough(some, capsys):
    ids = some.query("SELECT trace_id, span_id FROM spans WHERE name = 'chat pocket'").rows()
    assert main(["traces", "show", ids[0][0][:20]]) == 0
    assert main(["traces", "show", ids[0][1], "--json"]) == 0
    shown = capsys.readouterr().out
    (row,) = json.loads(shown[shown.index("\n[\n") :])
    assert row["span_id"] == ids[0][1]
    assert row["messages"]["input"][0]["role"] == "user"
    assert main(["traces", "show", ""]) == 1
    assert "Several ids begin" in capsys.readouterr().err
    assert main(["traces", "show", "xyz"]) == 1


def test_search_finds_words(some, capsys):
    assert main(["traces", "search", "question", "1", "--json"]) == 0
    (row,) = json.loads(capsys.readouterr().out)
    assert "question 1" in row["snippet"]


def test_what_goes_out_comes_in_again(some, tmp_path, capsys):
    assert main(["traces", "export", str(tmp_path / "all.parquet")]) == 0
    other = str(tmp_path / "other" / "traces.duckdb")
    assert main(["traces", "import", str(tmp_path / "all.parquet"), "--store", other]) == 0
    capsys.readouterr()
    question = "SELECT count(*) AS n FROM spans JOIN span_messages USING (span_id)"
    assert main(["traces", "sql", question, "--store", other, "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == [{"n": 6}]


def test_check_ends_with_1_when_something_is_wrong(some, capsys):
    assert main(["traces", "check"]) == 0
    assert "all is well" in capsys.readouterr().out
    import duckdb

    some.close()
    some.fold()
    with duckdb.connect(str(some.path)) as connection:
        connection.execute("DELETE FROM message_bodies")
    assert main(["traces", "check"]) == 1
    assert "wrong: 6 messages that a span lists" in capsys.readouterr().out


def test_prune_tells_what_would_go_and_what_went(some, capsys):
    assert main(["traces", "prune", "--keep", "1", "--dry-run"]) == 0
    assert "2 traces with 4 spans would go" in capsys.readouterr().out
    assert main(["traces", "prune", "--keep", "1"]) == 0
    assert "2 traces with 4 spans went" in capsys.readouterr().out
    assert main(["traces", "prune"]) == 1
    assert "Hint: --older-than 90d" in capsys.readouterr().err


def test_a_secret_that_is_piped_in_is_cut_and_never_shown(some, capsys, monkeypatch):
    monkeypatch.setattr("sys.stdin", io.StringIO("question 1\n"))
    assert main(["traces", "redact", "--text", "-"]) == 0
    said = capsys.readouterr()
    assert "question 1" not in said.out + said.err
    assert "1 values" in said.out
    assert some.query("SELECT 1 FROM messages WHERE text LIKE '%question 1%'").height == 0


def test_bundle_and_compact_say_what_they_wrote(some, tmp_path, capsys):
    assert main(["traces", "bundle", str(tmp_path / "out.html"), "--limit", "2"]) == 0
    said = capsys.readouterr().out
    assert "2 traces" in said
    assert "1 older traces were left out" in said
    assert main(["traces", "compact"]) == 0
    assert "bytes before" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("text", "bytes_"), [("2GB", 2 * 10**9), ("1.5GiB", 1610612736), ("500 kB", 500_000), ("7", 7)]
)
def test_sizes_are_read_as_they_are_written(text, bytes_):
    assert size(text) == bytes_


def test_time_spans_are_read_as_they_are_written():
    assert duration("2w").days == 14
    assert duration("90m").total_seconds() == 5400
