"""Sample n replies to one request, at the same time, each with a seed of its own."""

from __future__ import annotations

import hashlib
from dataclasses import replace

from workbench.errors import MethodError
from workbench.maps import LocalMap, Map
from workbench.models.model import Model, Reply, Request

__all__ = ["draw_seed", "sample"]


def draw_seed(seed: int, index: int) -> int:
    """The seed of the `index`-th of several draws: a hash of both, below 2³¹, which every provider accepts.

    Example:
        >>> draw_seed(0, 0) == draw_seed(0, 0), draw_seed(0, 0) == draw_seed(0, 1)
        (True, False)
    """
    return int.from_bytes(hashlib.sha256(f"{seed}/draw/{index}".encode()).digest()[:4], "big") >> 1


async def sample(
    model: Model, request: Request, n: int, *, seed: int = 0, concurrently: Map | None = None
) -> tuple[Reply, ...]:
    """n replies to the same request, in the order of their index.

    The index is part of each request as its seed, so that a cache or a recording keeps the n apart, and the first k of
    n samples are those that k samples would have been. One failed call fails the whole and cancels the rest.

    Args:
        model: the one that is asked n times.
        request: what all n share; a seed in its settings is replaced.
        n: how many, 1 or more.
        seed: of the whole set.
        concurrently: the map that runs the calls; by default 8 at a time in this process.

    Raises:
        MethodError: n below 1.
        ModelError: from the first call that failed.
    """
    if n < 1:
        raise MethodError(f"n={n!r} samples were asked for; allowed is 1 or more.")

    async def one(index: int) -> Reply:
        return await model.reply(replace(request, settings=replace(request.settings, seed=draw_seed(seed, index))))

    replies: dict[int, Reply] = {}
    async for outcome in (concurrently or LocalMap())(one, range(n)):
        if outcome.error is not None:
            raise outcome.error
        if outcome.value is not None:
            replies[outcome.index] = outcome.value
    return tuple(replies[index] for index in range(n))
