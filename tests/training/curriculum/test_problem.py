from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.messages import ToolCall, assistant, user
from workbench.training.curriculum import Problem, held_out

CALL = Problem("tool_call", (user("1 + 2"),), assistant("", ToolCall("call_1", "add", {"a": 1, "b": 2})))


@settings(deadline=None)
@given(st.integers(), st.integers())
def test_a_pair_is_held_out_in_either_order(a, b):
    assert held_out(a, b) == held_out(b, a)


def test_one_pair_in_ten_is_held_out():
    pairs = [held_out(a, b) for a in range(10, 100) for b in range(a, 100)]
    assert 0.08 < sum(pairs) / len(pairs) < 0.12


def test_a_call_counts_when_its_name_and_arguments_are_exact():
    assert CALL.correct(assistant("", ToolCall("any", "add", {"b": 2, "a": 1})))
    assert not CALL.correct(assistant("", ToolCall("any", "add", {"a": 1, "b": 3})))
    assert not CALL.correct(assistant("", ToolCall("any", "plus", {"a": 1, "b": 2})))
    assert not CALL.correct(assistant("3", ToolCall("any", "add", {"a": 1, "b": 2})))
    assert not CALL.correct(assistant("3"))
