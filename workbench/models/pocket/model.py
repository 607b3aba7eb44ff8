"""The pocket model as a `Model`: messages in, tokens out, in a thread of its own."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from pathlib import Path

import numpy as np
from jaxtyping import Float

from workbench.errors import CapabilityError, ModelError, OptionError
from workbench.messages import Usage
from workbench.models.model import WHITE_BOX, Capabilities, Delta, Reply, Request, StreamEvent
from workbench.models.pocket.asking import alternatives_of, guide_of, sampling_of, tools_of
from workbench.models.pocket.engine import Engine
from workbench.models.pocket.inside import Inside
from workbench.models.pocket.writing import Writing
from workbench.networks.batching import Batch
from workbench.networks.chat_template import ChatTemplate
from workbench.networks.checkpoint_folder import Checkpoint, usual_dtype
from workbench.networks.compilation import keep_compiled
from workbench.networks.decoding import Decoder
from workbench.networks.grammar import Spelling
from workbench.networks.jinja_template import JinjaTemplate
from workbench.networks.job import Job, TokenScores
from workbench.networks.prefixes import Prefixes
from workbench.networks.transformer import Transformer
from workbench.training.shipped import weights_folder

__all__ = ["WEIGHTS", "PocketModel"]

WEIGHTS = weights_folder()


class PocketModel(Inside):
    """A transformer on this machine that answers messages, the shipped one or any checkpoint.

    It takes the likeliest token unless a temperature is given. A temperature without a seed takes seed 0, so that the
    same cell gives the same answer; for other draws give other seeds. `usage` counts the tokens of the rendered prompt
    and all generated ones, the ending token among them. Requests that come at the same time are generated together.

    Args:
        network: the transformer.
        template: how it is spoken to, with its tokenizer.
        name: as people write it after `-m`.
        version: what tells these weights from others.

    Example:
        >>> model = PocketModel.load()
        >>> model.name, model.capabilities.tools
        ('pocket', True)
    """

    def __init__(
        self, network: Transformer, template: ChatTemplate | JinjaTemplate, name: str, version: str = ""
    ) -> None:
        super().__init__(network, template, name, version)
        self._decoder = Decoder(network, template.ends)
        self._spelling = Spelling(template.tokenizer, template.end, network.config.vocabulary)
        self.prefixes = Prefixes()
        self._engine = Engine(Batch(self._decoder, most_bytes=_most_bytes(), prefixes=self.prefixes))

    @classmethod
    def load(cls, folder: Path | None = None, name: str = "pocket", dtype: str | None = None) -> PocketModel:
        """The model of a folder in the public layout (see `Checkpoint.open`); the shipped one if None.

        Args:
            folder: where.
            name: as people write it after `-m`.
            dtype: of its weights in memory, as `load_transformer` takes it. None is float32 on a CPU, whose units know
                nothing shorter; elsewhere weights that are stored as bfloat16 stay so.

        Raises:
            DataError: files are missing, do not fit each other, or hold what is not built here.
        """
        keep_compiled()
        place = WEIGHTS if folder is None else Path(folder)
        opened = Checkpoint.open(place, dtype or usual_dtype(place))
        return cls(opened.network, opened.template, name, opened.version)

    @property
    def capabilities(self) -> Capabilities:
        """Tools where its template shows them, JSON schemas, log-probabilities, and a white box."""
        shows_tools = isinstance(self.template, ChatTemplate) or self.template.tools
        return Capabilities(tools=shows_tools, schema=True, logprobs=True, **dict.fromkeys(WHITE_BOX, True))

    def count_tokens(self, request: Request) -> int:
        """The tokens of the rendered prompt: what `usage.input_tokens` will say."""
        return len(self._prompt(request))

    def logits(self, request: Request) -> Float[np.ndarray, "tokens vocabulary"]:
        """The logits after every token of the rendered prompt; the last row is that of the reply's first token."""
        return self._decoder.logits(self._checked(request))

    def embed(self, texts: Sequence[str]) -> Float[np.ndarray, "texts width"]:
        """A vector for each text: the mean, over its tokens, of the normalised stream after the last block.

        The network was not trained for this: texts with like tokens come near each other, and no more is promised.

        Raises:
            ModelError: a text that is empty or longer than the context.
        """
        rows: list[np.ndarray] = []
        for text in texts:
            ids = self.template.tokenizer.encode(text)
            if not 0 < len(ids) < self._decoder.context:
                raise ModelError(
                    f"A text has {len(ids)} tokens; {self._name} reads 1 to {self._decoder.context - 1}.",
                    hint="cut it into pieces",
                )
            rows.append(self._decoder.hidden(ids).mean(axis=0))
        return np.array(rows, np.float32).reshape(len(rows), self.network.config.width)

    async def reply(self, request: Request) -> Reply:
        """The whole answer; see `Model.reply`."""
        async for event in self._generate(request, deltas=False):
            if isinstance(event, Reply):
                return event
        raise ModelError("The model's worker ended without a reply.", kind="response")

    async def stream(self, request: Request) -> AsyncIterator[StreamEvent]:
        """Deltas as tokens are decoded, then the reply; see `Model.stream`."""
        events = self._generate(request, deltas=True)
        try:
            async for event in events:
                yield event
        finally:
            await events.aclose()

    async def _generate(self, request: Request, *, deltas: bool) -> AsyncGenerator[StreamEvent]:
        settings = request.settings
        prompt, sampling = self._checked(request), sampling_of(settings)
        loop = asyncio.get_running_loop()
        arrived: asyncio.Queue[str | BaseException | None] = asyncio.Queue()
        writing = Writing(self.template, settings.stop, settings.logprobs, alternatives_of(settings))

        def send(event: str | BaseException | None) -> None:
            if not loop.is_closed():
                loop.call_soon_threadsafe(arrived.put_nowait, event)

        def take(id: int, scores: TokenScores | None) -> bool:
            text = writing.add(id, scores)
            if text and deltas:
                send(text)
            return not writing.stopped

        job = Job(prompt, sampling, take, send, scored=settings.logprobs)
        end = None if settings.timeout_seconds is None else loop.time() + settings.timeout_seconds
        try:
            if request.schema or request.tools or settings.extra:  # which may take the grammar engine a while
                limit = job.limit(self._decoder.context)
                call = self.template.call if isinstance(self.template, ChatTemplate) else None
                tools = () if call is None else tools_of(request)  # calls of other forms are not held to schemas
                async with asyncio.timeout_at(end):
                    job.guide = await asyncio.to_thread(guide_of, request, tools, self._spelling, call or 0, limit)
            try:
                self._engine.submit(job)
            except OptionError as error:
                raise ModelError(error.message, error.hint) from error
            event: str | BaseException | None = ""
            while isinstance(event, str):
                if event:
                    yield Delta(event)
                async with asyncio.timeout_at(end):  # around no `yield`: it would cancel who reads the stream
                    event = await arrived.get()
        except TimeoutError as error:
            raise ModelError(
                f"{self._name} did not answer within {settings.timeout_seconds!r} seconds.",
                hint="give a longer timeout_seconds or fewer max_tokens",
                kind="timeout",
            ) from error
        finally:
            job.cancelled.set()
        if event is not None:
            raise ModelError(f"{self._name} failed: {type(event).__name__}: {event}", kind="server") from event
        message, reason, rest = writing.finish()
        if rest and deltas:
            yield Delta(rest)
        yield Reply(
            message=message,
            usage=Usage(input_tokens=len(prompt), output_tokens=len(writing.ids)),
            finish_reason=reason,
            response_model=self._name,
            logprobs=None if writing.logprobs is None else tuple(writing.logprobs),
        )

    def _prompt(self, request: Request) -> list[int]:
        if request.settings.extra.get("raw"):
            return self.template.opening("".join(message.text for message in request.messages))
        return self.template.prompt(request.messages, tools_of(request))

    def _checked(self, request: Request) -> list[int]:
        choice = request.settings.extra.get("tool_choice")
        if choice not in (None, "auto", "none") and not isinstance(self.template, ChatTemplate):
            raise CapabilityError(
                f"{self._name} cannot be made to call a tool (tool_choice={choice!r}): its template has another form.",
                hint="tool_choice='auto'",
            )
        prompt = self._prompt(request)
        if len(prompt) >= self._decoder.context:
            raise ModelError(
                f"The prompt has {len(prompt)} tokens; {self._name} reads at most {self._decoder.context - 1}.",
                hint="shorten the question, begin a new conversation, or give fewer tools",
            )
        return prompt


def _most_bytes() -> int | None:
    """Half of the machine's memory, for keys and values; unknown on some systems."""
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 2
    except (AttributeError, OSError, ValueError):
        return None
