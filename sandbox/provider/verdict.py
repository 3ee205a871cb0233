"""The answer to "is it done?", always with the reason."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Verdict:
    """`ready`; or not yet, and `reason` says what is missing; or `failed` for good, and `reason` says why."""

    ready: bool
    reason: str = ""
    failed: bool = False


READY = Verdict(ready=True)


def waiting(reason: str) -> Verdict:
    """Not yet, because."""
    return Verdict(ready=False, reason=reason)


def failed(reason: str) -> Verdict:
    """Never, because: waiting longer would change nothing."""
    return Verdict(ready=False, reason=reason, failed=True)
