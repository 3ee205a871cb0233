"""Back to what was deployed before: by a commit that is deployed as any other, so that Git goes on saying what is."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from gitops.delivery.carried import carried
from gitops.model.deployment import SUCCEEDED
from gitops.model.errors import NotFoundError, RefusedError
from gitops.model.settings import BreakGlass
from gitops.source.git import cache_folder, cached
from gitops.source.transport import is_branch, push
from gitops.source.url import checked_revision

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gitops.model.deployment import Deployment
    from gitops.model.manifest import Manifest
    from gitops.model.settings import Settings


@dataclass(frozen=True, slots=True)
class Rollback:
    """A way back that was looked at and not gone yet.

    Attributes:
        application: "" for the whole stack.
        tip: the commit that the stack is at.
        target: the commit whose content comes back.
        commit: the one that brings it back; it is in the cache and nowhere else yet, and `tip` when nothing differs.
        before: what is stated at the tip.
        after: what is stated at the new commit.
    """

    settings: Settings
    application: str
    tip: str
    target: str
    commit: str
    before: tuple[Manifest, ...]
    after: tuple[Manifest, ...]


def target_of(deployments: Sequence[Deployment], application: str, to: str) -> str:
    """The revision that a number of the history means, or any revision as it is; without one the last good before.

    Raises:
        NotFoundError: the history has no such deployment.
        ConfigError: the text is no revision.
    """
    if to and not (to.isdecimal() and len(to) < 7):
        return checked_revision(to)
    known = [item for item in deployments if item.revision]
    if to:
        found = [item for item in known if item.number == int(to)]
    else:
        own = [item for item in known if not application or item.touched(application)]
        found = [item for item in own[1:] if item.outcome == SUCCEEDED and item.revision != own[0].revision]
    if not found:
        command = f"app history {application}" if application else "stack history"
        raise NotFoundError(
            f"the history has no deployment {to} with a commit"
            if to
            else "the history has no earlier good deployment",
            next_step=f"choose a revision by --to: gitops {command}",
        )
    return found[0].revision


def let_back(
    settings: Settings, deployments: Sequence[Deployment], revision: str, applications: Sequence[str] = ("*",)
) -> Settings:
    """The settings, with all windows open for these applications when `revision` is a way back.

    It is one when it was deployed well before, and is not what was deployed last: a window that keeps changes out
    must not keep what is broken in.
    """
    runs = [item for item in deployments if item.kind == "update" and item.revision]
    good = {item.revision for item in runs if item.outcome == SUCCEEDED}
    if revision not in good or revision == runs[0].revision:
        return settings
    leave = BreakGlass(f"back to {revision[:12]}", datetime.max.replace(tzinfo=UTC), tuple(applications))
    return replace(settings, loop=replace(settings.loop, break_glass=leave))


def look_back(settings: Settings, application: str, target: str) -> Rollback:
    """Make the commit that brings an application, or with "" everything, back to a revision; publish nothing.

    Raises:
        NotFoundError: the stack has no such application, now or at that revision.
        RefusedError: other applications would change too, or this one would not become what it was.
        GitOpsError: the repository can't be read, or what is stated can't be rendered.
    """
    title = f"Roll {application or 'everything'} back to"
    found = carried(settings, [application] if application else [], target, title)
    return Rollback(settings, application, *found)


def publish(found: Rollback, branch: str = "") -> str:
    """Push the commit to the branch that the stack follows, or to another one; gives the branch's name.

    Raises:
        RefusedError: the stack follows no branch, and no other one was named.
        ConflictError: somebody else has pushed to it in the meantime.
        AccessError: the repository does not let us write.
    """
    repository = found.settings.repository
    folder = cached(repository, cache_folder())
    name = branch or repository.revision.removeprefix("refs/heads/")
    if not branch and not is_branch(repository, folder, name):
        raise RefusedError(
            f"stack {found.settings.stack} follows {name!r}, which is no branch",
            next_step="use --pin to follow the old revision, or --branch to push to a branch for review",
        )
    push(repository, folder, found.commit, checked_revision(name))
    return name
