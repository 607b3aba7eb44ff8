"""Approval: who decides whether a call that a model asks for is made."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from workbench.errors import ToolError
from workbench.tools.tool import Tool

__all__ = [
    "Approval",
    "Decision",
    "Proposal",
    "RefusalError",
    "allow",
    "approved",
    "ask_before_effects",
    "deny_effects",
]


@dataclass(frozen=True, slots=True)
class Proposal:
    """A call that waits for a decision.

    Args:
        tool: the tool.
        arguments: as they would be given to it, checked and converted.
        preview: what its `dry_run` told; None where it has none.
    """

    tool: Tool
    arguments: Mapping[str, Any]
    preview: Any = None


# True makes the call; False refuses it; a text refuses it with a reason, which the model reads
Decision: TypeAlias = bool | str
Approval: TypeAlias = Callable[[Proposal], Decision | Awaitable[Decision]]


class RefusalError(ToolError):
    """A call that was not approved; nothing was done."""


def allow(proposal: Proposal) -> Decision:
    """Approves every call."""
    return True


def deny_effects(proposal: Proposal) -> Decision:
    """Refuses calls with side effects, approves the others."""
    return "nobody is there to approve calls with side effects" if proposal.tool.side_effects else True


def ask_before_effects(ask: Approval) -> Approval:
    """Asks about calls with side effects only, and approves the others.

    Args:
        ask: sync or async; sees the proposal.

    Example:
        >>> policy = ask_before_effects(lambda proposal: input(f"{proposal.tool.name}? ") == "yes")
    """

    def policy(proposal: Proposal) -> Decision | Awaitable[Decision]:
        return ask(proposal) if proposal.tool.side_effects else True

    return policy


async def approved(approval: Approval, proposal: Proposal) -> None:
    """Asks for the decision.

    Raises:
        RefusalError: the call is refused.
        ToolError: the policy decided neither yes nor no.
    """
    decision: Any = approval(proposal)
    if inspect.isawaitable(decision):
        decision = await decision
    if decision is True:
        return
    if decision is False or isinstance(decision, str):
        reason = f": {decision}" if decision else ""
        raise RefusalError(f"The call of {proposal.tool.name!r} was refused{reason}. Nothing was done.")
    raise ToolError(
        f"An approval gave {decision!r} for the call of {proposal.tool.name!r}; it gives True, False or a reason. "
        "Nothing was done."
    )
