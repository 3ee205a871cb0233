"""All stacks of a project side by side; one that can't be looked at hides no other."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from gitops.delivery.observe import observe
from gitops.delivery.wait import follow, pause
from gitops.model.errors import GitOpsError
from gitops.source.distance import distances
from gitops.source.git import cache_folder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from gitops.delivery.observe import Observed
    from gitops.model.settings import Repository, Settings
    from gitops.source.distance import Distance

_AT_ONCE = 4


@dataclass(frozen=True, slots=True)
class StackState:
    """One stack: what it is told, and what was seen; `trouble` says why something of it is missing.

    `distance` is how far it is from the stack that it is promoted from; None where nobody can tell.
    """

    stack: str
    settings: Settings | None = None
    observed: Observed | None = None
    trouble: str = ""
    distance: Distance | None = None


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
        return _measured(tuple(pool.map(look, stacks)))


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


def _measured(states: tuple[StackState, ...]) -> tuple[StackState, ...]:
    """The same with their distances; one fetch for each repository."""
    known = {state.stack: state for state in states if state.observed}
    pairs: dict[Repository, dict[str, tuple[str, str]]] = {}
    for name, state in known.items():
        source = known.get(state.settings.promotion.source) if state.settings else None
        if state.settings and source and source.settings and state.observed and source.observed:
            here, there = state.settings.repository, source.settings.repository
            if here.url == there.url:
                pair = (state.observed.plan.revision, source.observed.plan.revision)
                pairs.setdefault(replace(here, revision=""), {})[name] = pair
    found: dict[str, Distance] = {}
    for repository, wanted in pairs.items():
        with suppress(GitOpsError):  # a commit that left the repository is no reason not to tell the rest
            told = distances(repository, cache_folder(), tuple(wanted.values()))
            found |= {name: told[pair] for name, pair in wanted.items()}
    return tuple(replace(state, distance=found.get(state.stack)) for state in states)
