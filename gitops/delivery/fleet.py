"""All stacks of a project side by side; one that can't be looked at hides no other."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gitops.delivery.observe import observe
from gitops.delivery.wait import follow, pause
from gitops.model.errors import GitOpsError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from gitops.delivery.observe import Observed
    from gitops.model.settings import Settings

_AT_ONCE = 4


@dataclass(frozen=True, slots=True)
class StackState:
    """One stack: what it is told, and what was seen; `trouble` says why something of it is missing."""

    stack: str
    settings: Settings | None = None
    observed: Observed | None = None
    trouble: str = ""


def fleet(stacks: Sequence[str], settings_of: Callable[[str], Settings]) -> tuple[StackState, ...]:
    """Look at every stack, a few at once, in the order that they are named in."""

    def look(stack: str) -> StackState:
        settings = None
        try:
            settings = settings_of(stack)
            return StackState(stack, settings, observe(settings))
        except GitOpsError as error:
            return StackState(stack, settings, trouble=str(error))

    with ThreadPoolExecutor(max_workers=_AT_ONCE) as pool:
        return tuple(pool.map(look, stacks))


def looks(stacks: Sequence[str], settings_of: Callable[[str], Settings]) -> Iterator[tuple[StackState, ...]]:
    """Look at every stack, and again after each change in one of their clusters, at least every ten seconds."""
    changed = threading.Event()
    followed: set[str] = set()
    while True:
        found = fleet(stacks, settings_of)
        for item in found:
            if item.observed and item.stack not in followed:
                follow(item.observed, item.stack, changed)
                followed.add(item.stack)
        yield found
        pause(changed)
