"""Where a call comes from: notebook, cell, conversation, method, run, role and phase, carried by the context."""

from __future__ import annotations

import json
import os
import warnings
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from typing import Any, Final, Literal, TypeAlias

__all__ = ["Phase", "Role", "Scope", "current_scope", "current_tags", "enter", "scope"]

Role: TypeAlias = Literal["solver", "judge", "simulated_user", "optimiser"]
Phase: TypeAlias = Literal["build", "use"]


@dataclass(frozen=True, slots=True)
class Scope:
    """What every span written inside it is tagged with; each field is a column of `spans`."""

    notebook: str | None = None
    cell_id: str | None = None
    execution_count: int | None = None
    conversation: str | None = None
    method: str | None = None
    method_version: str | None = None
    role: Role = "solver"
    phase: Phase = "use"
    run_id: str | None = None
    sample_id: str | None = None
    program: str | None = None
    repetition: int | None = None


def _inherited() -> Scope:
    """The scope that the process which started this one handed down in WORKBENCH_SCOPE."""
    given = os.environ.get("WORKBENCH_SCOPE", "")
    if not given:
        return Scope()
    try:
        return Scope(**_fitting(json.loads(given)))
    except (ValueError, AttributeError):
        warnings.warn("WORKBENCH_SCOPE is no JSON object of a scope; it is ignored.", UserWarning, stacklevel=2)
        return Scope()


def _fitting(said: Mapping[str, Any]) -> dict[str, Any]:
    """What this version knows: a newer one may have handed down more."""
    whole = ("execution_count", "repetition")
    kinds = {name: int if name in whole else str for name in Scope.__dataclass_fields__}
    return {name: value for name, value in said.items() if name in kinds and isinstance(value, kinds[name])}


_FIELDS: Final = tuple(Scope.__dataclass_fields__)


def _tagged(scope: Scope) -> tuple[Scope, dict[str, Any]]:
    return scope, {name: value for name in _FIELDS if (value := getattr(scope, name)) is not None}


_NOWHERE: Final = _tagged(_inherited())
_current: Final[ContextVar[tuple[Scope, dict[str, Any]]]] = ContextVar("workbench_scope", default=_NOWHERE)


def current_scope() -> Scope:
    """The scope of the code that asks; asyncio tasks inherit it, threads do when started with the context."""
    return _current.get()[0]


def current_tags() -> dict[str, Any]:
    """The columns that the current scope sets; made once for each scope, not to be changed."""
    return _current.get()[1]


@contextmanager
def scope(**changes: Any) -> Generator[Scope]:
    """Tags every span written inside the block; fields not named keep their values.

    Raises:
        TypeError: a name that is not a field of `Scope`.

    Example:
        >>> with scope(role="judge", run_id="r1"):
        ...     current_scope().role
        'judge'
        >>> current_scope().role
        'solver'
    """
    with enter(replace(current_scope(), **changes)) as inside:
        yield inside


@contextmanager
def enter(inside: Scope) -> Generator[Scope]:
    """Makes this the scope of the block, whatever the one around it is."""
    token = _current.set(_tagged(inside))
    try:
        yield inside
    finally:
        _current.reset(token)
