"""OTLP-JSON: spans as OpenTelemetry's collectors write them to files, one request a line.

Our own spans carry all their columns, messages, attempts and links; those of other libraries are read by `foreign`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final, cast

import duckdb

from workbench.errors import DataError
from workbench.messages import Json, Message
from workbench.traces.conventions import CALLS, NESTED
from workbench.traces.encoding import dumps
from workbench.traces.exchange.any_value import from_pairs, to_pairs
from workbench.traces.exchange.intake import Intake, Progress
from workbench.traces.exchange.json_lines import objects
from workbench.traces.exchange.otlp_span import foreign_span, from_otlp, to_otlp
from workbench.traces.exchange.source import rows_of
from workbench.traces.exchange.whole_span import WholeSpan, whole_spans
from workbench.traces.schema import SCHEMA_URL

__all__ = ["read", "write"]

_SCOPE: Final = "workbench"
_SERVICE: Final = "research-workbench"
_SPANS_A_LINE: Final = 100


def write(connection: duckdb.DuckDBPyConnection, path: Path, draft: Path, progress: Progress | None) -> dict[str, int]:
    """Writes spans with their messages, attempts and links; runs, samples and scores have no place in OTLP.

    Args:
        connection: from `source.opened`.
        path: what the file will be called.
        draft: where to write it meanwhile.
        progress: told how many spans are written, of how many.

    Returns:
        relation -> rows.
    """
    total = rows_of(connection, "spans")
    counts = {"spans": 0, "span_messages": 0, "attempts": 0, "links": 0}
    waiting: list[Json] = []
    with draft.open("w", encoding="utf-8", newline="\n") as file:
        for span in whole_spans(connection, lambda body: body):
            waiting.append(to_otlp(span))
            counts["spans"] += 1
            counts["span_messages"] += sum(map(len, span.messages.values()))
            counts["attempts"] += len(span.attempts)
            counts["links"] += len(span.reads)
            if len(waiting) == _SPANS_A_LINE:
                file.write(_request(waiting))
                waiting = []
                if progress is not None:
                    progress(counts["spans"], total)
        if waiting or not total:  # without spans too, the file says what it is
            file.write(_request(waiting))
    if progress is not None:
        progress(total, total)
    return counts


def read(path: Path, intake: Intake, scratch: Path, progress: Progress | None) -> None:
    """Brings in the spans of such a file, of this workbench or of anyone.

    Args:
        path: the file.
        intake: where they go.
        scratch: not needed here.
        progress: told how many bytes are read, of how many.
    """
    for _, request in objects(path, intake, progress):
        spans = list(_spans(request, intake))
        operations = {span.row["span_id"]: (span.row["operation"], span.row["parent_id"]) for span in spans}
        for span in spans:
            if span.row.get("instrumentation") is not None and _is_inside_a_call(span.row, operations):
                span.row["operation"] = NESTED + span.row["operation"]
            intake.span(span)


def _request(spans: list[Json]) -> str:
    resource = {"attributes": to_pairs({"service.name": _SERVICE})}
    scoped: dict[str, Json] = {"scope": {"name": _SCOPE}, "spans": spans, "schemaUrl": SCHEMA_URL}
    return dumps({"resourceSpans": [{"resource": resource, "scopeSpans": [scoped]}]}) + "\n"


def _spans(request: Mapping[str, Any], intake: Intake) -> Iterator[WholeSpan[Message]]:
    """The spans of one request; what cannot be read is counted."""
    groups = request.get("resourceSpans")
    if not isinstance(groups, list):
        intake.skip("a line holds no resourceSpans")
        return
    for group in cast("list[Any]", groups):
        try:
            resource = from_pairs(group.get("resource", {}).get("attributes", ()))
            is_own = resource.get("service.name") == _SERVICE
            for scoped in group.get("scopeSpans", group.get("instrumentationLibrarySpans", ())):
                scope, schema_url = scoped.get("scope", {}), scoped.get("schemaUrl") or group.get("schemaUrl") or None
                for span in scoped.get("spans", ()):
                    try:
                        if is_own and scope.get("name") == _SCOPE:
                            yield from_otlp(span)
                        else:
                            yield foreign_span(span, scope, resource, schema_url)
                    except (DataError, KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
                        intake.skip(f"a span cannot be read: {error}")
        except (AttributeError, KeyError, TypeError) as error:
            intake.skip(f"a line is no request of OTLP: {error!r}")


def _is_inside_a_call(row: Mapping[str, Any], operations: Mapping[str, tuple[str, str | None]]) -> bool:
    """Whether a call that is above this one in the same request counts its tokens already."""
    above: str | None = row["parent_id"]
    seen = {row["span_id"]}
    while row["operation"] in CALLS and above is not None and above in operations and above not in seen:
        seen.add(above)
        operation, above = operations[above]
        if operation in CALLS:
            return True
    return False
