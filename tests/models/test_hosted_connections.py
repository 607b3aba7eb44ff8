"""Laws of the connections: pools begin as they are needed, requests that end in any way leave their place."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx2
import pytest

from workbench.models.hosted_connections import Connections, spread

_ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


class _Server:
    """Answers every request; holds `POST /hold` until it is told, and says how many connections it was given."""

    def __init__(self) -> None:
        self.connections = 0
        self.arrived = asyncio.Semaphore(0)  # requests that were read
        self.let_go = asyncio.Event()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        while head := await reader.readline():
            while (await reader.readline()).strip():
                continue
            self.arrived.release()
            if b"/half" in head:
                writer.write(_ANSWER[:-1])
            else:
                if b"/hold" in head:
                    await self.let_go.wait()
                writer.write(_ANSWER)
        writer.close()


@asynccontextmanager
async def _asked() -> AsyncIterator[tuple[_Server, httpx2.AsyncClient, Connections]]:
    told = _Server()
    server = await asyncio.start_server(told.serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with httpx2.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=60, trust_env=False) as client:
        spread(client)
        transport = client._transport  # pyright: ignore[reportPrivateUsage] - what `spread` put there
        assert isinstance(transport, Connections)
        yield told, client, transport
    server.close()


async def test_calls_one_after_another_share_one_connection():
    async with _asked() as (server, client, transport):
        for _ in range(20):
            assert (await client.get("/")).text == "ok"
        assert (server.connections, transport.under_way) == (1, (0,))


async def test_many_calls_at_once_fill_a_pool_before_the_next_and_leave_their_places():
    async with _asked() as (server, client, transport):
        calls = [asyncio.ensure_future(client.get("/hold")) for _ in range(20)]
        for _ in calls:
            await server.arrived.acquire()
        assert transport.under_way == (8, 8, 4)
        server.let_go.set()
        assert [answer.text for answer in await asyncio.gather(*calls)] == ["ok"] * 20
        assert transport.under_way == (0, 0, 0)
        await asyncio.gather(*(client.get("/") for _ in range(20)))
        assert server.connections == 20


async def test_a_cancelled_call_leaves_its_place():
    async with _asked() as (server, client, transport):
        for path in ("/hold", "/half"):
            call = asyncio.ensure_future(client.get(path))
            await server.arrived.acquire()
            call.cancel()
            with pytest.raises(asyncio.CancelledError):
                await call
            assert transport.under_way == (0,)


async def test_a_stream_keeps_its_place_until_it_is_closed():
    async with _asked() as (_, client, transport):
        async with client.stream("GET", "/half") as answer:
            assert answer.status_code == 200
            assert transport.under_way == (1,)
        assert transport.under_way == (0,)


async def test_a_refused_connection_leaves_its_place():
    async with _asked() as (_, client, transport):
        with pytest.raises(httpx2.ConnectError):
            await client.get("http://127.0.0.1:1/")
        assert transport.under_way == (0,)


async def test_a_transport_of_somebodys_own_stays():
    given = httpx2.MockTransport(lambda request: httpx2.Response(200))
    async with httpx2.AsyncClient(transport=given) as client:
        spread(client)
        assert client._transport is given  # pyright: ignore[reportPrivateUsage] - what `spread` looks at
