"""A promotion that is asked for by a pull request, and what is left to do once that was merged."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gitops.delivery.promotion.promote import publish
from gitops.forge.talk import propose
from gitops.model.errors import ConfigError
from gitops.source.pin import pin
from gitops.source.proposal import current_branch, pushed
from gitops.source.url import is_commit

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from gitops.delivery.promotion.look import Candidate
    from gitops.model.forge import Forge, PullRequest
    from gitops.model.settings import Settings

LONGEST_BODY = 60_000
"""Characters of a pull request's text that every forge takes."""


def request(
    candidates: Sequence[Candidate], name: str, project: Path, forge: Forge, body: str
) -> PullRequest:
    """The open pull request that pins the candidates' stacks to what they would get; `name` is the target's.

    Its branch is named by target and revision, so that the same promotion is asked for once. Nothing is begun.

    Raises:
        ConfigError: the project is no clone that is on a branch.
        AccessError: its origin, or the forge, can't be reached.
        GitOpsError: Git or the forge refuses.
    """
    revision = candidates[0].unit.revision
    title = f"Promote {revision[:12]} to {name}"
    branch, base = f"promote/{name}-{revision[:12]}", current_branch(project)

    def change(folder: Path) -> None:
        for candidate in candidates:
            pin(candidate.target.stack, folder, revision)

    if candidates[0].applications:
        publish(candidates[0].target.repository, revision)
    pushed(project, branch, title, change)
    return propose(forge, branch, base, title, body[:LONGEST_BODY])


def merged(targets: Sequence[Settings]) -> str:
    """The commit that the stacks' files name since a pull request was merged.

    Raises:
        ConfigError: they name none, or not the same.
    """
    stated = {target.repository.revision for target in targets}
    if len(stated) > 1 or not is_commit(next(iter(stated))):
        raise ConfigError(
            f"{', '.join(target.stack for target in targets)} name no one commit: {', '.join(sorted(stated))}",
            next_step="merge the pull request that `gitops promote --pull-request` has opened, and pull it",
        )
    return next(iter(stated))
