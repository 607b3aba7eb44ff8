"""What the panel reads: real spans, told by the endpoints as the store has them."""

import json

import pytest

from workbench import traces
from workbench.messages import ToolCall, assistant, user
from workbench.server.state import state_of

pytest_plugins = ["pytest_jupyter.jupyter_server"]

HOSTILE = "</script><script>alert(1)</script><img src=x onerror=alert(2)>\u2028\ud800\u0000%s{{7*7}}"


def call(name="chat", *, model="pocket", cost_usd=0.25, said="Four.", asked="What is 2 + 2?", **columns):
    with traces.span("chat", name) as span:
        span.set(model=model, input_tokens=10, output_tokens=2, cost_usd=cost_usd, **columns)
        span.input_messages([user(asked)]).output_messages([assistant(said)])
    return span


@pytest.fixture
def agent(store):
    """A trace of three spans in a cell; its id and those of its spans."""
    with (
        traces.scope(notebook="work/a.ipynb", cell_id="c1", method="react", role="solver"),
        traces.span("invoke_agent", "agent") as root,
    ):
        first = call("first")
        with traces.span("execute_tool", "execute_tool add") as tool:
            tool.set(tool_name="add")
            tool.reads(first.span_id)
    return root.trace_id, [root.span_id, first.span_id, tool.span_id]


def test_sessions_lead_to_notebooks_to_cells_to_traces(ask, agent):
    _, sessions = ask("sessions")
    [session] = sessions["rows"]
    assert (session["notebooks"], session["traces"], session["is_alive"]) == (["work/a.ipynb"], 1, True)
    _, places = ask(f"places?session={session['session']}")
    [notebook] = places["rows"]
    assert (notebook["notebook"], notebook["notebook_path"], notebook["calls"]) == ("work/a.ipynb", "work/a.ipynb", 1)
    [cell] = ask(f"places?level=cell&notebook={notebook['notebook']}")[1]["rows"]
    [trace] = ask(f"traces?cell_id={cell['cell_id']}")[1]["rows"]
    assert (trace["trace_id"], trace["models"], trace["answer"]) == (agent[0], ["pocket"], "Four.")
    assert abs(trace["started_at"] - session["first_at"]) < 1


def test_pages_go_on_by_their_cursor(ask, store):
    for number in range(5):
        call(f"call {number}")
    seen, after = [], None
    while True:
        _, page = ask("traces?limit=2" + (f"&after={after}" if after else ""))
        seen += [row["name"] for row in page["rows"]]
        after = page["cursor"]
        if after is None:
            break
    assert seen == [f"call {number}" for number in (4, 3, 2, 1, 0)]


def test_filters_choose_and_totals_sum_what_was_chosen(ask, store):
    call("cheap", model="a")
    call("dear", model="b", cost_usd=3.0, asked="Where is Kraków?")
    call("unpriced", model="a", cost_usd=None, cost_reason="no price for a")

    def names(query):
        return {row["name"] for row in ask(f"traces?{query}")[1]["rows"]}

    assert names("model=a") == {"cheap", "unpriced"}
    assert names("model=a&model=b&min_cost_usd=1") == {"dear"}
    assert names("q=kraków") == {"dear"}
    assert names("notebook=") == {"cheap", "dear", "unpriced"}
    assert names("status=error") == set()
    assert names("since=9999999999999") == set()
    _, totals = ask("totals?model=a")
    assert (totals["calls"], totals["known_cost_usd"], totals["cost_unknown"], totals["cost_usd"]) == (2, 0.25, 1, None)
    assert totals["cost_reason"] == "no price for a"
    assert ask("facets")[1]["model"] == [{"value": "a", "spans": 2}, {"value": "b", "spans": 1}]


def test_a_trace_is_columns_in_the_order_of_its_tree(ask, agent):
    trace_id, ids = agent
    _, trace = ask(f"traces/{trace_id}")
    columns = trace["spans"]["columns"]
    assert trace["spans"]["length"] == trace["trace_spans"] == 3
    assert columns["span_id"] == ids
    assert columns["parent"] == [-1, 0, 0]
    assert columns["depth"] == [0, 1, 1]
    assert [columns["model"]["values"][code] if code >= 0 else None for code in columns["model"]["codes"]] == [
        None,
        "pocket",
        None,
    ]
    assert trace["links"] == [[2, 1]]
    assert sum(piece["ms"] for piece in trace["critical_path"]["pieces"]) == pytest.approx(trace["duration_ms"])
    assert all(len(column) == 3 for column in columns.values() if isinstance(column, list))


def test_the_screen_of_a_long_trace_is_the_rows_of_the_whole_around_one(ask, store):
    with traces.span("invoke_agent", "many") as top:
        for _ in range(40):
            with traces.span("invoke_agent", "step"):
                for number in range(25):
                    with traces.span("chat" if number == 3 else "execute_tool", f"work {number}"):
                        pass
    _, whole = ask(f"traces/{top.trace_id}")
    _, screen = ask(f"traces/{top.trace_id}/screen")
    columns, shown = whole["spans"]["columns"], screen["spans"]["columns"]
    assert screen["depths"] == columns["depth"]
    assert {name: screen[name] for name in ("trace_spans", "started_at", "duration_ms")} == {
        name: whole[name] for name in ("trace_spans", "started_at", "duration_ms")
    }
    last_call = 1 + 39 * 26 + 1 + 3
    rows = slice(screen["first"], screen["first"] + screen["spans"]["length"])
    assert rows.start < last_call < rows.stop <= screen["first"] + 200
    for name in ("span_id", "children", "offset_ms", "end_ms", "self_ms", "duration_ms"):
        assert shown[name] == columns[name][rows]
    first = columns["span_id"][7]
    assert ask(f"traces/{top.trace_id}/screen?span={first}")[1]["first"] == 0


def test_the_screen_of_a_short_trace_is_the_whole(ask, agent):
    trace_id, _ = agent
    assert ask(f"traces/{trace_id}/screen") == ask(f"traces/{trace_id}")


def test_a_span_comes_with_what_was_said(ask, store):
    with traces.span("chat", "chat pocket") as span:
        span.input_messages([user("Add 2 and 3.")])
        span.output_messages([assistant("I add.", ToolCall("t1", "add", {"a": 2, "b": 3}))])
    _, found = ask(f"spans/{span.span_id}")
    said, answered = found["messages"]
    assert (said["role"], said["text"], answered["direction"]) == ("user", "Add 2 and 3.", "output")
    assert answered["body"]["parts"][1]["arguments"] == {"a": 2, "b": 3}
    assert found["span"]["status"] == "ok"
    assert ask(f"messages/{said['message_hash']}")[1]["text"] == "Add 2 and 3."


def test_two_traces_are_compared_span_by_span_and_word_by_word(ask, store):
    one, other = call(said="It is four."), call(said="It is five.", cost_usd=0.5)
    _, diff = ask(f"diff/{one.trace_id}/{other.trace_id}")
    [node] = diff["nodes"]
    assert (node["change"], node["words_differ"], node["cost_usd_change"]) == ("same", True, 0.25)
    assert ("replace", "four", "five") in {(word["step"], word["text_a"], word["text_b"]) for word in diff["words"]}


def test_usage_errors_and_outliers_answer(ask, store):
    for number in range(12):
        call(model="a" if number % 3 else "b")
    with traces.span("chat", "chat c") as span:
        span.set(model="c")
        span.fail(ValueError("no"))
    _, usage = ask("usage?by=model")
    assert usage["totals"]["calls"] == sum(group["calls"] for group in usage["groups"]) == 13
    assert {group["model"] for group in usage["over_time"]} == {"a", "b", "c"}
    assert usage["bucket"] == "minute"
    assert ask("errors")[1]["rows"][0]["example_span_id"] == span.span_id
    assert {group["model"] for group in ask("outliers?measure=output_tokens")[1]["groups"]} == {"a", "b"}


def test_a_run_shows_its_results_its_curves_and_its_matrix(ask, store):
    with traces.run("continual", "stream") as parent:
        with traces.run("continual", "naive", parameters={"strategy": "naive"}, seed=3) as run:
            for step in range(2):
                for task in range(step + 1):
                    run.metric("accuracy", 1 - 0.25 * (step - task), step=step, task=str(task))
                run.metric("loss", float("nan") if step else 1.0, step=step)
        key = {"run_id": parent.run_id, "program": "p", "sample_id": "s", "repetition": 0}
    with traces.run("evaluation", "exam") as exam:
        key = {"run_id": exam.run_id, "program": "p", "sample_id": "s", "repetition": 0}
        traces.record("samples", **key, status="ok", input={"question": "?"}, cost_usd=0.5)
        traces.record("scores", **key, scorer="exact", kind="bool", bool=True)
    assert [row["name"] for row in ask("runs")[1]["rows"]] == ["exam", "stream"]
    _, stream = ask(f"runs/{parent.run_id}")
    [matrix] = stream["matrices"]
    assert (matrix["strategy"], matrix["seed"], matrix["accuracy"]) == ("naive", 3, [[1.0, None], [0.75, 1.0]])
    _, curve = ask(f"curves?name=loss&run_id={run.run_id}")
    assert curve["columns"]["value"] == [1.0, None]
    [result] = ask("results")[1]["rows"]
    assert (result["items"], result["mean"], result["cost_usd"]) == (1, 1.0, 0.5)
    assert ask(f"runs/{exam.run_id}")[1]["results"] == [result]
    [sample] = ask(f"runs/{exam.run_id}/samples?scorer=exact&verdict=right")[1]["rows"]
    assert (sample["sample_id"], sample["value"], json.loads(sample["input"])) == ("s", 1.0, {"question": "?"})
    assert ask(f"run-diff/{exam.run_id}/{exam.run_id}")[1]["totals"][0]["fixed"] == 0


def test_a_renamed_notebook_is_found_by_its_new_name_and_named_by_it(ask, store, jp_fetch, jp_asyncio_loop):
    with traces.scope(notebook="Untitled.ipynb"):
        call("old")
    (store.path.parents[1] / "Untitled.ipynb").write_text("{}")
    body = json.dumps({"path": "mine.ipynb"})
    jp_asyncio_loop.run_until_complete(jp_fetch("api", "contents", "Untitled.ipynb", method="PATCH", body=body))
    [row] = ask("traces?notebook=mine.ipynb")[1]["rows"]
    assert (row["notebook"], row["notebook_path"]) == ("Untitled.ipynb", "mine.ipynb")


def test_a_change_is_told_when_something_is_traced_and_not_before(ask, store):
    call()
    store.fold()
    _, first = ask("changes")
    assert ask(f"changes?since={first['state']}")[1] == {"state": first["state"], "changed": False}
    ask("traces")
    assert ask(f"changes?since={first['state']}")[1]["changed"] is False
    call()
    assert ask(f"changes?since={first['state']}&wait_ms=20000")[1]["changed"] is True
    assert state_of(store.path) != first["state"]


def test_hostile_text_in_every_field_comes_back_as_data(respond, ask, store):
    text = HOSTILE.replace("\u0000", "")
    with traces.scope(notebook=text, cell_id=text, method=text), traces.span("chat", text) as span:
        span.set(model=text, tool_name=text, cost_reason=text).attribute(text, text)
        span.input_messages([user(text)]).output_messages([assistant(text)])
        span.fail(ValueError(text))
    answer = respond("traces")
    assert answer.headers["Content-Type"].startswith("application/json")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.body.isascii()
    [row] = json.loads(answer.body)["rows"]
    assert "<script>alert(1)</script>" in row["name"]
    assert row["name"] == row["notebook"] == row["cell_id"] == row["method"] == row["models"][0]
    _, found = ask(f"spans/{span.span_id}")
    assert "onerror=alert(2)" in found["messages"][0]["text"]
    assert "onerror=alert(2)" in found["span"]["error_message"]
    code, _ = ask(f"traces/{span.trace_id}")
    assert code == 200
