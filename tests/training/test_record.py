import json

import pytest

from workbench.training.record import RunRecord
from workbench.training.trainer import Progress


def progress(step, tokens):
    return Progress(step, loss=1.0, gradient_norm=1.0, tokens=tokens, seconds=1.0)


def test_lessons_add_up():
    record = RunRecord(None, {"seed": 0}, resumed=False)
    record.lesson()
    record.update(progress(5, 50), first=0)
    record.update(progress(10, 100), first=0)
    record.lesson()
    record.update(progress(3, 30), first=0)
    assert (record.body["steps"], record.body["tokens"], record.body["sessions"]) == (13, 130, 1)


def test_an_interrupted_run_counts_on_from_its_checkpoint(tmp_path):
    path = tmp_path / "training.json"
    before = RunRecord(path, {"seed": 0}, resumed=False)
    before.lesson()
    before.update(progress(10, 100), first=0)
    before.write()
    before.update(progress(15, 150), first=0)  # lost: no checkpoint was written after it
    after = RunRecord(path, {"seed": 0}, resumed=True)
    after.lesson()
    after.update(progress(20, 100), first=10)
    after.write()
    body = json.loads(path.read_text())
    assert (body["steps"], body["tokens"], body["sessions"]) == (20, 200, 2)
    assert body["seconds"] >= 0


def test_a_fresh_run_does_not_count_on(tmp_path):
    path = tmp_path / "training.json"
    path.write_text(json.dumps({"steps": 9, "tokens": 9, "seconds": 9.0, "sessions": 4}))
    body = RunRecord(path, {}, resumed=False).body
    assert (body["steps"], body["seconds"], body["sessions"]) == (0, pytest.approx(0), 1)
