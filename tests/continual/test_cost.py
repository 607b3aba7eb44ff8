"""What a run costs: operations are counted by the compiler, and unknown is not zero."""

from types import SimpleNamespace

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from workbench import traces
from workbench.continual import naive, replay, run
from workbench.continual.cost import flops_of_steps, step_flops
from workbench.continual.engine import Data, Learner


def test_a_product_of_matrices_costs_two_operations_for_each_pair():
    compiled = jax.jit(jnp.matmul).lower(jnp.ones((4, 8)), jnp.ones((8, 16))).compile()
    assert step_flops(compiled) == (2 * 4 * 8 * 16, None)


@pytest.mark.parametrize("analysis", [None, {}, {"flops": -1.0}])
def test_what_the_compiler_does_not_count_is_unknown_with_a_reason(analysis):
    flops, reason = step_flops(SimpleNamespace(cost_analysis=lambda: analysis))
    assert np.isnan(flops)
    assert "does not count" in str(reason)


def test_parameters_memory_and_operations_of_each_seed_are_stored(stream, recipe):
    result = run(stream, [naive(), replay(20, rows=8)], seeds=2, recipe=recipe)
    lanes = result.lanes.select("strategy", "seed", "parameters", "memory_bytes", "flops")
    stored = traces.query(
        "SELECT runs.name AS strategy, seed, metrics.name AS fact, value FROM metrics JOIN runs USING (run_id)"
        " WHERE parent_run_id = $id AND metrics.name IN ('parameters', 'memory_bytes', 'flops')",
        id=result.run_id,
    )
    found = {(row["strategy"], row["seed"], row["fact"]): row["value"] for row in stored.iter_rows(named=True)}
    for row in lanes.iter_rows(named=True):
        for fact in ("parameters", "memory_bytes", "flops"):
            assert found[row["strategy"], row["seed"], fact] == row[fact]
    alone, beside = (lanes.filter(strategy=name)["flops"].unique().item() for name in ("naive", "replay-20"))
    assert beside > 1.5 * alone  # as many rows again at each step
    learner = Learner(naive(), recipe, Data.of(stream), stream.classes)
    lowered, reason = flops_of_steps(learner, stream.tasks)  # before it is compiled
    assert reason is None
    assert lowered == pytest.approx(alone, rel=0.2)
