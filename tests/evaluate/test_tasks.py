"""Laws of the tasks."""

import asyncio
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench import traces
from workbench.errors import DataError, OptionError
from workbench.evaluate import exact_match, numeric, run
from workbench.evaluate.tasks import arithmetic, problems, recorded_solutions
from workbench.messages import Answer


@given(st.integers(1, 60), st.integers(1, 4), st.sampled_from(["+", "-", "+-"]), st.integers(0, 10**6))
def test_every_problem_has_its_result_and_an_id_of_its_own(n, digits, operations, seed):
    if n > 20 and digits == 1:
        return
    data = arithmetic(n, digits=digits, operations=tuple(operations), seed=seed)
    assert len({sample.id for sample in data}) == len(data) == n
    for sample in data:
        assert sample.target == eval(sample.id)
        assert sample.target >= 0
        assert sample.metadata["operation"] in operations
        assert numeric(Answer(f"A: {sample.target}"), sample).value is True


def test_a_seed_repeats_its_draw_and_another_one_does_not():
    assert arithmetic(30, seed=4).version == arithmetic(30, seed=4).version
    assert arithmetic(30, seed=4).version != arithmetic(30, seed=5).version


@pytest.mark.parametrize("given_options", [{"n": 0}, {"digits": 0}, {"operations": ("*",)}, {"n": 10**6}])
def test_what_cannot_be_drawn_is_refused(given_options):
    with pytest.raises(OptionError):
        arithmetic(**given_options)


LINES = [
    {
        "question": f"How many is {number}?\u2028",  # a line separator that is no end of line in JSONL
        "ground_truth": f"It is {number}.\nA: {number}",
        "small": {"is_correct": number % 2 == 0, "solution": f"A: {number if number % 2 == 0 else -1}"},
        "large": {"is_correct": True, "solution": f"so\nA: {number}"},
    }
    for number in range(4)
]


@pytest.fixture
def recorded_file(tmp_path):
    path = tmp_path / "recorded.jsonl"
    path.write_text("\n".join(json.dumps(line, ensure_ascii=False) for line in LINES) + "\n", encoding="utf-8")
    return path


async def test_recorded_answers_become_traced_and_scored_samples_of_unknown_cost(recorded_file):
    recorded = recorded_solutions(recorded_file)
    evaluation = await run(recorded.programs, recorded.dataset, [numeric], name="recorded")
    assert evaluation.table["accuracy"].to_list() == [0.5, 1.0]
    assert evaluation.table["cost_usd"].to_list() == [None, None]
    assert all("not recorded" in reason for reason in evaluation.table["cost_reason"])
    for program, sample_id, verdict in evaluation.scores.select("program", "sample_id", "bool").iter_rows():
        assert recorded.labels[program][sample_id] == verdict
    spans = traces.query("SELECT * FROM spans WHERE operation = 'chat'")
    assert spans.height == 8
    assert set(spans["input_tokens"]) == {None}


async def test_what_was_not_recorded_is_an_error(recorded_file):
    with pytest.raises(DataError, match="No answer of 'small'"):
        await recorded_solutions(recorded_file).programs["small"]("What else?")


def test_a_problem_has_the_same_id_in_every_file(recorded_file, tmp_path):
    path = tmp_path / "test.jsonl"
    path.write_text("\n".join(json.dumps({"question": line["question"], "answer": "#### 1"}) for line in LINES[::-1]))
    ids = [sample.id for sample in problems(path)]
    assert ids[::-1] == [sample.id for sample in recorded_solutions(recorded_file).dataset]
    assert problems(path).split == "test"


@pytest.mark.parametrize(
    "text", ["", "{}", "[1]", "not json", '{"question": "q", "ground_truth": "A: 1", "m": {"solution": "x"}}']
)
def test_a_file_of_another_form_is_refused(tmp_path, text):
    path = tmp_path / "bad.jsonl"
    path.write_text(text)
    with pytest.raises(DataError, match=r"bad\.jsonl"):
        recorded_solutions(path)


def test_a_missing_file_comes_with_a_hint(tmp_path):
    with pytest.raises(DataError, match="Hint: the problems and the recorded answers are at"):
        problems(tmp_path / "none.jsonl")


def test_arithmetic_is_right_by_exact_match_too():
    data = arithmetic(5)

    async def solve(question):
        first, operation, second = question.removeprefix("What is ").rstrip("?").split()
        return str(int(first) + int(second) if operation == "+" else int(first) - int(second))

    evaluation = asyncio.run(run({"solve": solve}, data, [exact_match], name="sums"))
    assert evaluation.table["accuracy"].to_list() == [1.0]
    assert evaluation.dataset == (data.name, data.version)
