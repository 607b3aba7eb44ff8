"""Bad files: each is a clear error before anything is written, or a counted line."""

import json
import zipfile

import duckdb
import pytest

from workbench.errors import DataError, OptionError
from workbench.traces import StoreWarning
from workbench.traces.exchange import FORMATS, Selection, export, import_


def is_empty(store):
    return store.query("SELECT count(*) AS n FROM spans")["n"].item() == 0


def written(path, content):
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("spans.parquet", b"PAR1 cut off", "cannot be read as Parquet"),
        ("x.eval", b"PK\x03\x04 cut off", "cannot be read as a zip file"),
        ("x.db", b"SQLite format 3\0 and nothing", "cannot be read as the log of llm"),
        ("x.txt", "nothing of ours", "none of the formats"),
        ("empty.jsonl", "", "none of the formats"),
        ("spans.csv", "span_id,colour\n1,red\n", "columns that spans has not: colour"),
        ("spans.csv", "span_id,name\n1,x\n", "lacks columns that spans must have: operation"),
        ("metrics.csv", "run_id,step,task,name\nr,many,'x,n\n", "cannot be read as CSV"),
        ("colours.csv", "a,b\n1,2\n", "named after a relation"),
    ],
)
def test_a_file_that_cannot_be_read_is_an_error_and_changes_nothing(other, tmp_path, name, content, says):
    with pytest.raises(DataError, match=says):
        import_(written(tmp_path / name, content), store=other)
    assert is_empty(other)


def test_a_missing_file_and_an_unknown_format_are_said(other, tmp_path):
    with pytest.raises(DataError, match="There is no file"):
        import_(tmp_path / "nowhere.parquet", store=other)
    with pytest.raises(OptionError, match=r"no format 'parket'.*Did you mean 'parquet'"):
        export(tmp_path / "x", format="parket", store=other)
    with pytest.raises(OptionError, match="does not say in which format"):
        export(tmp_path / "x", store=other)
    with pytest.raises(OptionError, match="only come in"):
        export(tmp_path / "x", format="llm", store=other)


def test_a_file_of_another_format_is_named(known, tmp_path):
    export(tmp_path / "out.otlp.jsonl", store=known)
    with pytest.raises(DataError, match="looks like otlp"):
        import_(tmp_path / "out.otlp.jsonl", format="chat", store=known)


def test_a_newer_schema_is_refused(known, other, tmp_path):
    with duckdb.connect() as connection:
        target = str(tmp_path / "runs.parquet")
        options = "(FORMAT parquet, KV_METADATA {workbench_schema_version: '99'})"
        connection.execute(f"COPY (SELECT 'r' AS run_id) TO '{target}' {options}")
    with pytest.raises(DataError, match="schema version 99"):
        import_(tmp_path / "runs.parquet", store=other)


def test_a_cut_off_parquet_file_is_refused(known, other, tmp_path):
    export(tmp_path / "spans.parquet", store=known)
    whole = (tmp_path / "spans.parquet").read_bytes()
    written(tmp_path / "spans.parquet", whole[:-20])
    with pytest.raises(DataError, match="cannot be read as Parquet"):
        import_(tmp_path / "spans.parquet", store=other)
    assert is_empty(other)


@pytest.mark.parametrize(
    "bad", ["no json", "[1]", '{"resourceSpans": 7}', '{"resourceSpans": [{"scopeSpans": 3}]}', "{}"]
)
def test_a_bad_line_is_counted_and_the_others_come_in(known, other, tmp_path, bad):
    export(tmp_path / "out.otlp.jsonl", store=known)
    lines = (tmp_path / "out.otlp.jsonl").read_text().splitlines()
    done = import_(written(tmp_path / "bad.otlp.jsonl", "\n".join([*lines, bad, ""])), format="otlp", store=other)
    assert sum(done.skipped.values()) == 1
    assert done.rows["spans"] == 3


@pytest.mark.parametrize(
    "line",
    ["no json", '{"messages": []}', '{"messages": ["x"]}', '{"messages": [{"content": "x"}]}', '{"prompt": "x"}'],
)
def test_a_line_that_is_no_chat_is_counted(other, tmp_path, line):
    good = json.dumps({"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]})
    done = import_(written(tmp_path / "x.jsonl", f"{good}\n{line}\n"), store=other)
    assert done.rows["spans"] == 1
    assert sum(done.skipped.values()) == 1


def test_a_span_that_does_not_fit_is_counted(other, tmp_path):
    span = {"traceId": "a" * 32, "spanId": "b" * 16, "name": "n", "startTimeUnixNano": "noon"}
    request = {"resourceSpans": [{"scopeSpans": [{"spans": [span, {**span, "startTimeUnixNano": "1"}, {}]}]}]}
    done = import_(written(tmp_path / "x.otlp.jsonl", json.dumps(request)), store=other)
    assert done.rows == {"spans": 1}
    assert sum(done.skipped.values()) == 2


def test_a_zip_of_something_else_is_no_log_of_inspect(other, tmp_path):
    with zipfile.ZipFile(tmp_path / "x.eval", "w") as file:
        file.writestr("readme.txt", "hello")
    with pytest.raises(DataError, match="no log of Inspect"):
        import_(tmp_path / "x.eval", store=other)


@pytest.mark.parametrize("name", ["out.parquet", "out.csv", "out.otlp.jsonl", "out.chat.jsonl"])
def test_an_interrupted_export_leaves_nothing_behind(known, tmp_path, name):
    def stop(done, total):
        raise KeyboardInterrupt

    folder = tmp_path / "exports"
    with pytest.raises(KeyboardInterrupt):
        export(folder / name, store=known, progress=stop)
    assert not list(folder.iterdir())
    assert known.query("SELECT count(*) AS n FROM spans")["n"].item() == 3  # the lock is free again


@pytest.mark.parametrize("name", ["out.parquet", "out.csv", "out.otlp.jsonl"])
def test_an_interrupted_import_is_done_by_doing_it_again(known, other, laws, tmp_path, name):
    def stop(done, total):
        raise KeyboardInterrupt

    export(tmp_path / name, store=known)
    with pytest.raises(KeyboardInterrupt):
        import_(tmp_path / name, store=other, progress=stop)
    import_(tmp_path / name, store=other)
    for relation in ("spans", "span_messages", "attempts"):
        assert laws.content(other, relation) == laws.content(known, relation)


@pytest.mark.parametrize("name", ["out.parquet", "scores.csv"])
def test_what_is_there_is_only_replaced_when_told(known, tmp_path, name):
    export(tmp_path / name, store=known)
    with pytest.raises(DataError, match="is there already"):
        export(tmp_path / name, store=known)
    export(tmp_path / name, store=known, where=Selection(model="nobody"), replace=True)
    assert import_(tmp_path / name, store=known).already_there == {}


def test_a_file_where_a_folder_should_be_is_said(known, tmp_path):
    written(tmp_path / "file", "x")
    with pytest.raises(DataError, match="cannot be written"):
        export(tmp_path / "file" / "out.parquet", store=known)


def test_every_format_says_what_it_can_do():
    assert set(FORMATS) == {"parquet", "csv", "otlp", "chat", "llm", "inspect"}
    for one in FORMATS.values():
        assert one.meaning.endswith(".")
        assert one.imports


def test_a_damaged_store_is_rebuilt_before_it_goes_out(known, tmp_path):
    known.query("SELECT 1")
    whole = known.path.read_bytes()
    known.close()
    known.path.write_bytes(whole[: len(whole) // 2])
    with pytest.warns(StoreWarning, match="damaged"):
        assert export(tmp_path / "out.parquet", store=known).rows["spans"] == 3
