"""`%%llm --map df`: the cell's prompt for every row of a frame, with a bar, and nothing lost where it stops."""

from __future__ import annotations

import html
import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from workbench.asking import RowMap, Spent
from workbench.asking.asker import Asker
from workbench.asking.map_rows import CONCURRENCY, asked_of
from workbench.asking.row_map import Cases
from workbench.errors import OptionError, nearest
from workbench.magics.form import read_form
from workbench.magics.frame import frame_html, frame_text
from workbench.magics.line import summary
from workbench.magics.loop import Background, Post
from workbench.magics.options import Line
from workbench.magics.page import Page
from workbench.magics.person import Wanted, reaching
from workbench.magics.settings import read_parameters, with_timeout
from workbench.magics.several import read_count
from workbench.magics.toolbox import find_tools
from workbench.maps import LocalMap
from workbench.methods import find_method
from workbench.methods.primitives import schema_of
from workbench.models.controls import left_usd
from workbench.models.model import Model
from workbench.prices import spent_and_left

if TYPE_CHECKING:
    import polars as pl
    from IPython.core.interactiveshell import InteractiveShell

__all__ = ["map_cell", "run_map"]

_ROWS: Final = 5
_ALONE: Final = {"samples": "-n", "conversation": "-c", "show": "--show", "dry_run": "--dry-run", "save": "--save"}
_QUIET: Final = "color:var(--jp-ui-font-color2,inherit);font-size:var(--jp-ui-font-size1,.85em)"
_Count = tuple[int, int, float | None, float | None]  # rows done, all, dollars spent, dollars left


def map_cell(
    given: Line,
    template: str,
    told: str,
    names: Mapping[str, Any],
    models: Sequence[Model],
    shell: InteractiveShell,
    background: Background,
    name: str | None,
    is_cell: bool,
    magic: str,
) -> Any:
    """Reads the flags and runs the map.

    Returns:
        the frame, in a line that binds no name; otherwise None.

    Raises:
        OptionError: what was given does not go with a map.
        KeyboardInterrupt: it was interrupted.
        WorkbenchError: every row failed, or every further one would.
    """
    frame_name = given.last("map") or ""
    if frame_name not in names:
        near = nearest(frame_name, _frames(names))
        raise OptionError(
            f"{magic} was given --map {frame_name!r}, which is not the name of a variable. {near}".rstrip(),
            hint=f"{magic} --map df -o results, with {{{{ row.question }}}} in the prompt",
        )
    if is_cell and name is None:
        raise OptionError(
            f"{magic} was given --map {frame_name} and no name for the frame of answers.",
            hint=f"{magic} --map {frame_name} -o results",
        )
    if len(models) > 1:
        raise OptionError(
            f"{magic} was given --map with {len(models)} models; it takes one.",
            hint=f"{magic} --map {frame_name} -m {models[0].name} --column first -o results, then the next",
        )
    for key, flag in _ALONE.items():
        if given.has(key):
            raise OptionError(
                f"{magic} was given --map and {flag}, which do not go together.",
                hint=f"{magic} --map {frame_name} -o results",
            )
    chosen = given.last("method") or ("react" if given.has("tools") else None)
    method = find_method(chosen) if chosen else None
    parameters = read_parameters(given.values.get("param", ()), method.options if method else None, magic)
    settings = with_timeout(parameters, given.last("timeout"), magic).settings
    tools = find_tools(given.last("tools") or "", names, magic) if given.has("tools") else ()
    form = read_form(given, names, magic)
    if form is not None and form.name != "json":
        raise OptionError(
            f"{magic} was given --map and --as {form.name}; a map takes --as json or --schema.",
            hint=f"{magic} --map {frame_name} --schema City -o results",
        )
    schema = None if form is None else form.schema or schema_of({"type": "object"}, "object")
    if method is not None:
        method.on(models[0], tools, **parameters.options)  # refuses what does not fit
    who = Asker(models[0], settings, told, method, tools, parameters.options, schema)
    job = run_map(
        asked_of(who, template, names), names[frame_name], shell, background, name=name, asked=models[0].name,
        column=given.last("column") or "answer",
        concurrency=read_count(given, "concurrency", magic) or CONCURRENCY,
        cache=not given.has("no_cache"),
    )  # fmt: skip
    return None if name is not None or is_cell else job.frame


def run_map(
    cases: Cases,
    frame: Any,
    shell: InteractiveShell,
    background: Background,
    *,
    name: str | None,
    asked: str,
    column: str,
    concurrency: int,
    cache: bool,
) -> RowMap:
    """Runs a map and shows how far it is, then the first rows and what all took; what was done is bound in any case."""
    post: Post[_Count | Wanted] = Post()
    page, began = Page(shell), time.perf_counter()

    def told(done: int, total: int, usd: float | None) -> None:
        post.put((done, total, usd, left_usd()))

    job = RowMap(
        cases,
        frame,
        column=column,
        concurrently=LocalMap(concurrency),
        cache=cache,
        progress=told,
        parameters={"model": asked, "concurrency": concurrency},
    )

    def show(events: Sequence[_Count | Wanted]) -> float:
        if counts := [event for event in events if not isinstance(event, Wanted)]:
            done, total, usd, left = counts[-1]
            words = _progress(done, total, usd, left, time.perf_counter() - began)
            bar = f'<progress max="{total}" value="{done}" aria-label="rows done" style="width:16em"></progress>'
            page.draw(lambda: f'{bar} <span role="status" style="{_QUIET}">{html.escape(words)}</span>', lambda: words)
        for event in events:
            if isinstance(event, Wanted):
                event.ask()
        return page.seconds

    def end(state: str) -> None:
        result = job.frame
        if name is not None:
            shell.user_ns[name] = result
        seconds = time.perf_counter() - began
        words = _words(job, asked, state, seconds, name)
        shown = _excerpt(result, list(job.names.values()))
        ids = [done.spent.trace_id for done in job.done.values() if done.spent.trace_id]
        page.draw(
            lambda: f'{frame_html(shown, _ROWS)}<div style="{_QUIET}" role="status">{html.escape(words)}</div>',
            lambda: f"{frame_text(shown, _ROWS)}\n{words}",
            {"workbench": {"trace_id": ids[0] if ids else None, "run_id": job.run_id, "model": asked}},
        )
        page.write([f"{frame_text(shown, _ROWS)}\n{words}"])

    try:
        with reaching(post.put):
            background.run(_awaited(job), post, show)
    except BaseException as error:
        end("interrupted" if isinstance(error, KeyboardInterrupt) else "stopped")
        raise
    end("")
    return job


def _frames(names: Mapping[str, Any]) -> list[str]:
    return [name for name, value in names.items() if not name.startswith("_") and hasattr(value, "columns")]


async def _awaited(job: RowMap) -> Any:
    return await job


def _progress(done: int, total: int, usd: float | None, left_usd: float | None, seconds: float) -> str:
    money = spent_and_left(usd, left_usd)
    to_go = f", about {seconds / done * (total - done):.0f} s to go" if done < total else ""
    return f"{done:,} of {total:,} rows, {money}, {seconds:.0f} s{to_go}"


def _words(job: RowMap, asked: str, state: str, seconds: float, name: str | None) -> str:
    """The line under the rows: how many, how many failed, what it took, and how it goes on."""
    total, done, failed = len(job.rows), len(job.done), len(job.failures)
    spent = Spent.total(asked, (each.spent for each in job.done.values()), seconds)
    cached = sum(each.spent.only_cached for each in job.done.values())
    counts = [
        f"{total:,} rows" if done == total else f"{done:,} of {total:,} rows",
        f"{failed:,} failed" if failed else "",
        f"{cached:,} from the cache" if cached else "",
    ]
    lines = [summary(spent, " · ".join(part for part in (state, *counts) if part))]
    if failed or done < total:
        where = f" {name} has what was done." if name else ""
        lines.append(f"Run the cell again to go on: rows that have an answer are not asked again.{where}")
    elif cached == total and total:
        lines.append("All of it was answered before: --no-cache asks anew.")
    return "\n".join(lines)


def _excerpt(result: Any, added: Sequence[str]) -> pl.DataFrame:
    """What is shown of the frame: its own columns, the answer, and the error where there is one."""
    import polars as pl  # heavy

    answer, error, *_ = added
    own = [column for column in result.columns if column not in added]
    frame = result if isinstance(result, pl.DataFrame) else pl.DataFrame(
        [_shown(str(column), result[column]) for column in (*own, answer, error)]
    )  # fmt: skip
    failed = frame[error].null_count() < frame.height
    return frame.select([*map(str, own), answer, *([error] if failed else [])])


def _shown(name: str, column: Any) -> pl.Series:
    """A column of pandas as it is shown: numbers stay, and what pandas takes as missing is missing."""
    import polars as pl  # heavy

    missing = column.isna()
    values = [None if gone else value for value, gone in zip(column.tolist(), missing.tolist(), strict=True)]
    numeric = all(isinstance(value, int | float) for value in values if value is not None)
    return pl.Series(
        name, values if numeric else [None if each is None else str(each) for each in values], strict=False
    )
