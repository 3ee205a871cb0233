"""Other repositories, and other revisions of the stack's own, each fetched once in a run."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from gitops.source.git import fetch
from gitops.source.url import checked_revision, repository_url

if TYPE_CHECKING:
    from collections.abc import Callable

    from gitops.model.settings import Repository
    from gitops.source.commit import Commit


def fetcher(own: Repository, cache: Path) -> Callable[[str, str], Commit]:
    """A function that gives the commit of a repository's URL and a revision; "" is the stack's own of either.

    The stack's token and key go to its own repository's host and to no other. What the function raises is
    what `fetch` raises, and ConfigError for an address or revision that Git may not be given.
    """
    lock = threading.Lock()
    had: dict[tuple[str, str], Commit] = {}

    def commit(url: str, revision: str) -> Commit:
        with lock:
            if (url, revision) not in had:
                had[url, revision] = fetch(_place(own, url, revision), cache)
            return had[url, revision]

    return commit


def _place(own: Repository, url: str, revision: str) -> Repository:
    wanted = checked_revision(revision or ("HEAD" if url else own.revision))
    if not url:
        return replace(own, revision=wanted)
    address = repository_url(url, Path("/"))
    ours = _host(address) == _host(own.url)
    return replace(
        own,
        url=address,
        revision=wanted,
        token=own.token if ours else "",
        key_file=own.key_file if ours else "",
    )


def _host(url: str) -> tuple[str, str]:
    """Scheme and host with its port; an scp-like address is ssh."""
    if "://" not in url:
        return "ssh", url.rpartition("@")[2].partition(":")[0].lower()
    parts = urlsplit(url)
    return parts.scheme, parts.netloc.rpartition("@")[2].lower()
