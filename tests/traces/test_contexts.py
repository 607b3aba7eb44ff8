"""Laws of contexts: what is read back is what was given, and a conversation is stored once."""

from hypothesis import given
from hypothesis import strategies as st

from workbench import traces
from workbench.messages import assistant, user
from workbench.traces.contexts import Contexts

LISTS = st.lists(st.lists(st.sampled_from("abcd"), max_size=6), max_size=12)


@given(LISTS)
def test_every_list_reads_back_as_it_was_placed(lists):
    contexts, stored = Contexts(), {}
    placed = []
    for number, hashes in enumerate(lists):
        at = contexts.place(hashes, f"span {number}")
        rows = stored.setdefault(at.context_id, [])
        assert at.start in (0, len(rows), at.length)
        rows += hashes[at.start :]
        placed.append(at)
    for hashes, at in zip(lists, placed, strict=True):
        assert stored.get(at.context_id, [])[: at.length] == hashes


def test_a_conversation_of_n_turns_stores_each_message_once():
    contexts, history, rows = Contexts(), [], 0
    for turn in range(50):
        history += [f"question {turn}"]
        at = contexts.place(history, f"span {turn}")
        rows += at.length - at.start
        assert at.context_id == "span 0"
        history += [f"answer {turn}"]
    assert rows == 99


def test_the_same_question_asked_again_stores_nothing():
    contexts = Contexts()
    contexts.place(["rules", "question"], "first")
    contexts.place(["rules", "question", "answer", "more"], "second")
    again = contexts.place(["rules", "question"], "third")
    assert (again.context_id, again.length, again.start) == ("first", 2, 2)


def test_a_fork_leaves_the_first_branch_as_it_was():
    contexts = Contexts()
    contexts.place(["a", "b", "c"], "first")
    fork = contexts.place(["a", "b", "d"], "second")
    assert (fork.context_id, fork.start) == ("second", 0)
    assert contexts.place(["a", "b", "c", "e"], "third").context_id == "first"


def test_a_conversation_over_segments_and_questions_reads_back_whole(fresh_store):
    fresh_store.journal.segment_bytes = 3000
    history, expected = [], {}
    for turn in range(30):
        history.append(user(f"question {turn} " + "x" * 100))
        reply = assistant(f"answer {turn}")
        with traces.span("chat", f"turn {turn}") as span:
            span.input_messages(history).output_messages([reply])
        expected[span.span_id] = [message.text for message in history], [reply.text]
        history.append(reply)
        if turn % 7 == 0:
            fresh_store.fold()
    rows = traces.query(
        "SELECT span_id, direction, text FROM span_messages JOIN messages USING (message_hash) "
        "ORDER BY span_id, direction, position"
    )
    read = {
        span_id: tuple(
            rows.filter((rows["span_id"] == span_id) & (rows["direction"] == direction))["text"].to_list()
            for direction in ("input", "output")
        )
        for span_id in expected
    }
    assert read == expected
    assert traces.query("SELECT count(DISTINCT segment) AS n FROM segments")["n"].item() > 3
