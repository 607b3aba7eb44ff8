"""A function in a thread of its own, with the caller's context."""

from __future__ import annotations

import asyncio
import contextvars
import threading
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

from workbench.errors import ToolError

__all__ = ["in_thread"]

P = ParamSpec("P")
Result = TypeVar("Result")


async def in_thread(function: Callable[P, Result], *args: P.args, **kwargs: P.kwargs) -> Result:
    """Runs the function in a new thread and waits for it.

    Each call has its own thread, so that as many run at once as were asked for, and one that never ends holds up
    neither the others nor the end of the process. A thread cannot be ended from outside: cancelling stops the waiting
    and drops the result.

    Raises:
        ToolError: the function called `sys.exit`, or let a StopIteration out, which no future can carry.
    """
    loop = asyncio.get_running_loop()
    future: asyncio.Future[Result] = loop.create_future()
    context = contextvars.copy_context()

    def settle(value: Any, error: BaseException | None) -> None:
        if future.done():  # nobody waits any more
            return
        if error is None:
            future.set_result(value)
        else:
            future.set_exception(error)

    def work() -> None:
        value, failure = None, None
        try:
            value = context.run(function, *args, **kwargs)
        except SystemExit as stop:  # a tool ends itself, not the kernel
            failure = ToolError(f"The tool tried to end the process (exit code {stop.code!r}).")
        except StopIteration as stop:
            failure = ToolError(f"The tool's iterator ended early (StopIteration: {stop.value!r}).")
        except BaseException as error:  # noqa: BLE001 it goes on in the caller
            failure = error
        if not loop.is_closed():
            loop.call_soon_threadsafe(settle, value, failure)

    threading.Thread(target=work, name=f"tool {getattr(function, '__name__', '')}".strip(), daemon=True).start()
    return await future
