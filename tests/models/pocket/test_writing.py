import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from workbench.messages import ToolCall, assistant
from workbench.models.model import TokenLogprob
from workbench.models.pocket.model import WEIGHTS
from workbench.models.pocket.writing import Writing
from workbench.networks import ChatTemplate, Tokenizer
from workbench.networks.job import TokenScores


@pytest.fixture(scope="session")
def template():
    return ChatTemplate(Tokenizer.load(WEIGHTS / "tokenizer.json"))


def write(template, ids, stop=(), logprobs=False):
    writing = Writing(template, stop, logprobs)
    said = []
    for id in ids:
        said.append(writing.add(id))
        if writing.stopped:
            break
    message, reason, rest = writing.finish()
    return message, reason, "".join(said) + rest, writing


@settings(deadline=None)
@example(text="0\\0", stop=["\\", "0\\0"])  # what is complete first counts, not what begins first
@given(text=st.text(max_size=40), stop=st.lists(st.text(min_size=1, max_size=3), max_size=2))
def test_what_was_said_is_the_text_up_to_the_stop_string_that_is_complete_first(template, text, stop):
    ids = [*template.tokenizer.encode(text), template.end]
    message, reason, said, writing = write(template, ids, stop)
    assert reason == "stop"
    assert writing.stopped == any(string in text for string in stop)
    if not writing.stopped:
        assert (message.text, said) == (text, text)
        return

    def read(count):
        return b"".join(map(template.tokenizer.bytes_of, ids[:count])).decode("utf-8", "ignore")

    last = len(writing.ids)
    assert not any(string in read(last - 1) for string in stop)
    end = min(place for string in stop if (place := read(last).find(string)) >= 0)
    assert (message.text, said) == (text[:end], text[:end])


@settings(deadline=None)
@given(ids=st.lists(st.integers(0, 1023), max_size=30))
def test_pieces_of_any_ids_join_to_the_message_s_text(template, ids):
    ids = [id for id in ids if id != template.end]
    message, _, said, _ = write(template, ids)
    assert said == message.text


def test_a_character_comes_out_whole(template):
    ids = template.tokenizer.encode("🙂")
    assert len(ids) > 1
    writing = Writing(template)
    pieces = [writing.add(id) for id in ids]
    assert pieces == [""] * (len(ids) - 1) + ["🙂"]


def test_a_call_is_no_text_and_ends_in_tool_call(template):
    ids = [template.call, *template.tokenizer.encode("add(a=1, b=2)"), template.end]
    message, reason, said, _ = write(template, ids)
    assert message == assistant("", ToolCall("call_1", "add", {"a": 1, "b": 2}))
    assert (reason, said) == ("tool_call", "")


def test_a_malformed_call_comes_out_as_text(template):
    message, reason, said, _ = write(template, [template.call, *template.tokenizer.encode("add(a="), template.end])
    assert (message.text, reason, said) == ("add(a=", "stop", "add(a=")


def test_without_an_ending_token_the_length_was_reached(template):
    assert write(template, template.tokenizer.encode("12"))[1] == "length"


def test_log_probabilities_are_kept_with_as_many_alternatives_as_are_asked_for(template):
    (one,) = template.tokenizer.encode("1")
    top_ids = np.array([one, template.end, template.tokenizer.encode("2")[0]])
    writing = Writing(template, (), True, 2)
    writing.add(one, TokenScores(-0.5, top_ids, np.array([-0.5, -1.5, -2.0], np.float32)))
    assert writing.logprobs == [TokenLogprob("1", -0.5, (("1", -0.5), ("<|end|>", -1.5)))]
