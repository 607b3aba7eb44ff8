"""Laws of the bundle: it opens from a disk in a browser, shows its traces, and nothing in them is ever run."""

import base64
import io
import os
import re
import shutil
import subprocess
import zipfile

import polars as pl
import pytest

from workbench import traces
from workbench.errors import DataError
from workbench.messages import ToolCall, assistant, user
from workbench.traces.bundle import write_bundle
from workbench.traces.erasure import Erasure
from workbench.traces.exchange import Selection

CHROMIUM = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
HOSTILE = (
    """<img src=x onerror="document.title='owned'"></script><script>document.title='owned'</script>"""
    """<a href="javascript:document.title='owned'">press</a> &lt;b&gt; ${document.title='owned'}"""
)


@pytest.fixture
def written(fresh_store):
    for number in range(4):
        with traces.span("invoke_agent", f"agent {number}"), traces.span("chat", HOSTILE) as span:
            span.set(model="pocket", input_tokens=10, output_tokens=number, cost_usd=0.5)
            span.input_messages([user(f"{HOSTILE} ada@example.org {number}")])
            span.output_messages([assistant("done", ToolCall("c", HOSTILE, {HOSTILE: HOSTILE}))])
            span.attribute(HOSTILE, HOSTILE)
    return fresh_store


@pytest.fixture(scope="module")
def shown():
    """Gives the page as a browser shows it, after its script has run."""
    named = os.environ.get("WORKBENCH_CHROMIUM", "")
    found = named or next(filter(None, map(shutil.which, CHROMIUM)), None)
    if not found:
        pytest.skip("no Chromium: apt-get install chromium, or WORKBENCH_CHROMIUM=/path/to/it")

    def show(path, fragment=""):
        options = ["--headless", "--no-sandbox", "--disable-gpu", "--virtual-time-budget=4000", "--dump-dom"]
        profile = f"--user-data-dir={path.parent / 'profile'}"
        done = subprocess.run(
            [found, *options, profile, f"{path.as_uri()}#{fragment}"], capture_output=True, text=True, check=True
        )
        page = re.sub(r"<script.*?</script>|<style.*?</style>", "", done.stdout, flags=re.DOTALL)
        return page, done.stderr

    return show


def tables(path):
    packed = re.search(r'id="tables">([^<]*)<', path.read_text())[1]
    with zipfile.ZipFile(io.BytesIO(base64.b64decode(packed))) as archive:
        return {name.removesuffix(".parquet"): pl.read_parquet(archive.read(name)) for name in archive.namelist()}


@pytest.mark.browser
@pytest.mark.timeout(120)
def test_a_browser_shows_the_traces_and_runs_nothing_in_them(written, shown, tmp_path):
    path = tmp_path / "out.html"
    write_bundle(written, path, title=HOSTILE)
    span = written.query("SELECT span_id FROM spans WHERE operation = 'chat' ORDER BY started_at")["span_id"][0]
    page, said = shown(path, span)
    title = re.search(r"<title>(.*?)</title>", page, re.DOTALL)[1]
    assert title != "owned"
    assert "<img" not in page
    assert "<script" not in page
    assert '<a href="javascript:' not in page
    assert "&lt;img src=x onerror=" in page
    assert "ada@example.org 0" in page
    assert "4 traces" in page
    assert "$2.00" in page
    assert "Content Security Policy" not in said


def test_the_policy_allows_no_request(written, tmp_path):
    path = tmp_path / "out.html"
    write_bundle(written, path)
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', path.read_text())[1]
    assert policy.startswith("default-src 'none'; script-src 'sha256-")
    assert "unsafe" not in policy
    assert "http" not in policy
    assert not re.search(r"""(?:src|href)=["']?(?!x )https?:""", path.read_text())


def test_its_tables_are_the_rows_of_the_store(written, tmp_path):
    path = tmp_path / "out.html"
    done = write_bundle(written, path)
    found = tables(path)
    assert (done.traces, done.left_out, done.erased) == (4, 0, 0)
    spans = written.query("FROM spans ORDER BY span_id").select(found["spans"].columns)
    assert found["spans"].sort("span_id").equals(spans)
    assert found["messages"].height == written.query("FROM messages").height


def test_what_is_to_be_cut_is_in_no_table_and_in_no_text(written, tmp_path):
    path = tmp_path / "out.html"
    done = write_bundle(written, path, erasure=Erasure(patterns=(r"[\w.]+@example\.org",)))
    assert done.erased == 4
    found = tables(path)
    assert not any("ada@example.org" in str(row) for frame in found.values() for row in frame.rows())
    hashes = set(found["messages"]["message_hash"])
    assert set(found["span_messages"]["message_hash"]) == hashes


def test_keys_are_always_cut(written, tmp_path, monkeypatch):
    with traces.span("chat", "chat") as span:
        span.attribute("said", "sesame-open-98765")
    written.close()  # before anybody knows that this is a key
    monkeypatch.setenv("CAVE_PASSWORD", "sesame-open-98765")
    path = tmp_path / "out.html"
    assert write_bundle(written, path).erased == 1
    assert "sesame-open" not in str(tables(path)["spans"].rows())


def test_a_selection_and_a_limit_choose_whole_traces(written, tmp_path):
    path = tmp_path / "out.html"
    done = write_bundle(written, path, Selection(model="pocket"), limit=3)
    assert (done.traces, done.left_out) == (3, 1)
    assert tables(path)["spans"].height == 6
    with pytest.raises(DataError, match="is there already"):
        write_bundle(written, path)
    assert write_bundle(written, path, Selection(model="other"), replace=True).traces == 0


def test_unpacked_its_tables_come_into_another_store_with_every_row(written, tmp_path):
    from workbench.traces.exchange import import_
    from workbench.traces.store import Store

    path = tmp_path / "out.html"
    write_bundle(written, path)
    for name, frame in tables(path).items():
        (tmp_path / "tables").mkdir(exist_ok=True)
        frame.write_parquet(tmp_path / "tables" / f"{name}.parquet")
    other = Store(tmp_path / "other.duckdb")
    assert not import_(tmp_path / "tables", store=other).skipped
    question = "SELECT * FROM span_messages SEMI JOIN messages USING (message_hash) ORDER BY ALL"
    assert other.query(question).rows() == written.query(question).rows()
