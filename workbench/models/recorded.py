"""Answers from a file of recorded ones: the same question gets the same answer, without a network or a key."""

from __future__ import annotations

import asyncio
import difflib
import hashlib
import json
import threading
from collections import defaultdict
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import aclosing
from pathlib import Path
from typing import Any, Final, cast, final

from workbench import traces
from workbench.errors import DataError, ModelError
from workbench.messages import Json, Text, Usage, message_from_json, message_to_json
from workbench.models.model import Capabilities, Delta, Model, Reply, Request, StreamEvent, TokenLogprob

__all__ = ["RecordedModel", "record_to", "request_hash"]

_CAPABILITIES: Final = Capabilities(tools=True, schema=True, logprobs=True, images=True)


def request_hash(request: Request) -> str:
    """32 hex digits over all of a request that can change its answer: messages, tools, settings, schema.

    Example:
        >>> from workbench.messages import user
        >>> request_hash(Request((user("hi"),))) == request_hash(Request((user("hi"),)))
        True
    """
    body = json.dumps(_request_to_json(request), sort_keys=True, separators=(",", ":"), default=str)
    return hashlib.sha256(body.encode("utf-8", "surrogatepass")).hexdigest()[:32]


@final
class RecordedModel:
    """Answers from a JSONL file that `record_to` wrote.

    A request that was recorded several times gets its answers in order, and then again from the first.

    Args:
        path: the file.
        name: as `-m` would have it.

    Raises:
        DataError: no such file, or a line that is not a record.
        ModelError: (kind `response`) asked what was not recorded; the message shows the nearest recorded prompt.
    """

    def __init__(self, path: Path | str, name: str | None = None) -> None:
        self._path = Path(path)
        self._name = name or f"recorded:{path}"
        self._records: defaultdict[str, list[Reply]] = defaultdict(list)
        self._prompts: dict[str, str] = {}
        self._asked: defaultdict[str, int] = defaultdict(int)
        self._lock = threading.Lock()
        for number, line in enumerate(_lines(self._path), 1):
            try:
                record = json.loads(line)
                key, reply = record["request_hash"], _reply_from_json(record["reply"])
                self._prompts[key] = _prompt(record["request"])
            except (ValueError, KeyError, TypeError, DataError) as error:
                raise DataError(
                    f"Line {number} of {str(path)!r} is not a recorded answer: {error!r}.",
                    hint="files of recorded answers are written by record_to(model, path).",
                ) from error
            self._records[key].append(reply)

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
        return self._find(request)

    async def stream(self, request: Request) -> AsyncIterator[StreamEvent]:
        """The recorded answer, each text part in one piece."""
        reply = self._find(request)
        for part in reply.message.parts:
            if isinstance(part, Text):
                await asyncio.sleep(0)
                yield Delta(text=part.content)
        yield reply

    def _find(self, request: Request) -> Reply:
        key = request_hash(request)
        with self._lock:
            known = self._records.get(key)
            if known:
                self._asked[key] += 1
                return known[(self._asked[key] - 1) % len(known)]
        asked = _prompt(_request_to_json(request))
        near = difflib.get_close_matches(asked, self._prompts.values(), n=1, cutoff=0.0)
        if near and near[0] == asked:
            why = "The same prompt was recorded with other tools, settings or schema."
        else:
            why = f"The nearest recorded prompt is:\n{near[0]}" if near else "The file holds no answers."
        raise ModelError(
            f"No answer to this prompt is recorded in {str(self._path)!r}:\n{asked}\n\n{why}",
            hint="ask the recorded prompt, or record this one with record_to(model, path).",
            kind="response",
        )


@final
class _Recorder:
    def __init__(self, model: Model, path: Path) -> None:
        self._model = model
        self._path = path
        self._lock = threading.Lock()

    @property
    def name(self) -> str:
        return self._model.name

    @property
    def capabilities(self) -> Capabilities:
        return self._model.capabilities

    async def reply(self, request: Request) -> Reply:
        reply = await self._model.reply(request)
        self._append(request, reply)
        return reply

    async def stream(self, request: Request) -> AsyncIterator[StreamEvent]:
        async with aclosing(cast("AsyncGenerator[StreamEvent, None]", self._model.stream(request))) as events:
            async for event in events:
                if isinstance(event, Reply):
                    self._append(request, event)
                yield event

    def _append(self, request: Request, reply: Reply) -> None:
        record = {
            "request_hash": request_hash(request),
            "model": self.name,
            "request": _request_to_json(request),
            "reply": _reply_to_json(reply),
        }
        line = json.dumps(_redacted(record), ensure_ascii=False, default=str)
        with self._lock, self._path.open("a", encoding="utf-8", errors="surrogatepass") as file:
            file.write(line + "\n")


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
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    return _Recorder(model, path)


def _redacted(value: Json) -> Json:
    if isinstance(value, str):
        return traces.redact(value)
    if isinstance(value, Mapping):
        return {key: _redacted(item) for key, item in value.items()}
    return [_redacted(item) for item in value] if isinstance(value, list | tuple) else value


def _lines(path: Path) -> list[str]:
    try:
        text = path.read_text(encoding="utf-8", errors="surrogatepass")
    except OSError as error:
        raise DataError(
            f"The file of recorded answers {str(path)!r} cannot be read: {error.strerror}.",
            hint="record one: record_to(open_model('openai:gpt-5-mini'), 'answers.jsonl')",
        ) from error
    return [line for line in text.split("\n") if line.strip()]


def _prompt(request: Mapping[str, Json]) -> str:
    """A request's words, as a person would compare them."""
    return "\n".join(
        f"{message['role']}: {part.get('content', part.get('response', part.get('arguments', '')))}"
        for message in request["messages"]
        for part in message["parts"]
        if part["type"] != "blob"
    )


def _request_to_json(request: Request) -> dict[str, Json]:
    settings = request.settings
    return {
        "messages": [message_to_json(message) for message in request.messages],
        "tools": [[tool.name, tool.description, dict(tool.parameters)] for tool in request.tools],
        "settings": {
            "temperature": settings.temperature,
            "top_p": settings.top_p,
            "max_tokens": settings.max_tokens,
            "seed": settings.seed,
            "stop": list(settings.stop),
            "logprobs": settings.logprobs,
            "extra": dict(settings.extra),
        },
        "schema": None if request.schema is None else dict(request.schema),
    }


def _reply_to_json(reply: Reply) -> dict[str, Json]:
    usage = reply.usage
    tokens = {name: getattr(usage, name) for name in type(usage).__dataclass_fields__}
    body: dict[str, Any] = {
        "message": message_to_json(reply.message),
        "usage": tokens,
        "finish_reason": reply.finish_reason,
        "response_model": reply.response_model,
        "response_id": reply.response_id,
        "cost_usd": reply.cost_usd,
    }
    if reply.logprobs is not None:
        body["logprobs"] = [[one.token, one.logprob, [list(pair) for pair in one.top]] for one in reply.logprobs]
    return body


def _reply_from_json(body: Mapping[str, Json]) -> Reply:
    logprobs = body.get("logprobs")
    return Reply(
        message=message_from_json(body["message"]),
        usage=Usage(**body["usage"]),
        finish_reason=body["finish_reason"],
        response_model=body["response_model"],
        response_id=body.get("response_id"),
        cost_usd=body.get("cost_usd"),
        logprobs=None
        if logprobs is None
        else tuple(TokenLogprob(token, value, tuple((t, v) for t, v in top)) for token, value, top in logprobs),
    )
