"""What a check says."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, TypeVar

from gitops.model.errors import GitOpsError

if TYPE_CHECKING:
    from collections.abc import Callable


T = TypeVar("T")


class Verdict(StrEnum):
    """How bad it is: a warning lets most syncs through, a failure none."""

    OK = "ok"
    WARNING = "warning"
    FAILURE = "failure"


@dataclass(frozen=True, slots=True)
class Check:
    """One thing looked at.

    Attributes:
        name: what was looked at.
        verdict: how bad it is.
        told: what was seen, in one sentence.
        next_step: how to mend it; "" when all is well.
        exit_code: what a command that needs it would end with.
    """

    name: str
    verdict: Verdict
    told: str
    next_step: str = ""
    exit_code: int = 0


def fine(name: str, told: str) -> Check:
    """All is well."""
    return Check(name, Verdict.OK, told)


def warning(name: str, told: str, next_step: str) -> Check:
    """Something that does no harm yet."""
    return Check(name, Verdict.WARNING, told, next_step)


def failure(name: str, told: str, next_step: str, exit_code: int) -> Check:
    """Something that no sync gets past."""
    return Check(name, Verdict.FAILURE, told, next_step, exit_code)


def guarded(name: str, ask: Callable[[], T]) -> T | Check:
    """What `ask` answers, or its error as a failed check."""
    try:
        return ask()
    except GitOpsError as error:
        first, *others = error.problems
        more = f" (and {len(others)} more)" if others else ""
        told = f"{first.where}: {first.what}" if first.where else first.what
        return failure(name, told + more, first.next_step, error.exit_code)
