"""Addresses of repositories, as Argo CD's objects write them."""

from __future__ import annotations

import re
from pathlib import Path, PurePosixPath
from urllib.parse import unquote, urlsplit

from gitops.model.errors import ConfigError
from gitops.source.url import checked_revision, repository_url

_SCP = re.compile(r"(?:[^@/:]+@)?(?P<host>[^@/:]+):(?P<path>[^/].*)")
_CONSTRAINT = re.compile(r"[0-9A-Za-z.*^~<>=!,| +-]+")
_CREDENTIAL = re.compile(r"[a-z+]+://[^/@]*:[^/@]*@")
_UNSAFE = re.compile(r"^-|[\x00-\x1f\x7f]|::")


def normal(url: str) -> str:
    """One form for all ways to write the same repository: `host/path` in lower case without `.git`.

    Source: Argo CD's `util/git.NormalizeGitURL`; unlike there, ssh and https forms of one repository are the same.
    """
    text = url.strip()
    scp = _SCP.fullmatch(text) if "://" not in text else None
    if scp:
        host, path = scp["host"], scp["path"]
    else:
        try:
            parts = urlsplit(text)
            host, path = parts.hostname or "", unquote(parts.path)
            host += f":{parts.port}" if parts.port and parts.port not in {22, 443} else ""
        except ValueError:
            return text
    joined = f"{host}/{path.strip('/')}".lower()
    return joined.removesuffix(".git").rstrip("/")


def same_repository(one: str, other: str) -> bool:
    """Whether two addresses mean the same repository."""
    return normal(one) == normal(other)


def complaint(url: str, revision: str, *, chart: bool) -> str:
    """What is wrong with an address and a revision before any tool is given them, or ""."""
    if _UNSAFE.search(url) or _UNSAFE.search(revision):
        return f"repository {url!r} at {revision!r} can't be handed to a tool"
    if _CREDENTIAL.match(url):
        return "the repository's address carries a credential"
    if chart:
        return ""
    if "://" not in url and not _SCP.fullmatch(url):
        return f"repository {url!r} is not an address"
    try:
        repository_url(url, Path("/"))
        if revision and not _CONSTRAINT.fullmatch(revision):
            checked_revision(revision)
    except ConfigError as error:
        return error.problems[0].what
    return ""


def inside(path: str) -> str | None:
    """A path of a repository without detours, "" for its root, or None when it leaves the repository."""
    parts: list[str] = []
    for part in PurePosixPath(path).parts:
        if part == "..":
            if not parts:
                return None
            parts.pop()
        else:
            parts.append(part)
    return None if path.startswith("/") or "\x00" in path else "/".join(parts)
