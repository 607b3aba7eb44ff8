"""Laws of compaction: nothing changes but the file's size, and no kill at any step costs a row."""

import os

import duckdb
import pytest

from workbench.errors import StoreError
from workbench.traces.erasure import Erasure
from workbench.traces.layout import TABLES
from workbench.traces.store import Store
from workbench.traces.upkeep import Retention, check, compact, prune, redact_history
from workbench.traces.upkeep.rewriting import draft_path, rewrite

from tests.soak.steps import NEVER, killed_at  # isort: skip - the harness that kills before each step

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="kills forked children")
FORKED = "ignore:.*use of fork.*:DeprecationWarning"


def test_compaction_changes_no_row(written, rows):
    before = rows(written)
    done = compact(written)
    assert rows(written) == before
    assert check(written).is_well
    assert sum(done.rows[table] for table in TABLES if table == "spans") == len(before["spans"])
    assert not draft_path(written.path).exists()


def test_compaction_gives_free_room_back(fresh_store):
    fresh_store.fold()
    with duckdb.connect(str(fresh_store.path)) as connection:
        connection.execute("CREATE TABLE ballast AS SELECT md5(range::VARCHAR) AS word FROM range(300000)")
        connection.execute("CHECKPOINT")
        connection.execute("DROP TABLE ballast")
    before = fresh_store.path.stat().st_size
    done = compact(fresh_store)
    assert done.bytes_before == before
    assert done.bytes_after == fresh_store.path.stat().st_size < before / 3


def test_a_compacted_file_goes_on_taking_in_spans(written, rows):
    from workbench import traces

    compact(written)
    count = len(rows(written)["spans"])
    with traces.span("chat", "after"):
        pass
    assert len(rows(written)["spans"]) == count + 1


def test_a_question_that_fails_leaves_the_old_file(written, rows):
    before = rows(written)
    with pytest.raises(StoreError, match="is as it was"):
        rewrite(written, lambda _: {"spans": "SELECT nonsense FROM old.spans"})
    assert rows(written) == before
    assert not draft_path(written.path).exists()


WORKS = {
    "compact": compact,
    "prune": lambda store: prune(store, Retention(keep=5)),
    "redact": lambda store: redact_history(store, Erasure(texts=("Zanzibar",))),
}


@pytest.mark.filterwarnings(FORKED)
@pytest.mark.timeout(300)
@pytest.mark.parametrize("name", WORKS)
def test_a_kill_before_any_step_leaves_a_whole_store_and_doing_it_again_ends_the_same(name, written, rows, tmp_path):
    """Nine steps of each here, spread over all of them; `python -m tests.soak.steps` kills before every one."""
    import shutil

    def work(path):
        WORKS[name](Store(path))

    def copied(number):
        folder = tmp_path / f"copy {number}"
        shutil.copytree(written.path.parent, folder, ignore=shutil.ignore_patterns("copy*"))
        return folder / written.path.name

    written.close()
    written.fold()
    whole = rows(written)
    done = copied("done")
    steps = killed_at(done, work, NEVER)
    ended = rows(Store(done))
    assert len(steps) > 20
    for step in range(len(steps), 0, -(len(steps) // 8)):
        path = copied(step)
        assert killed_at(path, work, step) is None
        found = rows(Store(path))
        assert found in (whole, ended) or name == "prune"
        assert check(Store(path)).is_well
        work(path)
        assert rows(Store(path)) == ended
        shutil.rmtree(path.parent)
