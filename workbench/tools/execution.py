"""Running a tool's function: in the loop or in a thread, and for no longer than it may take."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable, Mapping
from typing import Any, Final

from workbench.errors import ToolError
from workbench.tools.thread import in_thread

__all__ = ["OverdueError", "execute"]

_GRACE_SECONDS: Final = 1.0  # for an async function to clean up after it was cancelled


class OverdueError(ToolError):
    """A call that took longer than its tool's `timeout_seconds`."""


async def execute(
    function: Callable[..., Any], arguments: Mapping[str, Any], timeout_seconds: float | None = None
) -> Any:
    """Calls the function: an async one in the loop, a sync one in a thread of its own, with the caller's context.

    Raises:
        OverdueError: it took too long. An async function has been cancelled by then; a thread goes on, its result is
            dropped, and the words say so.
        Exception: what the function raises.
    """
    in_loop = inspect.iscoroutinefunction(function) or inspect.iscoroutinefunction(type(function).__call__)
    running = _in_loop(function, arguments) if in_loop else _beside(function, arguments)
    if timeout_seconds is None:
        return await running
    task = asyncio.ensure_future(running)
    try:
        done, _ = await asyncio.wait([task], timeout=timeout_seconds)
        if done:
            return task.result()
    except asyncio.CancelledError:
        await _cancelled(task)
        raise
    ended = await _cancelled(task)
    words = f"The call took longer than {timeout_seconds:g} s"
    if not in_loop:
        raise OverdueError(
            f"{words}. Its thread cannot be ended: it goes on, what it does may still take effect, and its result is "
            "dropped.",
            hint="an async function, or one made with written_tool, is really ended",
        )
    raise OverdueError(f"{words} and was ended." if ended else f"{words}, was cancelled, and does not stop.")


async def _in_loop(function: Callable[..., Any], arguments: Mapping[str, Any]) -> Any:
    return await function(**arguments)


async def _beside(function: Callable[..., Any], arguments: Mapping[str, Any]) -> Any:
    value = await in_thread(function, **arguments)
    return await value if inspect.isawaitable(value) else value


async def _cancelled(task: asyncio.Future[Any]) -> bool:
    """Cancels the task and gives it a moment; whether it has ended."""
    task.cancel()
    task.add_done_callback(lambda ended: ended.cancelled() or ended.exception())  # what it raises now is nobody's
    done, _ = await asyncio.wait([task], timeout=_GRACE_SECONDS)
    return bool(done)
