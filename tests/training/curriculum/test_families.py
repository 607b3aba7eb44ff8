import re
from itertools import pairwise

import numpy as np
import pytest

from workbench.training.curriculum import (
    REFUSAL,
    TASKS,
    Mixture,
    depth_problem,
    exam,
    held_out,
    history,
    sum_problem,
    tool_problem,
    training_problem,
)
from workbench.training.curriculum.sums import ADDITION, SUBTRACTION, UNSEEN_ADDITION, UNSEEN_SUBTRACTION
from workbench.training.curriculum.tool_catalogue import CONCEPTS


@pytest.fixture
def rng():
    return np.random.default_rng(0)


@pytest.fixture(scope="module")
def training():
    rng = np.random.default_rng(1)
    return [training_problem(rng) for _ in range(4000)]


def turns(problem):
    """Each question with the answer that follows it."""
    return [(a.text, b) for a, b in pairwise(history(problem)) if a.role == "user"]


@pytest.mark.parametrize("task", TASKS)
def test_the_target_is_correct_and_a_changed_one_is_not(task):
    for problem in exam(task, 20):
        assert problem.correct(problem.target)
        assert not problem.correct(exam("addition", 1, seed=3)[0].messages[0])


@pytest.mark.parametrize("operation", ["addition", "subtraction"])
def test_a_direct_answer_is_the_true_result(rng, operation):
    for _ in range(300):
        problem = sum_problem(rng, "train", operation=operation)
        question = problem.messages[-1].text
        a, b = (int(n) for n in re.findall(r"\d+", question)[:2])
        swapped = re.search(r"(?i)subtract \d+ from|take \d+", question) is not None
        expected = a + b if operation == "addition" else (b - a if swapped else a - b)
        assert problem.target.text == str(expected), question


def test_a_call_names_a_tool_that_is_there_with_exactly_its_parameters(rng):
    for split in ("train", "held_out"):
        for _ in range(300):
            problem = tool_problem(rng, split)
            (call,) = problem.target.tool_calls
            (tool,) = [tool for tool in problem.tools if tool.name == call.name]
            assert list(call.arguments) == tool.parameters["required"]
            for value, schema in zip(call.arguments.values(), tool.parameters["properties"].values(), strict=True):
                allowed = {"integer": int, "number": (int, float), "string": str}[schema["type"]]
                assert isinstance(value, allowed)
                assert str(value) in problem.messages[-1].text
            assert len({tool.name for tool in problem.tools}) == len(problem.tools) <= 4


def test_rivals_are_the_other_rules_of_arithmetic(rng):
    rules = CONCEPTS[:4]
    asked_for = 0
    for _ in range(300):
        problem = tool_problem(rng, "train", known=True, rivals=1.0)
        (call,) = problem.target.tool_calls
        (asked,) = [tool for tool in problem.tools if tool.name == call.name]
        rule = next((rule for rule in rules if asked.description in rule.descriptions), None)
        if rule is None or not asked.description:
            continue
        asked_for += 1
        for tool in problem.tools:
            if tool is not asked:
                assert tool.name in sum((other.names for other in rules), ()) or tool.description
                assert tool.name not in rule.names
                assert tool.description not in rule.descriptions
                assert len(tool.parameters["required"]) == 2
    assert asked_for > 100


def test_no_training_problem_holds_a_held_out_pair_in_any_turn(training):
    seen = 0
    for problem in training:
        for question, answer in turns(problem):
            if answer.text == REFUSAL:
                continue
            numbers = re.findall(r"(?<![\d.])\d+(?![\d.])", question)
            if len(numbers) == 2 and '"' not in question and "." not in question[:-1]:
                seen += 1
                assert not held_out(*map(int, numbers)), question
    assert seen > 2000


def test_exam_problems_are_distinct_repeatable_and_never_training_problems(training):
    trained = {question for problem in training for question, _ in turns(problem)}
    for task in TASKS:
        problems = exam(task, 60)
        assert problems == exam(task, 60)
        assert len({repr(problem) for problem in problems}) == 60
        if task not in ("tool_answer", "sum_in_conversation"):
            asked = {problem.messages[-1].text for problem in problems if problem.target.text or "{" in task}
            assert not asked & trained, task


def test_unseen_wordings_are_not_among_the_training_wordings():
    assert not set(ADDITION) & set(UNSEEN_ADDITION)
    assert not set(SUBTRACTION) & set(UNSEEN_SUBTRACTION)


def test_general_questions_are_refused_and_split_by_their_words(rng):
    for split in ("train", "held_out"):
        for _ in range(100):
            problem = depth_problem(rng, split)
            assert problem.target.text == REFUSAL
    assert held_out(depth_problem(rng, "held_out").messages[-1].text)


def test_a_number_below_ten_comes_as_often_as_the_mixture_says(rng):
    def share(one_digit):
        small = 0
        for _ in range(400):
            question = sum_problem(rng, "train", low=10, one_digit=one_digit).messages[0].text
            small += min(int(n) for n in re.findall(r"\d+", question)) < 10
        return small / 400

    assert share(0.0) == 0
    assert 0.4 < share(0.5) < 0.6


def test_a_mixture_draws_its_families_by_their_shares(rng):
    drawn = [Mixture({"sum": 1, "tool": 3}, answered=1.0).draw(rng, "train").family for _ in range(800)]
    assert set(drawn) == {"addition", "subtraction", "tool_answer"}
    assert 0.7 < drawn.count("tool_answer") / 800 < 0.8


def test_the_same_seed_draws_the_same_problems():
    drawn = [[training_problem(np.random.default_rng([0, 1, step])) for step in range(50)] for _ in range(2)]
    assert drawn[0] == drawn[1]
