"""The tables of the store: version 1.

Times are UTC with microseconds. A missing value is unknown, never zero; where a column can be unknown for a reason that
matters, a `*_reason` column beside it says so. `docs/store.md` describes the columns.
"""

from __future__ import annotations

from typing import Final

__all__ = ["COLUMNS", "KEYS", "RECORDED", "REQUIRED", "SCHEMA_URL", "SCHEMA_VERSION", "TABLES"]

SCHEMA_VERSION: Final = 1
SCHEMA_URL: Final = "https://opentelemetry.io/schemas/gen-ai/1.42.0"

TABLES: Final[dict[str, str]] = {
    # one timed operation; `status` is ok, error, interrupted, or running while it has no end
    "spans": """
        span_id VARCHAR PRIMARY KEY, trace_id VARCHAR NOT NULL, parent_id VARCHAR,
        name VARCHAR NOT NULL, operation VARCHAR NOT NULL,
        status VARCHAR NOT NULL, error_type VARCHAR, error_message VARCHAR,
        started_at TIMESTAMP NOT NULL, ended_at TIMESTAMP, duration_ms DOUBLE, time_to_first_chunk_ms DOUBLE,
        model VARCHAR, provider VARCHAR, response_model VARCHAR, response_id VARCHAR, finish_reason VARCHAR,
        input_tokens BIGINT, output_tokens BIGINT, cache_read_tokens BIGINT, cache_write_tokens BIGINT,
        reasoning_tokens BIGINT, usage_approximate BOOLEAN,
        cost_usd DOUBLE, cost_reason VARCHAR, price_version VARCHAR,
        conversation VARCHAR, method VARCHAR, method_version VARCHAR, role VARCHAR, phase VARCHAR,
        run_id VARCHAR, sample_id VARCHAR, program VARCHAR, repetition INTEGER,
        notebook VARCHAR, cell_id VARCHAR, execution_count INTEGER, session VARCHAR,
        tool_name VARCHAR, tool_version VARCHAR, schema_url VARCHAR, attributes JSON""",
    # one try at the provider inside a span
    "attempts": """
        span_id VARCHAR, attempt INTEGER, started_at TIMESTAMP, duration_ms DOUBLE, status_code INTEGER,
        error_type VARCHAR, error_message VARCHAR, retry_after_seconds DOUBLE,
        PRIMARY KEY (span_id, attempt)""",
    # which messages a span read (input) and wrote (output), in order; bodies are in `messages`
    "span_messages": """
        span_id VARCHAR, direction VARCHAR, position INTEGER, message_hash VARCHAR NOT NULL,
        PRIMARY KEY (span_id, direction, position)""",
    "messages": "message_hash VARCHAR PRIMARY KEY, role VARCHAR NOT NULL, text VARCHAR NOT NULL, body JSON NOT NULL",
    # data dependencies: `span_id` read what `linked_span_id` wrote
    "links": "span_id VARCHAR, linked_span_id VARCHAR, kind VARCHAR, PRIMARY KEY (span_id, linked_span_id)",
    # an experiment: evaluation, training, continual or optimisation; runs form a tree
    "runs": """
        run_id VARCHAR PRIMARY KEY, parent_run_id VARCHAR, kind VARCHAR NOT NULL, name VARCHAR NOT NULL,
        status VARCHAR NOT NULL, error_message VARCHAR, started_at TIMESTAMP NOT NULL, ended_at TIMESTAMP,
        parameters JSON, seed BIGINT, source_version VARCHAR, lock_version VARCHAR, hardware JSON,
        dataset_version VARCHAR, energy_joules DOUBLE, session VARCHAR""",
    # one item answered by one program in one repetition; `sample_id` is stable across runs
    "samples": """
        run_id VARCHAR, program VARCHAR, sample_id VARCHAR, repetition INTEGER, position INTEGER,
        input JSON, target JSON, output JSON, output_text VARCHAR, output_kind VARCHAR,
        status VARCHAR NOT NULL, error_message VARCHAR, trace_id VARCHAR,
        started_at TIMESTAMP, duration_ms DOUBLE, calls INTEGER, input_tokens BIGINT, output_tokens BIGINT,
        cost_usd DOUBLE, cost_reason VARCHAR,
        PRIMARY KEY (run_id, program, sample_id, repetition)""",
    # what a scorer says of a sample: exactly one of the typed values is set, or none with a reason
    "scores": """
        run_id VARCHAR, program VARCHAR, sample_id VARCHAR, repetition INTEGER, scorer VARCHAR,
        kind VARCHAR NOT NULL, bool BOOLEAN, number DOUBLE, label VARCHAR, low DOUBLE, high DOUBLE,
        reason VARCHAR, scorer_version VARCHAR,
        PRIMARY KEY (run_id, program, sample_id, repetition, scorer)""",
    "metrics": """
        run_id VARCHAR, step BIGINT, task VARCHAR, name VARCHAR, value DOUBLE, reason VARCHAR, recorded_at TIMESTAMP,
        PRIMARY KEY (run_id, step, task, name)""",
    # a tool as it was when it was called; `tool_version` is the hash of its definition and source
    "tools": """
        tool_version VARCHAR PRIMARY KEY, name VARCHAR NOT NULL, description VARCHAR, parameters JSON,
        source VARCHAR, defined_at TIMESTAMP""",
    "datasets": """
        dataset_version VARCHAR PRIMARY KEY, name VARCHAR NOT NULL, split VARCHAR, items BIGINT,
        source VARCHAR, licence VARCHAR, seen_at TIMESTAMP""",
    # what this file is; one row
    "store_info": "schema_version INTEGER PRIMARY KEY, schema_url VARCHAR, created_at TIMESTAMP",
    # how far each file of the journal was folded in, in the transaction that brought its rows
    "segments": """
        segment VARCHAR PRIMARY KEY, session VARCHAR NOT NULL, folded_bytes BIGINT NOT NULL,
        records BIGINT NOT NULL, skipped BIGINT NOT NULL, skipped_reason VARCHAR, sealed BOOLEAN NOT NULL""",
}

KEYS: Final[dict[str, tuple[str, ...]]] = {
    "spans": ("span_id",),
    "attempts": ("span_id", "attempt"),
    "span_messages": ("span_id", "direction", "position"),
    "messages": ("message_hash",),
    "links": ("span_id", "linked_span_id"),
    "runs": ("run_id",),
    "samples": ("run_id", "program", "sample_id", "repetition"),
    "scores": ("run_id", "program", "sample_id", "repetition", "scorer"),
    "metrics": ("run_id", "step", "task", "name"),
    "tools": ("tool_version",),
    "datasets": ("dataset_version",),
    "store_info": ("schema_version",),
    "segments": ("segment",),
}

# The tables that `record` writes; the others are written by spans, or by the store itself.
RECORDED: Final = ("runs", "samples", "scores", "metrics", "tools", "datasets")


def _columns(definition: str) -> dict[str, str]:
    body = definition.split("PRIMARY KEY (")[0]
    words = [column.split() for column in body.split(",") if column.strip()]
    return {word[0]: word[1] for word in words}


def _required(definition: str) -> frozenset[str]:
    return frozenset(column.split()[0] for column in definition.split(",") if "NOT NULL" in column)


# table -> column -> SQL type
COLUMNS: Final[dict[str, dict[str, str]]] = {table: _columns(definition) for table, definition in TABLES.items()}
# table -> the columns that a row must have
REQUIRED: Final[dict[str, frozenset[str]]] = {
    table: _required(definition) | frozenset(KEYS[table]) for table, definition in TABLES.items()
}
