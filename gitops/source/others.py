"""Other repositories, and other revisions of the stack's own, each fetched once in a run."""

from __future__ import annotations

import re
import threading
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from gitops.model.errors import NotFoundError
from gitops.source.constraint import highest, is_constraint
from gitops.source.git import fetch, tags
from gitops.source.url import checked_revision, repository_url

# What no name of a branch has.
_OPERATORS = re.compile(r"[*^~<>=!,| ]")

if TYPE_CHECKING:
    from collections.abc import Callable

    from gitops.model.settings import Repository
    from gitops.source.commit import Commit


def fetcher(own: Repository, cache: Path) -> Callable[[str, str], Commit]:
    """A function that gives the commit of a repository's URL and a revision; "" is the stack's own of either.

    The stack's token and key go to its own repository's host and to no other. What the function raises is
    what `fetch` raises, and ConfigError for an address or revision that Git may not be given. A constraint on versions
    is a revision too.
    """
    lock = threading.Lock()
    had: dict[tuple[str, str], Commit] = {}

    def commit(url: str, revision: str) -> Commit:
        with lock:
            if (url, revision) not in had:
                had[url, revision] = fetch(_tagged(_place(own, url), revision, cache), cache)
            return had[url, revision]

    return commit


def _tagged(place: Repository, revision: str, cache: Path) -> Repository:
    """The repository at a revision; a constraint is the highest tag that it allows now."""
    if not revision:
        return place
    if is_constraint(revision):
        place = replace(place, revision=revision)
        tag = highest(revision, tags(place, cache))
        if tag:
            return replace(place, revision=f"refs/tags/{checked_revision(tag)}")
        if _OPERATORS.search(revision):
            raise NotFoundError(
                f"repository {place.url} has no tag that {revision!r} allows",
                next_step="widen targetRevision, or state a tag, a branch or a commit id",
            )
    return replace(place, revision=checked_revision(revision))


def _place(own: Repository, url: str) -> Repository:
    if not url:
        return replace(own, revision=checked_revision(own.revision))
    address = repository_url(url, Path("/"))
    ours = _host(address) == _host(own.url)
    return replace(
        own,
        url=address,
        revision="HEAD",
        token=own.token if ours else "",
        key_file=own.key_file if ours else "",
    )


def _host(url: str) -> tuple[str, str]:
    """Scheme and host with its port; an scp-like address is ssh."""
    if "://" not in url:
        return "ssh", url.rpartition("@")[2].partition(":")[0].lower()
    parts = urlsplit(url)
    return parts.scheme, parts.netloc.rpartition("@")[2].lower()
