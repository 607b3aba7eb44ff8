"""The pocket model as a `Model`: messages in, tokens out, in a thread of its own."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator
from pathlib import Path

import numpy as np
from jaxtyping import Float

from workbench.errors import CapabilityError, ModelError, OptionError
from workbench.messages import Usage
from workbench.models.model import Capabilities, Delta, Reply, Request, Settings, StreamEvent
from workbench.models.pocket.engine import Engine, Job
from workbench.models.pocket.writing import Writing
from workbench.networks.chat_template import ChatTemplate
from workbench.networks.checkpoint import load_transformer
from workbench.networks.compilation import keep_compiled
from workbench.networks.decoding import Decoder
from workbench.networks.sampling import Sampling
from workbench.networks.tokenizer import Tokenizer
from workbench.networks.transformer import Transformer

__all__ = ["WEIGHTS", "PocketModel"]

WEIGHTS = Path(__file__).parent / "weights"
_MAX_TOKENS = 256


class PocketModel:
    """A transformer of ours that answers messages.

    It takes the likeliest token unless a temperature is given. A temperature without a seed takes seed 0, so that the
    same cell gives the same answer; for other draws give other seeds. `usage` counts the tokens of the rendered prompt
    and all generated ones, the ending token among them. Requests that come at the same time are generated together.

    Args:
        network: the transformer.
        tokenizer: its tokenizer, with the special tokens of the chat template.
        name: as people write it after `-m`.
        version: what tells these weights from others.

    Example:
        >>> model = PocketModel.load()
        >>> model.name, model.capabilities.tools
        ('pocket', True)
    """

    def __init__(self, network: Transformer, tokenizer: Tokenizer, name: str, version: str = "") -> None:
        self.network = network
        self.template = ChatTemplate(tokenizer)
        self.version = version
        self._name = name
        self._decoder = Decoder(network, [self.template.end])
        self._engine = Engine(self._decoder)

    @classmethod
    def load(cls, folder: Path | None = None, name: str = "pocket") -> PocketModel:
        """The model of a folder with `config.json`, `model.safetensors` and `tokenizer.json`; the shipped one if None.

        Raises:
            DataError: a file is missing or cannot be read.
        """
        keep_compiled()
        folder = WEIGHTS if folder is None else Path(folder)
        network = load_transformer(folder)
        tokenizer = Tokenizer.load(folder / "tokenizer.json")
        digest = hashlib.sha256((folder / "model.safetensors").read_bytes()).hexdigest()
        return cls(network, tokenizer, name, digest[:16])

    @property
    def name(self) -> str:
        """The name after `-m`."""
        return self._name

    @property
    def capabilities(self) -> Capabilities:
        """Tools, log-probabilities and logits."""
        return Capabilities(tools=True, logprobs=True, logits=True)

    def count_tokens(self, request: Request) -> int:
        """The tokens of the rendered prompt: what `usage.input_tokens` will say."""
        return len(self.template.prompt(request.messages, request.tools))

    def logits(self, request: Request) -> Float[np.ndarray, "tokens vocabulary"]:
        """The logits after every token of the rendered prompt; the last row is that of the reply's first token."""
        prompt, _ = self._checked(request)
        return self._decoder.logits(prompt)

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

    async def _generate(self, request: Request, *, deltas: bool):
        prompt, sampling = self._checked(request)
        loop = asyncio.get_running_loop()
        arrived: asyncio.Queue[str | bool] = asyncio.Queue()
        writing = Writing(self.template, request.settings.stop, request.settings.logprobs)

        def send(event: str | bool) -> None:
            if not loop.is_closed():
                loop.call_soon_threadsafe(arrived.put_nowait, event)

        def take(id: int, logits: np.ndarray) -> bool:
            text = writing.add(id, logits)
            if text and deltas:
                send(text)
            return not writing.stopped

        job = Job(prompt, sampling, take, send)
        future = asyncio.wrap_future(self._engine.submit(job))
        try:
            async with asyncio.timeout(request.settings.timeout_seconds):
                while isinstance(event := await arrived.get(), str):
                    yield Delta(event)
        except TimeoutError as error:
            raise ModelError(
                f"{self._name} did not answer within {request.settings.timeout_seconds!r} seconds.",
                hint="give a longer timeout_seconds or fewer max_tokens",
                kind="timeout",
            ) from error
        finally:
            job.cancelled.set()
        if not event:
            await future
            raise ModelError(f"{self._name} failed with another request of the same batch.", kind="server")
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

    def _checked(self, request: Request) -> tuple[list[int], Sampling]:
        if request.schema is not None:
            raise CapabilityError(
                f"{self._name} cannot be held to a JSON schema.", hint="leave the schema out, or ask a hosted model"
            )
        prompt = self.template.prompt(request.messages, request.tools)
        context = self.network.config.context
        if len(prompt) >= context:
            raise ModelError(
                f"The prompt has {len(prompt)} tokens; {self._name} reads at most {context - 1}.",
                hint="shorten the question, begin a new conversation, or give fewer tools",
            )
        return prompt, _sampling(request.settings)


def _sampling(settings: Settings) -> Sampling:
    try:
        return Sampling(
            max_tokens=_MAX_TOKENS if settings.max_tokens is None else settings.max_tokens,
            temperature=settings.temperature or 0.0,
            top_p=1.0 if settings.top_p is None else settings.top_p,
            seed=settings.seed or 0,
        )
    except OptionError as error:
        raise ModelError(f"The settings cannot be used: {error.message}") from error
