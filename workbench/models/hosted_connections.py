"""Connections to a provider: many calls at once spread over small pools, since a pool looks at all that it holds."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator, Callable
from typing import Final, cast, final

import httpx2

__all__ = ["Connections", "spread"]

_A_POOL: Final = 8  # calls at once


@final
class Connections(httpx2.AsyncBaseTransport):
    """Gives each request to the first pool with fewer than 8 under way; calls one after another share a connection.

    At every beginning and end of a request a pool asks the operating system of each idle connection whether it still
    stands. With 64 calls at once in one pool that is a fifth of the processor time of a call.

    Args:
        first: the transport that all requests would go through.
        more: makes another one like it.
    """

    def __init__(self, first: httpx2.AsyncBaseTransport, more: Callable[[], httpx2.AsyncBaseTransport]) -> None:
        self._pools = [first]
        self._busy = [0]
        self._more = more

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """The response, whose connection is free again when it is closed."""
        place = self._place()
        self._busy[place] += 1
        try:
            response = await self._pools[place].handle_async_request(request)
        except BaseException:
            self._leave(place)
            raise
        body = cast("httpx2.AsyncByteStream", response.stream)  # as of every asynchronous transport
        response.stream = _Counted(body, lambda: self._leave(place))
        return response

    async def aclose(self) -> None:
        """Closes all pools."""
        for pool in self._pools:
            await pool.aclose()

    @property
    def under_way(self) -> tuple[int, ...]:
        """How many requests each pool has."""
        return tuple(self._busy)

    def _place(self) -> int:
        for place, busy in enumerate(self._busy):
            if busy < _A_POOL:
                return place
        self._pools.append(self._more())
        self._busy.append(0)
        return len(self._pools) - 1

    def _leave(self, place: int) -> None:
        self._busy[place] -= 1


class _Counted(httpx2.AsyncByteStream):
    """A response's body that tells once that it was closed."""

    def __init__(self, stream: httpx2.AsyncByteStream, leave: Callable[[], None]) -> None:
        self._stream = stream
        self._leave: Callable[[], None] | None = leave

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for part in self._stream:
            yield part

    async def aclose(self) -> None:
        leave, self._leave = self._leave, None
        try:
            await self._stream.aclose()
        finally:
            if leave is not None:
                leave()


def spread(client: httpx2.AsyncClient) -> None:
    """Gives a client `Connections` in place of the pool that it was made with; its proxies stay as they are."""
    made = client._transport  # pyright: ignore[reportPrivateUsage] - one that is given at the start ends its proxies
    if type(made) is not httpx2.AsyncHTTPTransport:  # somebody's own
        return
    trusted: list[ssl.SSLContext] = []  # reading the certificates takes longer than many calls

    def more() -> httpx2.AsyncHTTPTransport:
        if not trusted:
            trusted.append(httpx2.create_ssl_context())
        return httpx2.AsyncHTTPTransport(verify=trusted[0])

    client._transport = Connections(made, more)  # pyright: ignore[reportPrivateUsage] - the same
