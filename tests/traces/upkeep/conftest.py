"""A store with conversations, runs, scores and feedback in it, written by several sessions."""

from datetime import UTC, datetime

import pytest

from workbench import traces
from workbench.messages import ToolCall, ToolResult, assistant, system, tool_results, user

SECRET = 'Zanzibar "4711" é'


@pytest.fixture
def secret():
    """A text with characters that JSON escapes."""
    return SECRET


@pytest.fixture
def written(fresh_store):
    """Twelve traces of a growing conversation over three sessions; the secret is in every place where text can be."""
    history = [system("You answer.")]
    for number in range(12):
        with traces.span("invoke_agent", f"agent {number}"), traces.span("chat", f"chat {number}") as span:
            history = [*history, user(f"question {number}: {SECRET if number % 4 == 0 else 'nothing'}")]
            span.input_messages(history)
            call = ToolCall("c", "look", {"for": SECRET, "n": number})
            span.output_messages([assistant(f"answer {number}", call)])
            history = [*history, assistant(f"answer {number}", call), tool_results(ToolResult("c", "look", [SECRET]))]
            span.attribute("note", {"says": SECRET})
            span.attempt(status_code=500, error_type="server", error_message=f"no {SECRET}")
            span.set(model="pocket", conversation=SECRET)
            if number == 2:
                traces.record(
                    "feedback", feedback_id="f", span_id=span.span_id, name="thumbs", bool=True, comment=SECRET,
                    created_at=datetime.now(UTC),
                )  # fmt: skip
        if number in (3, 7):
            fresh_store.close()
            fresh_store.fold()
    with traces.run("evaluation", f"run of {SECRET}", parameters={SECRET: 1}) as run:
        run.metric("loss", 0.5)
    fresh_store.fold()
    return fresh_store


def contents(store):
    """Every row that readers see, as text."""
    names = ("spans", "attempts", "span_messages", "messages", "links", "runs", "metrics", "feedback")
    return {name: sorted(map(str, store.query(f"FROM {name}").rows())) for name in names}


@pytest.fixture
def rows():
    """Gives all rows of a store."""
    return contents


@pytest.fixture
def rebuilt():
    """Gives all rows of a store that was made anew from its journal's kept segments."""

    def rebuild(store):
        store.path.unlink()
        with pytest.warns(traces.StoreWarning, match="is being rebuilt"):
            store.fold()
        return contents(store)

    return rebuild
