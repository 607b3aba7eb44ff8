"""The notebook's MCP servers: connected once, in the magics' loop, and asked by any cell."""

from __future__ import annotations

import asyncio
import atexit
from collections.abc import Coroutine, Iterable, Iterator
from typing import TYPE_CHECKING, Any, Final, TypeVar

from workbench.errors import ToolError, nearest
from workbench.magics.loop import Background, Post
from workbench.tools import Tool

if TYPE_CHECKING:
    from workbench.tools.mcp import Connection, Server

__all__ = ["SERVERS", "Servers"]

Result = TypeVar("Result")

_LOOK_SECONDS: Final = 0.2


class Servers:
    """Connections by the names that the user gave them."""

    def __init__(self) -> None:
        self._connections: dict[str, Connection] = {}

    def __iter__(self) -> Iterator[Connection]:
        return iter(tuple(self._connections.values()))

    def add(self, server: Server, background: Background) -> Connection:
        """Connects to a server; one of the same name is ended first.

        Raises:
            ToolError: it does not start.
        """
        from workbench.tools.mcp import Connection  # the SDK: 1 s

        if server.name in self._connections:
            self.remove(server.name, background)
        connection = Connection(server)
        _run(connection.start(), background)
        if not self._connections:
            atexit.register(self.close, background)
        self._connections[server.name] = connection
        return connection

    def remove(self, name: str, background: Background) -> None:
        """Ends a server.

        Raises:
            ToolError: there is none of this name.
        """
        _run(self.get(name).close(), background)
        del self._connections[name]

    def close(self, background: Background) -> None:
        """Ends all of them at the same time: one that does not want to takes seconds."""
        atexit.unregister(self.close)
        if self._connections:
            _run(_ended(tuple(self)), background)
            self._connections.clear()

    def refresh(self, name: str, background: Background) -> Connection:
        """Asks a server for its tools again, and starts it if it has ended."""
        connection = self.get(name)
        _run(connection.refresh(), background)
        return connection

    def get(self, name: str) -> Connection:
        """The connection of this name.

        Raises:
            ToolError: there is none.
        """
        if name not in self._connections:
            there = ", ".join(self._connections) or "none yet"
            raise ToolError(
                f"There is no MCP server {name!r}; there are: {there}. {nearest(name, self._connections)}".rstrip(),
                hint="%llm mcp add time uvx mcp-server-time",
            )
        return self._connections[name]

    def find(self, name: str) -> tuple[Tool, ...]:
        """The tools that `--tools` means by this name: all of a server, or one as SERVER.tool or SERVER_tool."""
        if name in self._connections:
            return tuple(self._connections[name].tools.values())
        server, _, own = name.partition(".")
        if own and server in self._connections:
            tool = self._connections[server].find(own)
            return (tool,) if tool is not None else ()
        return next(((tool,) for each in self for tool in each.tools.values() if tool.name == name), ())

    def names(self) -> list[str]:
        """What `--tools` may be given: servers, and each of their tools."""
        return [*self._connections, *(tool.name for each in self for tool in each.tools.values())]


async def _ended(connections: Iterable[Connection]) -> None:
    await asyncio.gather(*(connection.close() for connection in connections))


def _run(work: Coroutine[Any, Any, Result], background: Background) -> Result:
    post: Post[None] = Post()
    return background.run(work, post, lambda events: _LOOK_SECONDS)


# a process has one set of programs that it has started, whichever shell asks
SERVERS: Final = Servers()
