"""TRACE's protocol: its measures are the paper's, and a run asks everything before and after each task."""

import jax
import numpy as np
import pytest

from workbench import traces
from workbench.continual.fine_tuning import fine_tune
from workbench.continual.metrics import ability_delta, backward_transfer, overall_performance, transfer_to_earlier
from workbench.errors import OptionError
from workbench.networks.chat_template import ChatTemplate
from workbench.networks.tokenizer import Tokenizer
from workbench.networks.transformer import Transformer
from workbench.networks.transformer_config import TransformerConfig
from workbench.training.shipped import weights_folder
from workbench.training.training_config import TrainingConfig

ONCE = TrainingConfig(steps=1, rate=1e-3, warmup=0)


@pytest.fixture(scope="module")
def small():
    """A network that knows nothing, and the pocket model's template."""
    template = ChatTemplate(Tokenizer.load(weights_folder() / "tokenizer.json"))
    shape = TransformerConfig(
        vocabulary=template.tokenizer.size, width=8, layers=1, heads=2, kv_heads=1, head_size=4, hidden=8, context=512
    )
    return Transformer.init(shape, jax.random.key(0)), template


def test_backward_transfer_is_shared_out_over_all_tasks():
    R = np.random.default_rng(0).random((4, 4))
    assert transfer_to_earlier(R) == pytest.approx(backward_transfer(R) * 3 / 4)
    assert transfer_to_earlier(R) == pytest.approx(sum(R[-1, j] - R[j, j] for j in range(4)) / 4)
    assert overall_performance(R) == pytest.approx(R[-1].mean())
    assert ability_delta(R[0], R[0]) == 0
    assert np.isnan(ability_delta(np.zeros(0), np.zeros(0)))


def test_every_family_is_asked_before_and_after_each_task_and_all_is_stored(small):
    stages = []
    options = {"abilities": {"general ability": ("comparison",)}, "problems": 6, "held_out": 2, "rows": 2}
    made = fine_tune(
        *small, ("labelling", "arithmetic"), reasoned=True, config=ONCE, progress=lambda *s: stages.append(s), **options
    )
    assert made.tasks == ("labelling", "scratchpad")
    assert [name for name, _ in stages] == ["", "labelling", "scratchpad"]
    table = np.array([[shares[name] for name in made.tasks] for _, shares in stages])
    np.testing.assert_array_equal(np.vstack([made.before, made.matrix]), table)
    np.testing.assert_array_equal(made.kept["general ability"][:, 0], [shares["comparison"] for _, shares in stages])
    stored = traces.query("SELECT name, step, task, value FROM metrics WHERE run_id = $id", id=made.run_id)
    cells = {(row["step"], row["task"]): row["value"] for row in stored.filter(name="accuracy").iter_rows(named=True)}
    assert cells == {(i, name): stages[i + 1][1][name] for i in range(2) for name in stages[0][1]}
    measures = dict(made.measures.iter_rows())
    assert stored.filter(name="overall_performance")["value"].item() == measures["overall performance"]
    changed = [np.abs(a - b).max() for a, b in zip(*map(jax.tree.leaves, (made.model, small[0])), strict=True)]
    assert max(changed) > 0


def test_what_is_not_allowed_is_refused(small):
    for tasks, options in ((["labeling"], {}), ([], {}), (["plan", "plan"], {}), (["plan"], {"held_out": 0})):
        with pytest.raises(OptionError, match="fine_tune was given"):
            fine_tune(*small, tasks, **options)
    with pytest.raises(OptionError, match="fine_tune was given a "):
        fine_tune(small[0], object())
    with pytest.raises(OptionError, match="none fits into a row of 3 tokens"):
        fine_tune(*small, ["plan"], abilities={}, problems=2, held_out=1, length=3)
