"""A run stores what it learns, keeps finished seeds whatever happens, and is the same again."""

import io
import json
import subprocess
import sys

import jax.numpy as jnp
import numpy as np
import polars as pl
import pytest

from workbench import traces
from workbench.continual import Bar, DivergenceError, Recipe, Strategy, digits, naive, replay, run, split
from workbench.continual.divergence import OutOfMemoryError
from workbench.continual.progress import Progress
from workbench.errors import OptionError

MATRIX = """
    SELECT runs.name AS strategy, seed, step, CAST(task AS BIGINT) AS task, value AS accuracy
    FROM metrics JOIN runs USING (run_id)
    WHERE parent_run_id = $run_id AND metrics.name = 'accuracy'
    ORDER BY strategy, seed, step, task"""


def fragile(name="fragile"):
    """Its loss is NaN from the fourth step of the second task on, for those seeds whose first weight is above 0."""

    def init(network, example, now):
        return network.weights[0][0, 0], jnp.int32(0)

    def loss(network, memory, rows, now):
        return jnp.where((memory[0] > 0) & (memory[1] >= 3), jnp.nan, 0.0)

    def after_step(memory, network, batch, now):
        return memory[0], memory[1] + (batch.task[0] == 1)

    return Strategy(name, {}, init=init, loss=loss, after_step=after_step)


@pytest.fixture
def result(stream, recipe):
    return run(stream, [naive(), replay(30, rows=8)], seeds=3, recipe=recipe, name="blobs")


def test_the_store_holds_the_matrix_the_measures_and_their_intervals(result, stream):
    stored = traces.query(MATRIX, run_id=result.run_id)
    assert stored.equals(result.matrix.sort("strategy", "seed", "step", "task"))
    assert stored.height == 2 * 3 * 3 * 3

    of_parent = traces.query("SELECT task, name, value FROM metrics WHERE run_id = $id", id=result.run_id)
    cells = {(task, name): value for task, name, value in of_parent.iter_rows()}
    for frame, key in ((result.summary, "{strategy}"), (result.differences(), "{strategy} - {baseline}")):
        for row in frame.iter_rows(named=True):
            task = key.format(**row)
            assert cells.pop((task, row["measure"])) == row["value"]
            assert cells.pop((task, row["measure"] + "_low")) == row["low"]
            assert cells.pop((task, row["measure"] + "_high")) == row["high"]
    assert not cells

    seeds = traces.query(
        "SELECT runs.name AS strategy, seed, metrics.name AS measure, value FROM metrics JOIN runs USING (run_id)"
        " WHERE parent_run_id = $id AND metrics.name IN ('average_accuracy', 'forgetting', 'backward_transfer')",
        id=result.run_id,
    )
    assert seeds.sort("strategy", "seed", "measure").equals(result.seeds.sort("strategy", "seed", "measure"))


def test_the_store_holds_a_run_for_every_strategy_and_seed_below_one(result, stream, recipe):
    runs = traces.query("SELECT * FROM runs ORDER BY parent_run_id NULLS FIRST, name, seed")
    assert runs["kind"].unique().to_list() == ["continual"]
    assert runs["status"].unique().to_list() == ["ok"]
    assert runs["dataset_version"].unique().to_list() == [stream.version]
    assert runs["parent_run_id"].to_list() == [None] + [result.run_id] * 6
    assert list(zip(runs["name"], runs["seed"], strict=True))[1:] == [
        (name, seed) for name in ("naive", "replay-30") for seed in range(3)
    ]
    parent, child = json.loads(runs["parameters"][0]), json.loads(runs["parameters"][-1])
    assert parent["strategies"] == ["naive", "replay-30"]
    assert parent["classes"] == [[0, 1], [2, 3], [4, 5]]
    assert (child["capacity"], child["epochs"], child["hidden"], child["optimiser"]) == (30, 2, [8], "sgd")
    losses = traces.query("SELECT count(*) AS n, bool_and(isfinite(value)) AS ok FROM metrics WHERE name = 'loss'")
    assert losses.row(0) == (6 * 3 * recipe.epochs, True)
    assert traces.query("SELECT name, items FROM datasets").rows() == [("blobs/split-3", 164)]


def test_the_same_arguments_give_the_same_matrix_however_many_work_at_it(result, stream, recipe):
    strategies = [naive(), replay(30, rows=8)]
    alone = run(stream, strategies, seeds=3, recipe=recipe, workers=1)
    many = run(stream, strategies, seeds=3, recipe=recipe, workers=4)
    assert alone.matrix.equals(result.matrix)
    assert many.matrix.equals(result.matrix)
    assert (alone.workers, many.workers) == (1, 4)
    two = run(stream, strategies[1:], seeds=[2], recipe=recipe)
    assert two.matrix.equals(result.matrix.filter(strategy="replay-30", seed=2))
    assert not run(stream, strategies, seeds=3, recipe=recipe, key=1).matrix.equals(result.matrix)


def test_accuracies_are_shares_of_the_test_rows(result, stream):
    counts = result.matrix["accuracy"].to_numpy() * stream.test.counts[result.matrix["task"].to_numpy()]
    np.testing.assert_allclose(counts, np.round(counts), atol=1e-9)


def test_a_seed_that_diverges_is_left_out_and_the_others_stay(stream, recipe):
    seen = []
    result = run(stream, [naive(), fragile()], seeds=8, recipe=recipe, progress=seen.append)
    lost, kept = result.failures["seed"].to_list(), result.matrix.filter(strategy="fragile")["seed"].unique().to_list()
    assert lost
    assert kept
    assert sorted(lost + kept) == list(range(8))
    place = result.failures.select("strategy", "task", "epoch", "step").unique().rows()
    assert place == [("fragile", 1, 0, 3)]
    assert "task 1, epoch 0, step 3" in result.failures["message"][0]
    assert result.summary.filter(strategy="fragile")["seeds"].unique().to_list() == [len(kept)]
    assert result.differences()["seeds"].unique().to_list() == [len(kept)]
    assert (seen[-1].done, seen[-1].total) == (48, 48)

    runs = traces.query("SELECT seed, status, error_message FROM runs WHERE name = 'fragile' ORDER BY seed")
    assert runs.filter(status="error")["seed"].to_list() == sorted(lost)
    assert runs.filter(status="ok")["seed"].to_list() == sorted(kept)
    assert runs.filter(status="error")["error_message"].str.contains("task 1, epoch 0").all()
    first_task = traces.query(
        "SELECT DISTINCT step FROM metrics JOIN runs USING (run_id)"
        " WHERE status = 'error' AND metrics.name = 'accuracy'"
    )
    assert first_task["step"].to_list() == [0]  # what was learned before it broke is kept


def test_a_lane_that_diverges_stops_none_of_those_learned_with_it(stream, recipe):
    result = run(stream, [fragile()], seeds=4, recipe=recipe, backend="vmap")
    lost, kept = result.failures["seed"].to_list(), result.matrix["seed"].unique().to_list()
    assert 0 < len(lost) < 4
    assert sorted(lost + kept) == list(range(4))
    assert result.failures.select("strategy", "task", "epoch", "step").unique().rows() == [("fragile", 1, 0, 3)]
    assert result.matrix["accuracy"].is_finite().all()


def test_when_every_seed_diverges_the_run_fails_and_says_where(stream, recipe):
    wild = Recipe(epochs=2, batch_size=8, learning_rate=1e30, network=recipe.network)
    with pytest.raises(DivergenceError, match=r"task 0, epoch 0.*learning_rate=1e\+30") as caught:
        run(stream, [naive()], seeds=2, recipe=wild)
    assert caught.value.hint == "Recipe(learning_rate=1e+29)"
    assert traces.query("SELECT status FROM runs")["status"].to_list() == ["error"] * 3


def vast():
    """A strategy that remembers more than a processor can address, so that no machine gives it."""
    return Strategy("vast", {}, init=lambda network, example, now: jnp.zeros((2**25, 2**25)))


def test_a_device_without_room_is_said_with_what_to_reduce_and_finished_seeds_stay(stream, recipe):
    with pytest.raises(
        OutOfMemoryError, match=r"to learn 'vast', with batches of 8 rows: .*4503599627370496"
    ) as caught:
        run(stream, [naive(), vast()], seeds=2, recipe=recipe, workers=1)
    assert caught.value.hint == "Recipe(batch_size=4), a smaller network, or a strategy that remembers less"
    ended = traces.query("SELECT name, seed, status, error_message FROM runs WHERE parent_run_id IS NOT NULL")
    assert ("naive", 0, "ok", None) in ended.rows()
    assert "no room to learn 'vast'" in ended.filter(name="vast", seed=0, status="error")["error_message"][0]


def test_where_lanes_are_learned_together_fewer_of_them_are_advised():
    error = OutOfMemoryError(["naive", "vast"], 3, 8, "RESOURCE_EXHAUSTED: Out of memory\nmore of it")
    assert str(error).startswith(
        "The device has no room to learn 'naive', 'vast', 3 at a time, with batches of 8 rows:"
    )
    assert "more of it" not in str(error)
    assert error.hint == "run(…, workers=1) or Recipe(batch_size=4)"


@pytest.mark.parametrize(("error", "status"), [(KeyboardInterrupt, "interrupted"), (ValueError, "error")])
def test_leaving_a_run_early_keeps_the_seeds_that_finished(stream, recipe, error, status):
    def stop(progress):
        if progress.done == 5:
            raise error

    with pytest.raises(error):
        run(stream, [naive()], seeds=50, recipe=recipe, workers=1, progress=stop)
    runs = traces.query("SELECT run_id, parent_run_id, status FROM runs")
    assert runs.filter(pl.col("parent_run_id").is_null())["status"].to_list() == [status]
    children = runs.filter(pl.col("parent_run_id").is_not_null())["status"].value_counts().rows()
    counts = dict(children)
    assert counts["ok"] >= 1
    assert counts["ok"] + counts.get("interrupted", 0) < 50  # it stopped, whatever had begun by then
    assert set(counts) <= {"ok", "interrupted"}
    finished = traces.query(
        "SELECT count(*) AS cells FROM metrics JOIN runs USING (run_id)"
        " WHERE status = 'ok' AND metrics.name = 'accuracy'"
    )
    assert finished["cells"][0] == counts["ok"] * 9


def test_one_seed_has_a_mean_and_no_interval(stream, recipe):
    result = run(stream, [naive()], seeds=1, recipe=recipe)
    row = result.summary.filter(measure="average_accuracy").row(0, named=True)
    assert row["value"] is not None
    assert (row["low"], row["high"], row["seeds"], row["reason"]) == (None, None, 1, "one seed has no interval")
    stored = traces.query("SELECT value, reason FROM metrics WHERE name = 'average_accuracy_low'")
    assert stored.row(0) == (None, "one seed has no interval")
    assert result.differences().is_empty()


def test_one_task_has_no_forgetting(blobs, recipe):
    result = run(split(blobs, tasks=1), [naive()], seeds=2, recipe=recipe)
    row = result.summary.filter(measure="forgetting").row(0, named=True)
    assert (row["value"], row["reason"]) == (None, "undefined for one task")
    stored = traces.query("SELECT value, reason FROM metrics WHERE name = 'forgetting'")
    assert set(stored.rows()) == {(None, "undefined for one task")}


def test_progress_counts_every_task_once(stream, recipe):
    seen = []
    run(stream, [naive()], seeds=2, recipe=recipe, progress=seen.append)
    assert [progress.done for progress in seen] == [1, 2, 3, 4, 5, 6]
    assert {(progress.strategy, progress.seed, progress.task) for progress in seen} == {
        ("naive", seed, task) for seed in range(2) for task in range(3)
    }
    assert all(len(progress.accuracy) == 3 for progress in seen)


def test_the_bar_ends_on_a_full_line():
    file = io.StringIO()
    bar = Bar(file)
    for done in (1, 2):
        bar(Progress(done, 2, "naive", 0, done - 1, (1.0,)))
    first, last = file.getvalue().strip("\r").split("\r")
    assert first.startswith("██████████░░░░░░░░░░ 1/2 tasks")
    assert last.startswith("████████████████████ 2/2 tasks")
    assert last.endswith("\n")


@pytest.mark.parametrize(
    ("strategies", "options", "message"),
    [
        ([], {}, "allowed is a list of one or more strategies"),
        (naive(), {}, "allowed is a list of one or more strategies"),
        ([naive], {}, "a strategy is made by a call"),
        (["naive"], {}, "a strategy is made by a call"),
        ([replay(9), replay(9, rows=1)], {}, "2 strategies named 'replay-9'"),
        ([naive()], {"seeds": 0}, "seeds=0; allowed is a number from 1"),
        ([naive()], {"seeds": -1}, "seeds=-1"),
        ([naive()], {"seeds": []}, r"seeds=\[\]"),
        ([naive()], {"seeds": [1, 1]}, r"seeds=\[1, 1\]"),
        ([naive()], {"seeds": [-1]}, r"seeds=\[-1\]"),
        ([naive()], {"workers": 0}, "workers=0"),
    ],
)
def test_bad_arguments_are_refused_before_anything_is_stored(stream, strategies, options, message):
    with pytest.raises(OptionError, match=message):
        run(stream, strategies, **options)
    assert traces.query("SELECT * FROM runs").is_empty()


def test_an_unknown_baseline_is_refused_with_the_nearest_name(result):
    with pytest.raises(OptionError, match="Did you mean 'replay-30'"):
        result.differences("replay-3")
    assert result.differences("replay-30")["strategy"].unique().to_list() == ["naive"]


def test_digits_learned_at_once_reach_the_accuracy_known_for_them():
    result = run(split(digits(), tasks=1), [naive()], seeds=2)
    accuracy = result.summary.filter(measure="average_accuracy")["value"][0]
    assert 0.93 <= accuracy <= 0.99


def test_digits_task_by_task_are_forgotten_without_replay():
    result = run(split(digits()), [naive(), replay(200)], seeds=2)
    values = {(row["strategy"], row["measure"]): row["value"] for row in result.summary.iter_rows(named=True)}
    assert 0.15 <= values["naive", "average_accuracy"] <= 0.25
    assert values["naive", "forgetting"] > 0.9
    assert 0.84 <= values["replay-200", "average_accuracy"] <= 0.95
    assert values["replay-200", "forgetting"] < 0.2


def test_importing_the_folder_imports_no_jax():
    program = "import sys; from workbench import continual; print('jax' in sys.modules, 'polars' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False"]
