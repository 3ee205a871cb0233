"""GitLab's routes: https://docs.gitlab.com/api/: notes, commits (statuses), merge_requests."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from gitops.forge.request import ask, number, pages, told
from gitops.model.forge import Comment, CommitStatus, Forge, PullRequest, State

if TYPE_CHECKING:
    from collections.abc import Iterator

_WORDS = {State.PENDING: "pending", State.SUCCESS: "success", State.FAILURE: "failed"}
_STATES = {word: state for state, word in _WORDS.items()} | {
    "running": State.PENDING,
    "created": State.PENDING,
}


def comments(forge: Forge, pull_request: int) -> Iterator[Comment]:
    """What people said on a merge request, oldest first; what GitLab itself notes there is no comment."""
    for item in pages(forge, _notes(forge, pull_request), {"sort": "asc", "order_by": "created_at"}):
        if not item.get("system"):
            yield Comment(number(forge, item, "id"), str(item.get("body") or ""))


def add_comment(forge: Forge, pull_request: int, body: str) -> Comment:
    """Say something on a merge request."""
    answer = ask(forge, "POST", _notes(forge, pull_request), {"body": body})
    return Comment(number(forge, answer, "id"), body)


def edit_comment(forge: Forge, pull_request: int, comment: int, body: str) -> Comment:
    """Say something else in a comment."""
    ask(forge, "PUT", f"{_notes(forge, pull_request)}/{comment}", {"body": body})
    return Comment(comment, body)


def set_status(forge: Forge, sha: str, status: CommitStatus) -> None:
    """Put a mark on a commit."""
    body = {
        "state": _WORDS[status.state],
        "name": status.context,
        "description": status.description,
    }
    more = {"target_url": status.url} if status.url else {}
    ask(forge, "POST", f"{_project(forge)}/statuses/{quote(sha, safe='')}", body | more)


def statuses(forge: Forge, sha: str) -> Iterator[CommitStatus]:
    """The marks on a commit, newest first."""
    route = f"{_project(forge)}/repository/commits/{quote(sha, safe='')}/statuses"
    for item in pages(forge, route, {"order_by": "id", "sort": "desc"}):
        state = _STATES.get(str(item.get("status")), State.FAILURE)
        yield CommitStatus(state, str(item.get("name") or ""), str(item.get("description") or ""))


def pull_requests(forge: Forge, branch: str, base: str) -> Iterator[PullRequest]:
    """The open merge requests from one branch of the project to another."""
    query = {"state": "opened", "source_branch": branch, "target_branch": base}
    for item in pages(forge, f"{_project(forge)}/merge_requests", query):
        found = _merge_request(forge, item)
        if (found.branch, found.base) == (branch, base) and item.get("source_project_id") == item.get(
            "target_project_id"
        ):
            yield found


def open_pull_request(forge: Forge, branch: str, base: str, title: str, body: str) -> PullRequest:
    """Open one."""
    asked = {"source_branch": branch, "target_branch": base, "title": title, "description": body}
    return _merge_request(forge, ask(forge, "POST", f"{_project(forge)}/merge_requests", asked))


def _project(forge: Forge) -> str:
    return f"/projects/{quote(forge.repository, safe='')}"


def _notes(forge: Forge, pull_request: int) -> str:
    return f"{_project(forge)}/merge_requests/{pull_request}/notes"


def _merge_request(forge: Forge, item: Any) -> PullRequest:
    branch, base = (str(told(forge, item, f"{side}_branch")) for side in ("source", "target"))
    return PullRequest(number(forge, item, "iid"), branch, base, str(item.get("web_url") or ""))
