"""Renders an application of a commit without Git, with the programs that a test gives."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from gitops.manifests.cache import Cache
from gitops.manifests.rendering import Rendering
from gitops.manifests.sources import read
from gitops.model.errors import Problems
from tests import given

if TYPE_CHECKING:
    from pathlib import Path

    from gitops.manifests.raw import RawObject
    from gitops.model.sources import Source
    from gitops.source.commit import Commit

ROOT = "k8s/02-apps/web"


def rendering(cache: Path, **changes: Any) -> Rendering:
    return replace(Rendering(Cache(cache), None, None, "test"), **changes)


def rendered(
    commit: Commit,
    how: Rendering,
    *sources: Source,
    others: dict[tuple[str, str], Commit] | None = None,
    **application: Any,
) -> tuple[list[RawObject], list[str]]:
    """What the application `web` states, and what is wrong with it."""
    problems = Problems()
    found = read(
        commit,
        given.application(sources=sources, **application),
        how,
        lambda url, revision: (others or {})[url, revision],
        problems,
    )
    return found, [str(problem) for problem in problems]


def bodies(*arguments: Any, **options: Any) -> list[Any]:
    """As `rendered`, where nothing is wrong."""
    found, told = rendered(*arguments, **options)
    assert told == []
    return [raw.body for raw in found]
