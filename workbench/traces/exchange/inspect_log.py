"""Inspect's `.eval` logs: an evaluation with its samples, scores, model calls and tool calls.

Read without Inspect: the file is a zip of JSON texts. Version 2 of the format; an evaluation that was cut off has no
`header.json` yet, and its start and its finished samples come in.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from workbench.errors import DataError
from workbench.messages import Json
from workbench.traces.exchange.inspect_sample import take_sample
from workbench.traces.exchange.intake import Intake, Progress
from workbench.traces.exchange.json_shapes import items, moment, object_of
from workbench.traces.exchange.zip_entries import ZipEntries

__all__ = ["read"]

_VERSION: Final = 2
_STATUS: Final = {"success": "ok", "error": "error", "cancelled": "interrupted", "started": "interrupted"}
_PARAMETERS: Final = ("task", "task_version", "task_args", "model", "model_roles", "config", "solver", "solver_args")


def read(path: Path, intake: Intake, scratch: Path, progress: Progress | None) -> None:
    """Brings in such a log.

    Args:
        path: the file.
        intake: where the rows go.
        scratch: a folder for one entry at a time.
        progress: told how many samples are read, of how many.

    Raises:
        DataError: it is cut off, no log of Inspect, or of a newer version.
    """
    entries = ZipEntries(path, scratch)
    header = _header(path, entries)
    evaluation = object_of(header["eval"])
    run_id = f"inspect-{evaluation['eval_id'] if evaluation.get('eval_id') else evaluation['run_id']}"
    intake.row("runs", _run(run_id, header))
    samples = [name for name in entries.names if name.startswith("samples/")]
    for position, name in enumerate(samples):
        try:
            take_sample(entries.json(name), position, run_id, evaluation, intake)
        except (DataError, KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
            intake.skip(f"a sample cannot be read: {type(error).__name__} {error}")
        if progress is not None:
            progress(position + 1, len(samples))


def _header(path: Path, entries: ZipEntries) -> Mapping[str, Any]:
    name = next((one for one in ("header.json", "_journal/start.json") if one in entries.names), None)
    header = object_of(entries.json(name) if name else None)
    if not object_of(header.get("eval")):
        raise DataError(f"{str(path)!r} is a zip file, but no log of Inspect: it has no header.json with an eval.")
    if int(header.get("version", _VERSION)) > _VERSION:
        raise DataError(
            f"{str(path)!r} has version {header['version']} of Inspect's log; this workbench reads up to {_VERSION}.",
            hint="pip install --upgrade research-workbench",
        )
    return header


def _run(run_id: str, header: Mapping[str, Any]) -> dict[str, Any]:
    evaluation, stats = object_of(header["eval"]), object_of(header.get("stats"))
    error, revision = object_of(header.get("error")), object_of(evaluation.get("revision"))
    parameters: dict[str, Json] = {name: evaluation[name] for name in _PARAMETERS if evaluation.get(name) is not None}
    if results := items(object_of(header.get("results")).get("scores")):
        parameters["inspect_results"] = results
    parameters["inspect_packages"] = evaluation.get("packages")
    return {
        "run_id": run_id,
        "kind": "evaluation",
        "name": str(evaluation.get("task", "inspect")),
        "status": _STATUS.get(str(header.get("status", "started")), "interrupted"),
        "error_message": error.get("message"),
        "started_at": moment(stats.get("started_at") or evaluation["created"]),
        "ended_at": moment(stats.get("completed_at") or None),
        "parameters": parameters,
        "source_version": revision.get("commit"),
    }
