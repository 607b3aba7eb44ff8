"""The log of the `llm` tool: SQLite, written as its command line does."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

import llm  # type: ignore[import-not-found]
import sqlite_utils  # type: ignore[import-not-found]
from llm.migrations import migrate  # type: ignore[import-not-found]
from work import RARE, Backend, Call, main, on_disk

# a turn's messages, from the last one back
CHAIN = """
    WITH RECURSIVE chain(hash) AS (
        SELECT tip_message_hash FROM turns WHERE id = ?
        UNION ALL SELECT parent_hash FROM messages JOIN chain USING (hash) WHERE parent_hash IS NOT NULL
    ) SELECT messages.role, parts.text FROM chain JOIN messages USING (hash) JOIN parts ON message_hash = hash"""


class _Mock(llm.Model):
    """Answers what it is told to."""

    can_stream = False

    def __init__(self, model_id: str) -> None:
        self.model_id = model_id
        self.answer = ""

    def execute(self, prompt: Any, stream: bool, response: Any, conversation: Any = None) -> Any:
        yield self.answer


class LlmLog(Backend):
    """`response.log_to_db`, after the response is complete."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.path = folder / "logs.db"
        self.database = sqlite_utils.Database(str(self.path))
        with contextlib.suppress(Exception):
            migrate(self.database)
        self.models: dict[str, _Mock] = {}
        self.conversations: dict[str, Any] = {}

    def prepared(self, call: Call) -> Any:
        """A response that is complete."""
        model = self.models.setdefault(call.model, _Mock(call.model))
        model.answer = call.answer
        system = call.messages[0][1]
        if call.conversation:
            talk = self.conversations.setdefault(call.conversation, llm.Conversation(model=model))
            response = talk.prompt(call.messages[-1][1], system=system)
        else:
            response = model.prompt(call.messages[-1][1], system=system)
        response.text()
        response.set_usage(input=call.input_tokens, output=call.output_tokens)
        return response

    def write(self, given: Any) -> None:
        given.log_to_db(self.database)

    def settle(self) -> None:
        """It is in the database when the call returns."""

    def count(self) -> int:
        return int(self._asked("SELECT count(*) FROM turns")[0][0])

    def sizes(self) -> dict[str, int]:
        return {"store": on_disk(self.folder)}

    def reads(self) -> dict[str, Callable[[], int]]:
        """By SQL on its file."""
        one = self._asked("SELECT id FROM turns LIMIT 1")[0][0]
        return {
            "tokens": lambda: len(
                self._asked("SELECT model, sum(input_tokens), sum(output_tokens) FROM turns GROUP BY model")
            ),
            "open": lambda: len(self._asked(CHAIN, one)),
            "search": lambda: len(self._asked("SELECT rowid FROM turn_search_fts WHERE turn_search_fts MATCH ?", RARE)),
            "page": lambda: len(self._asked("SELECT * FROM turns ORDER BY datetime_utc DESC LIMIT 50")),
        }

    def _asked(self, sql: str, *values: Any) -> list[Any]:
        with contextlib.closing(sqlite3.connect(self.path)) as connection:
            return connection.execute(sql, values).fetchall()


if __name__ == "__main__":
    main(LlmLog, f"llm {version('llm')}")
