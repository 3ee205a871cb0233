"""One thing that is wrong in a section or an object."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong at a path such as `spec.strategy.canary.steps[1].setWeight`, and the one thing to do."""

    path: str
    what: str
    next_step: str
