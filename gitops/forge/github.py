"""GitHub's routes, which Gitea and Forgejo have under the same names.

https://docs.github.com/rest: issues/comments, commits/statuses, pulls; Gitea's are in its /swagger.v1.json.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from gitops.forge.request import ask, number, pages, told
from gitops.model.forge import Comment, CommitStatus, Forge, PullRequest, State

if TYPE_CHECKING:
    from collections.abc import Iterator


def comments(forge: Forge, pull_request: int) -> Iterator[Comment]:
    """The comments on a pull request, oldest first."""
    for item in pages(forge, f"{_repository(forge)}/issues/{pull_request}/comments"):
        yield Comment(number(forge, item, "id"), str(item.get("body") or ""))


def add_comment(forge: Forge, pull_request: int, body: str) -> Comment:
    """Say something on a pull request."""
    answer = ask(forge, "POST", f"{_repository(forge)}/issues/{pull_request}/comments", {"body": body})
    return Comment(number(forge, answer, "id"), body)


def edit_comment(forge: Forge, pull_request: int, comment: int, body: str) -> Comment:
    """Say something else in a comment; these routes name it without its pull request, `pull_request`."""
    del pull_request
    ask(forge, "PATCH", f"{_repository(forge)}/issues/comments/{comment}", {"body": body})
    return Comment(comment, body)


def set_status(forge: Forge, sha: str, status: CommitStatus) -> None:
    """Put a mark on a commit."""
    body = {"state": str(status.state), "context": status.context, "description": status.description}
    more = {"target_url": status.url} if status.url else {}
    ask(forge, "POST", f"{_repository(forge)}/statuses/{quote(sha, safe='')}", body | more)


def statuses(forge: Forge, sha: str) -> Iterator[CommitStatus]:
    """The marks on a commit, newest first; Gitea calls a mark's state its status."""
    for item in pages(forge, f"{_repository(forge)}/commits/{quote(sha, safe='')}/statuses"):
        state = str(item.get("state") or item.get("status"))
        known = State(state) if state in set(State) else State.FAILURE
        yield CommitStatus(known, str(item.get("context") or ""), str(item.get("description") or ""))


def pull_requests(forge: Forge, branch: str, base: str) -> Iterator[PullRequest]:
    """The open pull requests from one branch of the repository to another."""
    owner = forge.repository.partition("/")[0]
    query = {"state": "open", "base": base, "head": f"{owner}:{branch}"}
    for item in pages(forge, f"{_repository(forge)}/pulls", query):
        found = _pull_request(forge, item)
        name = told(forge, item, "head", "repo", "full_name") if item["head"].get("repo") else ""
        own = str(name or forge.repository).lower()  # without a repository, its fork is gone
        if (found.branch, found.base, own) == (branch, base, forge.repository.lower()):
            yield found


def open_pull_request(forge: Forge, branch: str, base: str, title: str, body: str) -> PullRequest:
    """Open one."""
    asked = {"head": branch, "base": base, "title": title, "body": body}
    return _pull_request(forge, ask(forge, "POST", f"{_repository(forge)}/pulls", asked))


def _repository(forge: Forge) -> str:
    return f"/repos/{quote(forge.repository)}"


def _pull_request(forge: Forge, item: Any) -> PullRequest:
    branch, base = (str(told(forge, item, side, "ref")) for side in ("head", "base"))
    return PullRequest(number(forge, item, "number"), branch, base, str(item.get("html_url") or ""))
