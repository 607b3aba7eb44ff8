"""Answers from a file of recorded ones: the same question gets the same answer, without a network or a key."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from pathlib import Path
from typing import Final, cast, final

from workbench.errors import DataError
from workbench.models.cassette import Cassette
from workbench.models.kept import Kept, keep
from workbench.models.model import Capabilities, Delta, Model, Reply, Request, StreamEvent
from workbench.models.pieces import lengths_of, pieces_of

__all__ = ["RecordedModel", "Recorder", "record_to"]

_CAPABILITIES: Final = Capabilities(tools=True, schema=True, logprobs=True, images=True)


@final
class RecordedModel:
    """Answers from a JSONL file that `record_to` or `models.record` wrote.

    A request that was recorded several times gets its answers in order.

    Args:
        recorded: the file, or a cassette that is open.
        name: as `-m` would have it.
        of: the model whose answers are given, and none but its; asked once more than was recorded, it fails. By default
            the answers of all models are given, and after the last one the first again.

    Raises:
        DataError: no such file, or a line that is not a record.
        ModelError: (kind `unrecorded`) asked what was not recorded; the message shows how the nearest one differs.
    """

    def __init__(self, recorded: Path | str | Cassette, name: str | None = None, *, of: str | None = None) -> None:
        if not isinstance(recorded, Cassette) and not Path(recorded).is_file():
            raise DataError(
                f"The file of recorded answers {str(recorded)!r} cannot be read: there is no such file.",
                hint="record one: record_to(open_model('openai:gpt-5-mini'), 'answers.jsonl')",
            )
        self._cassette = recorded if isinstance(recorded, Cassette) else Cassette(recorded)
        self._name = name or of or f"recorded:{recorded if not isinstance(recorded, Cassette) else recorded.path}"
        self._of = of

    @property
    def name(self) -> str:
        """As `-m` would have it."""
        return self._name

    @property
    def capabilities(self) -> Capabilities:
        """All that a recorded answer can hold."""
        return _CAPABILITIES

    async def reply(self, request: Request) -> Reply:
        """The recorded answer."""
        return self._find(request).again("recording")

    async def stream(self, request: Request) -> AsyncIterator[StreamEvent]:
        """The recorded answer, in the pieces it came in where it was streamed, else word by word."""
        kept = self._find(request)
        for piece in pieces_of(kept.reply, kept.pieces):
            await asyncio.sleep(0)
            yield piece
        yield kept.again("recording")

    def _find(self, request: Request) -> Kept:
        kept = self._cassette.next(request, self._of, wrap=self._of is None)
        if kept is None:
            raise self._cassette.missing(request, self._of)
        return kept


@final
class Recorder:
    """The same model, which appends its answers to a cassette.

    An answer is written when it is whole: what is interrupted or fails leaves nothing.

    Args:
        model: any model, traced or not.
        cassette: where to.
        fills: answer what the cassette has from it, and ask only the rest.
    """

    def __init__(self, model: Model, cassette: Cassette, *, fills: bool = False) -> None:
        self.inner = model
        self._cassette = cassette
        self._fills = fills

    @property
    def name(self) -> str:
        """The model's own name."""
        return self.inner.name

    @property
    def capabilities(self) -> Capabilities:
        """The model's own."""
        return self.inner.capabilities

    async def reply(self, request: Request) -> Reply:
        """The recorded answer, or the model's."""
        if (kept := self._known(request)) is not None:
            return kept.again("recording")
        reply = await self.inner.reply(request)
        self._cassette.append(request, self.name, keep(self.name, reply))
        return reply

    async def stream(self, request: Request) -> AsyncIterator[StreamEvent]:
        """The recorded answer in its pieces, or the model's."""
        if (kept := self._known(request)) is not None:
            for piece in pieces_of(kept.reply, kept.pieces):
                await asyncio.sleep(0)
                yield piece
            yield kept.again("recording")
            return
        pieces: list[Delta] = []
        async with aclosing(cast("AsyncGenerator[StreamEvent, None]", self.inner.stream(request))) as events:
            async for event in events:
                if isinstance(event, Delta):
                    pieces.append(event)
                else:
                    self._cassette.append(request, self.name, keep(self.name, event, tuple(lengths_of(pieces))))
                yield event

    def _known(self, request: Request) -> Kept | None:
        return self._cassette.next(request, self.name) if self._fills else None


def record_to(model: Model, path: Path | str) -> Model:
    """The same model, which appends every answer to a file that `recorded:FILE` reads.

    What looks like a key is blotted out before it is written; only the hash sees it.

    Args:
        model: any model, traced or not.
        path: a JSONL file; its folder is made where it is missing.

    Example:
        >>> import tempfile
        >>> from workbench.messages import user
        >>> from workbench.models import Request, ScriptedModel
        >>> path = Path(tempfile.mkdtemp()) / "answers.jsonl"
        >>> request = Request((user("2 + 2?"),))
        >>> _ = asyncio.run(record_to(ScriptedModel("four"), path).reply(request))
        >>> asyncio.run(RecordedModel(path).reply(request)).message.text
        'four'
    """
    return Recorder(model, Cassette(path))
