"""Laws of messages, usage and their JSON."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.errors import DataError
from workbench.messages import (
    Image,
    Message,
    Reasoning,
    Text,
    ToolCall,
    ToolResult,
    Usage,
    as_messages,
    assistant,
    message_from_json,
    message_hash,
    message_to_json,
    system,
    text_of,
    user,
)

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)
parts = st.one_of(
    st.builds(Text, st.text()),
    st.builds(Reasoning, st.text(), st.none() | st.text(min_size=1)),
    st.builds(Image, st.binary(), st.just("image/jpeg")),
    st.builds(ToolCall, st.text(), st.text(), st.dictionaries(st.text(), json_values, max_size=3) | st.text()),
    st.builds(ToolResult, st.text(), st.text(), json_values, st.booleans()),
)
messages = st.builds(
    Message, st.sampled_from(["system", "user", "assistant", "tool"]), st.lists(parts, max_size=4).map(tuple)
)
counts = st.none() | st.integers(0, 10**9)
usages = st.builds(Usage, counts, counts, counts, counts, counts, st.booleans())


@given(messages)
def test_a_message_comes_back_from_its_json(message):
    assert message_from_json(json.loads(json.dumps(message_to_json(message)))) == message


@given(messages, messages)
def test_messages_have_the_same_address_exactly_when_they_are_equal(one, other):
    same = message_hash(message_to_json(one)) == message_hash(message_to_json(other))
    assert same == (json.dumps(message_to_json(one)) == json.dumps(message_to_json(other)))


def test_an_address_does_not_depend_on_the_order_of_keys():
    assert message_hash({"role": "user", "parts": []}) == message_hash({"parts": [], "role": "user"})


@given(usages, usages, usages)
def test_usage_adds_up_in_any_grouping(a, b, c):
    assert (a + b) + c == a + (b + c)


def test_unknown_tokens_stay_unknown():
    assert (Usage(input_tokens=3) + Usage(input_tokens=4)).output_tokens is None


def test_a_string_is_one_user_message_and_messages_stay_as_they_are():
    assert as_messages("hello") == (user("hello"),)
    assert as_messages([system("be brief"), user("hello")]) == (system("be brief"), user("hello"))


def test_the_text_of_a_conversation_is_its_last_user_turn():
    assert text_of([user("one"), assistant("two"), user("three"), assistant("four")]) == "three"
    assert text_of("five") == "five"


def test_an_assistant_that_only_calls_has_no_empty_text():
    assert assistant("", ToolCall("1", "add", {})).parts == (ToolCall("1", "add", {}),)
    assert assistant("").parts == (Text(""),)


def test_an_unknown_role_or_part_is_refused():
    with pytest.raises(DataError, match="'robot'"):
        message_from_json({"role": "robot", "parts": []})
    with pytest.raises(DataError, match="'smell'"):
        message_from_json({"role": "user", "parts": [{"type": "smell"}]})
