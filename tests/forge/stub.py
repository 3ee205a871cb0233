"""A forge of a few lines: it keeps comments, statuses and pull requests, and speaks the routes of all three kinds."""

from __future__ import annotations

import re
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, unquote, urlsplit

from gitops.model.forge import Forge, Kind
from tests.cluster.api_server import Reply, serving

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.cluster.api_server import ApiServer, Asked

NAME, TOKEN = "you/homelab", "t0p-secret"
# Gitea gives no more than 50 entries a page whatever is asked for, and all comments on each page
_SIZES = {Kind.GITHUB: 100, Kind.GITLAB: 100, Kind.GITEA: 50}


@dataclass
class Stub:
    """What the forge knows; `replies` are given first, before anything else is looked at."""

    kind: Kind = Kind.GITHUB
    comments: list[dict[str, Any]] = field(default_factory=list)
    statuses: list[dict[str, Any]] = field(default_factory=list)
    pulls: list[dict[str, Any]] = field(default_factory=list)
    replies: list[Reply] = field(default_factory=list)
    server: ApiServer | None = None

    @property
    def forge(self) -> Forge:
        assert self.server
        return Forge(self.kind, self.server.address, NAME, TOKEN)

    def says(self, body: str) -> None:
        """Somebody comments."""
        self._comment({"body": body})

    def answer(self, asked: Asked) -> Reply:
        if self.replies:
            return self.replies.pop(0)
        if asked.headers.get("authorization") != f"Bearer {TOKEN}":
            return Reply({"message": "Bad credentials"}, 401)
        parts = urlsplit(asked.path)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        routes = _GITLAB if self.kind is Kind.GITLAB else _GITHUB
        for method, route, act in routes:
            match = re.fullmatch(route, parts.path)
            if match and method == asked.method:
                return getattr(self, act)(*(unquote(part) for part in match.groups()), asked.body, query)
        return Reply({"message": "Not Found"}, 404)

    def _page(self, entries: list[dict[str, Any]], query: dict[str, str]) -> Reply:
        size = min(int(query["limit"]), int(query["per_page"]), _SIZES[self.kind])
        first = (int(query["page"]) - 1) * size
        return Reply(entries[first : first + size])

    def list_comments(self, _number: str, _body: Any, query: dict[str, str]) -> Reply:
        return Reply(self.comments) if self.kind is Kind.GITEA else self._page(self.comments, query)

    def add_comment(self, _number: str, body: Any, _query: Any) -> Reply:
        return Reply(self._comment(body), 201)

    def edit_comment(self, *rest: Any) -> Reply:
        *_, comment, body, _query = rest
        for known in self.comments:
            if known["id"] == int(comment):
                known["body"] = body["body"]
                return Reply(known)
        return Reply({"message": "Not Found"}, 404)

    def add_status(self, sha: str, body: Any, _query: Any) -> Reply:
        assert len(body["description"]) <= 140
        entry = {"id": len(self.statuses) + 1, "sha": sha, **body}
        state = entry.pop("state")
        assert state in {"pending", "success", "failed" if self.kind is Kind.GITLAB else "failure"}
        entry["state" if self.kind is Kind.GITHUB else "status"] = state
        self.statuses.insert(0, entry)
        return Reply(entry, 201)

    def list_statuses(self, sha: str, _body: Any, query: dict[str, str]) -> Reply:
        return self._page([item for item in self.statuses if item["sha"] == sha], query)

    def list_pulls(self, _body: Any, query: dict[str, str]) -> Reply:
        assert query["state"] in {"open", "opened"}
        return self._page(self.pulls, query)

    def open_pull(self, body: Any, _query: Any) -> Reply:
        number = len(self.pulls) + 1
        if self.kind is Kind.GITLAB:
            entry = {
                "id": 900 + number,
                "iid": number,
                "web_url": f"https://forge.example/mr/{number}",
                **body,
            }
            entry |= {"source_project_id": 7, "target_project_id": 7}
        else:
            entry = {
                "id": 900 + number,
                "number": number,
                "html_url": f"https://forge.example/pull/{number}",
                "title": body["title"],
                "body": body["body"],
                "head": {"ref": body["head"], "repo": {"full_name": NAME}},
                "base": {"ref": body["base"], "repo": {"full_name": NAME}},
            }
        self.pulls.append(entry)
        return Reply(entry, 201)

    def _comment(self, body: Any) -> dict[str, Any]:
        entry = {"id": 100 + len(self.comments), "body": body["body"], "system": False}
        self.comments.append(entry)
        return entry


_GITHUB = (
    ("GET", r"/repos/you/homelab/issues/(\d+)/comments", "list_comments"),
    ("POST", r"/repos/you/homelab/issues/(\d+)/comments", "add_comment"),
    ("PATCH", r"/repos/you/homelab/issues/comments/(\d+)", "edit_comment"),
    ("POST", r"/repos/you/homelab/statuses/(\w+)", "add_status"),
    ("GET", r"/repos/you/homelab/commits/(\w+)/statuses", "list_statuses"),
    ("GET", r"/repos/you/homelab/pulls", "list_pulls"),
    ("POST", r"/repos/you/homelab/pulls", "open_pull"),
)
_GITLAB = (
    ("GET", r"/projects/you%2Fhomelab/merge_requests/(\d+)/notes", "list_comments"),
    ("POST", r"/projects/you%2Fhomelab/merge_requests/(\d+)/notes", "add_comment"),
    ("PUT", r"/projects/you%2Fhomelab/merge_requests/(\d+)/notes/(\d+)", "edit_comment"),
    ("POST", r"/projects/you%2Fhomelab/statuses/(\w+)", "add_status"),
    ("GET", r"/projects/you%2Fhomelab/repository/commits/(\w+)/statuses", "list_statuses"),
    ("GET", r"/projects/you%2Fhomelab/merge_requests", "list_pulls"),
    ("POST", r"/projects/you%2Fhomelab/merge_requests", "open_pull"),
)


@contextmanager
def forge_stub(kind: Kind = Kind.GITHUB) -> Iterator[Stub]:
    """A forge that answers until the block ends."""
    stub = Stub(kind)
    with serving(stub.answer) as stub.server:
        yield stub
