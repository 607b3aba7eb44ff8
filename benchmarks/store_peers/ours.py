"""The workbench's own store."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[2]))

from work import RARE, Backend, Call, main, on_disk

from workbench import traces
from workbench.messages import Message, Text, assistant

TOKENS = "SELECT model, sum(input_tokens), sum(output_tokens), sum(cost_usd) FROM spans GROUP BY model"
OPEN = """
    SELECT direction, position, role, text FROM span_messages JOIN messages USING (message_hash)
    WHERE span_id = $span_id ORDER BY ALL"""
SEARCH = """
    SELECT span_id FROM span_messages JOIN messages USING (message_hash) WHERE contains(text, $word)"""
PAGE = "SELECT * FROM spans ORDER BY started_at DESC LIMIT 50"


class Ours(Backend):
    """Spans through the public interface."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.store = traces.use(folder / "traces.duckdb")
        self._said: dict[tuple[str, str], Message] = {}

    def prepared(self, call: Call) -> Any:
        """The messages, the same object where it is the same message, as a conversation has them."""
        if len(self._said) > 200:
            self._said.clear()
        asked = [self._said.setdefault(said, Message(said[0], (Text(said[1]),))) for said in call.messages]  # pyright: ignore[reportArgumentType] - a role
        answer = assistant(call.answer)
        self._said[("assistant", call.answer)] = answer
        return call, asked, [answer]

    def write(self, given: Any) -> None:
        """As models/traced.py does it."""
        call, asked, answered = given
        with traces.span("chat", "chat") as span:
            span.set(model=call.model, provider="openai", input_tokens=call.input_tokens)
            span.set(output_tokens=call.output_tokens, cost_usd=0.001)
            span.input_messages(asked).output_messages(answered)

    def settle(self) -> None:
        """A question folds what is journalled."""
        self.count()

    def count(self) -> int:
        """Ended spans."""
        return int(traces.query("SELECT count(*) FROM spans WHERE status = 'ok'").item())

    def sizes(self) -> dict[str, int]:
        """The file; apart from it, the journal with what is kept to rebuild it."""
        path = self.store.path
        return {"store": on_disk(path, Path(f"{path}.wal")), "journal": on_disk(self.store.journal.folder)}

    def reads(self) -> dict[str, Callable[[], int]]:
        """Through `traces.query`."""
        span_id = traces.query("SELECT span_id FROM spans WHERE status = 'ok' LIMIT 1").item()
        return {
            "tokens": lambda: len(traces.query(TOKENS)),
            "open": lambda: len(traces.query(OPEN, span_id=span_id)),
            "search": lambda: len(traces.query(SEARCH, word=RARE)),
            "page": lambda: len(traces.query(PAGE)),
        }

    def close(self) -> None:
        """Folds all, so that the file is all there is; but one of a crowd leaves that to whoever asks next."""
        if "one" in sys.argv:
            self.store.close()
        else:
            self.store.end_process()


if __name__ == "__main__":
    main(Ours, "workbench")
