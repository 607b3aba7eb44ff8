"""Laws of the tries of one call."""

import asyncio
from contextvars import ContextVar

import httpx2
import pytest

from workbench.models import CallError, Settings
from workbench.models.providers import provider_of
from workbench.models.retry import Retries
from workbench.models.tries import Tries

NAME = "openai-chat:gpt-5-mini"


def tries(timeout_seconds):
    provider = provider_of("openai-chat")
    settings = Settings(timeout_seconds=timeout_seconds)
    retries = Retries(first_seconds=0.01)
    return Tries(NAME, provider, retries, settings, "http://127.0.0.1:1/v1", ContextVar("status", default=None))


async def test_a_timeout_of_the_connection_is_tried_again_as_long_as_the_calls_own_deadline_is_not_over():
    within = tries(timeout_seconds=300)
    await within.failed(httpx2.ConnectTimeout("slow"))
    [attempt] = within.done()[:1]
    assert (attempt.error_type, attempt.error_message) == (
        "timeout",
        f"{NAME} did not answer in time (http://127.0.0.1:1/v1).",
    )


async def test_a_timeout_at_the_deadline_says_the_deadline_and_is_the_end():
    over = tries(timeout_seconds=0.01)
    await asyncio.sleep(0.02)
    with pytest.raises(CallError, match=r"did not answer within 0\.01 s\.") as caught:
        await over.failed(httpx2.ReadTimeout("slow"))
    assert [attempt.error_type for attempt in caught.value.attempts] == ["timeout"]
