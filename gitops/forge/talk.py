"""What is said on a forge, whoever's it is: one comment that is kept up to date, marks on commits, pull requests."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Protocol

from gitops.forge import github, gitlab
from gitops.model.errors import GitOpsError
from gitops.model.forge import Kind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gitops.model.forge import Comment, CommitStatus, Forge, PullRequest

LONGEST_COMMENT = 65_536
"""Characters of a comment that every forge takes; GitHub's limit is the lowest."""
LONGEST_DESCRIPTION = 140


class _Routes(Protocol):
    """What a module of routes can do; the modules say what each of it means."""

    def comments(self, forge: Forge, pull_request: int) -> Iterator[Comment]: ...
    def add_comment(self, forge: Forge, pull_request: int, body: str) -> Comment: ...
    def edit_comment(self, forge: Forge, pull_request: int, comment: int, body: str) -> Comment: ...
    def set_status(self, forge: Forge, sha: str, status: CommitStatus) -> None: ...
    def statuses(self, forge: Forge, sha: str) -> Iterator[CommitStatus]: ...
    def pull_requests(self, forge: Forge, branch: str, base: str) -> Iterator[PullRequest]: ...
    def open_pull_request(
        self, forge: Forge, branch: str, base: str, title: str, body: str
    ) -> PullRequest: ...


_ROUTES: dict[Kind, _Routes] = {Kind.GITHUB: github, Kind.GITEA: github, Kind.GITLAB: gitlab}


def keep_comment(forge: Forge, pull_request: int, mark: str, body: str) -> Comment:
    """Let a pull request have one comment that begins with a hidden mark, with this text and no other.

    `mark` names what the comment is about, such as `gitops-preview`. It stands in an HTML comment on the first
    line, which no forge shows. Without a change nothing is sent.

    Raises:
        GitOpsError: the text with its mark is too long, or the forge refuses.
    """
    first = _marked(mark)
    text = f"{first}\n{body}"
    if len(text) > LONGEST_COMMENT:
        raise GitOpsError(
            f"the comment has {len(text)} characters, and {LONGEST_COMMENT} is the most", next_step="cut it"
        )
    routes = _ROUTES[forge.kind]
    for found in routes.comments(forge, pull_request):
        if found.body.startswith(first):
            same = found.body.replace("\r\n", "\n").rstrip() == text.rstrip()
            return found if same else routes.edit_comment(forge, pull_request, found.number, text)
    return routes.add_comment(forge, pull_request, text)


def longest_body(mark: str) -> int:
    """How many characters a text may have beside its mark."""
    return LONGEST_COMMENT - len(f"{_marked(mark)}\n")


def set_status(forge: Forge, sha: str, status: CommitStatus) -> None:
    """Put a mark on a commit, in place of the one of its context.

    Raises:
        GitOpsError: the forge refuses.
    """
    line = " ".join(status.description.split())
    cut = line if len(line) <= LONGEST_DESCRIPTION else f"{line[: LONGEST_DESCRIPTION - 1]}…"
    _ROUTES[forge.kind].set_status(forge, sha, replace(status, description=cut))


def status_of(forge: Forge, sha: str, context: str) -> CommitStatus | None:
    """The newest mark of a context on a commit; None without one.

    Raises:
        GitOpsError: the forge refuses.
    """
    for found in _ROUTES[forge.kind].statuses(forge, sha):
        if found.context == context:
            return found
    return None


def propose(forge: Forge, branch: str, base: str, title: str, body: str = "") -> PullRequest:
    """The open pull request from a branch that was pushed; opened where there is none.

    Raises:
        GitOpsError: the forge refuses, as it does for a branch that has nothing new.
    """
    routes = _ROUTES[forge.kind]
    found = next(routes.pull_requests(forge, branch, base), None)
    if found is None:
        found = routes.open_pull_request(forge, branch, base, title, body)
    return found


def _marked(mark: str) -> str:
    """The first line of a marked comment."""
    return f"<!-- {mark} -->"
