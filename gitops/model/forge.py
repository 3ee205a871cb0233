"""A server that keeps Git repositories and lets people talk about changes: GitHub, GitLab, Gitea."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum


class Kind(StrEnum):
    """The servers whose API is spoken; Forgejo speaks Gitea's."""

    GITHUB = "github"
    GITLAB = "gitlab"
    GITEA = "gitea"


@dataclass(frozen=True, slots=True)
class Forge:
    """One repository on a server.

    Attributes:
        kind: whose API is spoken.
        api: the address that all routes begin with, without a slash at its end.
        repository: `owner/name`; on GitLab with all groups, or a project's number.
        token: who asks; "" for nobody.
    """

    kind: Kind
    api: str
    repository: str
    token: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment on a pull request."""

    number: int
    body: str


class State(StrEnum):
    """What a status says of a commit."""

    PENDING = "pending"
    SUCCESS = "success"
    FAILURE = "failure"


@dataclass(frozen=True, slots=True)
class CommitStatus:
    """A mark on a commit.

    Attributes:
        context: what it is about, such as `gitops/preview`; a later one of the same context replaces it.
        description: one line; it is cut to the 140 characters that every server takes.
        url: where there is more to read, "" for nowhere.
    """

    state: State
    context: str
    description: str
    url: str = ""


@dataclass(frozen=True, slots=True)
class PullRequest:
    """An open pull request, or a merge request, as GitLab calls it."""

    number: int
    branch: str
    base: str
    url: str
