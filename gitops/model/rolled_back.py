"""An application that went back by itself."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RolledBack:
    """What failed of an application, and what it is at since; the stack keeps it.

    Attributes:
        application: its name.
        tree: the Git tree id of what failed; while Git states that, the application is held.
        revision: the commit that failed.
        to: the commit that it went back to.
        reason: why it failed.
    """

    application: str
    tree: str
    revision: str
    to: str
    reason: str
