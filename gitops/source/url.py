"""Repository addresses and revisions, which come from configuration and are not trusted."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from gitops.model.errors import ConfigError

if TYPE_CHECKING:
    from pathlib import Path

SCHEMES = ("https", "ssh", "file")
_SCP = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]*@[A-Za-z0-9][A-Za-z0-9.-]*:[^:]+")
_REVISION = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._/+-]*")
_COMMIT = re.compile(r"[0-9a-f]{40}([0-9a-f]{24})?")
_UNPRINTABLE = re.compile(r"[\x00-\x20\x7f]")


def repository_url(text: str, project: Path) -> str:
    """The address to fetch from.

    A text without a scheme is a path; a relative one starts at the project's folder.

    Raises:
        ConfigError: the scheme is not allowed, or the address hides an option, a credential or a helper.
    """
    if not text:
        raise ConfigError(
            "no repository is configured",
            next_step="set it: pulumi config set gitops:repository https://github.com/you/homelab.git",
        )
    if text.startswith("-") or _UNPRINTABLE.search(text) or "::" in text:
        raise ConfigError(
            f"repository {text!r} is not an address that Git may be given",
            next_step="use an https://, ssh:// or file:// URL, git@host:path, or a path",
        )
    if _SCP.fullmatch(text):
        return text
    if "://" not in text:
        if "@-" in text:
            raise ConfigError(f"repository host in {text!r} looks like an option")
        return (project / text).resolve().as_uri()
    try:
        parts = urlsplit(text)
        _ = parts.port
    except ValueError as error:
        raise ConfigError(f"repository {text!r} is not an address: {error}", next_step="mend it") from error
    if parts.scheme not in SCHEMES:
        raise ConfigError(
            f"repository scheme {parts.scheme!r} is not allowed", next_step=f"use one of {', '.join(SCHEMES)}"
        )
    if parts.password or (parts.scheme == "https" and parts.username):
        raise ConfigError(
            f"the repository address of host {parts.hostname} carries a credential",
            next_step="take it out and set it: pulumi config set --secret gitops:repositoryToken",
        )
    if (parts.hostname or "").startswith("-") or (parts.username or "").startswith("-"):
        raise ConfigError(f"repository host {parts.hostname!r} looks like an option")
    return text


def checked_revision(text: str) -> str:
    """A branch, tag or commit id that is safe to hand to Git.

    Raises:
        ConfigError: the text is not a plain ref name.
    """
    if not _REVISION.fullmatch(text) or ".." in text or text.endswith((".lock", "/", ".")):
        raise ConfigError(
            f"revision {text!r} is not a branch, tag or commit id",
            next_step="name a branch, a tag or a commit id of the repository",
        )
    return text


def is_commit(revision: str) -> bool:
    """Whether the revision is a full commit id, which never changes its meaning."""
    return _COMMIT.fullmatch(revision) is not None


def is_web_address(text: str) -> bool:
    """Whether the text is a whole http or https address without a credential in it."""
    try:
        parts = urlsplit(text)
        _ = parts.port
    except ValueError:
        return False
    whole = parts.scheme in {"http", "https"} and bool(parts.hostname)
    return whole and parts.username is None and not _UNPRINTABLE.search(text)


def server_and_path(address: str) -> tuple[str, str]:
    """Host with its port, and path without `.git`, of an address on a server; nothing of a file's.

    Addresses of one repository by https and by ssh give the same, where the ports are the usual ones.
    """
    if "://" not in address and _SCP.fullmatch(address):
        host, _, path = address.partition("@")[2].partition(":")
    else:
        try:
            parts = urlsplit(address)
            port = parts.port
        except ValueError:
            return "", ""
        if parts.scheme not in {"https", "http", "ssh"} or not parts.hostname:
            return "", ""
        # an ssh port says nothing of where the API is
        host = parts.hostname + (f":{port}" if port and parts.scheme != "ssh" else "")
        path = parts.path
    return host.lower(), path.strip("/").removesuffix(".git")
