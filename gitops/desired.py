"""The river from a stack's settings to its plan: commit → applications → manifests → waves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gitops.manifests.build import build
from gitops.manifests.cache import Cache
from gitops.model.errors import Problems
from gitops.source.git import cache_folder, fetch
from gitops.source.layout import find_applications
from gitops.waves.plan import make_plan

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from gitops.model.plan import Plan
    from gitops.model.settings import Settings


def desired_plan(
    settings: Settings, live_scopes: Mapping[tuple[str, str], bool], cache: Path | None = None
) -> Plan:
    """What Git wants the stack's cluster to look like.

    Raises:
        ProblemsError: everything that is wrong in the repository, at once.
        AccessError, NotFoundError: the repository or its revision can't be had.
    """
    folder = cache or cache_folder()
    problems = Problems()
    commit = fetch(settings.repository, folder)
    applications = find_applications(commit, settings, problems)
    manifests = build(
        commit, applications, settings, live_scopes, cache=Cache(folder / "objects"), problems=problems
    )
    plan = make_plan(settings.stack, commit.sha, applications, manifests, problems)
    problems.raise_any()
    return plan
