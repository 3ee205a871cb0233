"""From a commit to manifests in one step, for tests of what stands in between."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gitops.manifests.build import documents, manifests, renderers
from gitops.model.capabilities import WITHOUT_CLUSTER
from gitops.model.errors import AccessError, Problems

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from gitops.manifests.cache import Cache
    from gitops.manifests.rendering import Fetch
    from gitops.model.application import Application
    from gitops.model.manifest import Manifest
    from gitops.model.settings import Settings
    from gitops.source.commit import Commit


def _nothing_else(url: str, revision: str) -> Commit:
    """How other repositories are had where none are allowed."""
    raise AccessError(f"{url}@{revision} is out of reach here", next_step="fetch it first")


def build(
    commit: Commit,
    applications: Iterable[Application],
    settings: Settings,
    live_scopes: Mapping[tuple[str, str], bool] | None,
    *,
    cache: Cache,
    problems: Problems,
    fetch: Fetch = _nothing_else,
    notes: Problems | None = None,
) -> tuple[Manifest, ...]:
    """Every object that the commit states for the stack, by application."""
    rendering = renderers(settings, cache, WITHOUT_CLUSTER)
    stated = documents(commit, applications, rendering, fetch, problems)
    return manifests(stated, settings.stack, live_scopes, problems, Problems() if notes is None else notes)
