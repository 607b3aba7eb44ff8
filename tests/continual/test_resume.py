"""A run that was killed goes on to the same bits; many devices give what one gives."""

import json
import os
import signal
import subprocess
import sys
from dataclasses import replace

import pytest

from workbench.continual import naive, replay, run, split
from workbench.continual.engine import SEGMENT
from workbench.errors import DataError, OptionError

PROGRAM = """
import sys, json
from functools import partial
import numpy as np
from workbench.continual import Labelled, Recipe, compose, ewc, replay, run, split
from workbench.networks import MLP

rng = np.random.default_rng(0)
y = np.repeat(np.arange(4), 60)
x = 3 * rng.normal(size=(4, 4))[y] + rng.normal(size=(240, 4))
recipe = Recipe(batch_size=8, learning_rate=0.05, network=partial(MLP, hidden=(8,)), steps=1200)
folder, told = sys.argv[1] or None, sys.argv[2]

def tell(progress):
    if 0.4 < progress.share < 1 and progress.task == 1:
        open(told, "w").close()
        if folder and len(sys.argv) > 3:
            import os, signal
            os.kill(os.getpid(), signal.SIGKILL)

result = run(split(Labelled(x, y), 2), [compose(ewc(0.5), replay(20, rows=8))], seeds=1, recipe=recipe,
             checkpoint=folder, checkpoint_seconds=0.0, progress=tell)
print(json.dumps([result.lanes["digest"].to_list(), result.matrix["accuracy"].to_list()]))
"""

DEVICES = """
import json, jax
from workbench.continual import Recipe, naive, replay, run, split, digits
recipe = Recipe(epochs=1)
results = [run(split(digits()), [replay(50)], seeds=5, recipe=recipe, backend=way).matrix["accuracy"].to_list()
           for way in ("threads", "shard_map")]
print(json.dumps([jax.device_count(), *results]))
"""


def python(program, *arguments, check=True, **environment):
    command = [sys.executable, "-c", program, *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env={**os.environ, **environment})
    assert not check or done.returncode == 0, done.stderr
    return done


def test_a_run_killed_within_a_task_goes_on_to_the_same_bits(tmp_path):
    whole = python(PROGRAM, "", tmp_path / "whole").stdout
    killed = python(PROGRAM, tmp_path / "kept", tmp_path / "told", "kill", check=False)
    assert killed.returncode == -signal.SIGKILL
    assert (tmp_path / "told").exists()
    (manifest,) = (tmp_path / "kept").glob("*/checkpoint.json")
    place = json.loads(manifest.read_text())
    assert place["task"] == 1
    assert 0 < place["step"] < 1200  # within the second task
    assert place["step"] % SEGMENT == 0
    resumed = python(PROGRAM, tmp_path / "kept", tmp_path / "again").stdout
    assert json.loads(resumed.splitlines()[-1]) == json.loads(whole.splitlines()[-1])


def test_seeds_dealt_over_eight_devices_give_what_one_gives():
    done = python(DEVICES, XLA_FLAGS="--xla_force_host_platform_device_count=8")
    count, threads, sharded = json.loads(done.stdout.splitlines()[-1])
    assert count == 8
    assert threads == pytest.approx(sharded, abs=0.03)
    assert len(threads) == 5 * 25


def test_a_checkpoint_of_another_run_is_refused_with_what_differs(blobs, stream, recipe, tmp_path):
    first = run(stream, [naive()], seeds=1, recipe=recipe, checkpoint=tmp_path)
    again = run(stream, [naive()], seeds=1, recipe=recipe, checkpoint=tmp_path)
    assert first.lanes["digest"].to_list() == again.lanes["digest"].to_list()
    assert first.matrix.equals(again.matrix)
    with pytest.raises(DataError, match="another stream"):
        run(split(blobs, tasks=3, seed=1), [naive()], seeds=1, recipe=recipe, checkpoint=tmp_path)
    with pytest.raises(DataError, match="another recipe"):
        run(stream, [naive()], seeds=1, recipe=replace(recipe, learning_rate=0.2), checkpoint=tmp_path)
    with pytest.raises(DataError, match="another key"):
        run(stream, [naive()], seeds=1, recipe=recipe, key=1, checkpoint=tmp_path)
    other = replay(9, name="naive")
    with pytest.raises(DataError, match="another strategies"):
        run(stream, [other], seeds=1, recipe=recipe, checkpoint=tmp_path)


def test_an_unknown_back_end_is_refused(stream):
    with pytest.raises(OptionError, match="backend='ray'; allowed is auto, threads, vmap, shard_map"):
        run(stream, [naive()], backend="ray")
