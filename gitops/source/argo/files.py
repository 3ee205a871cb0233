"""What the Git generator finds in a commit: directories and files, as parameters."""

from __future__ import annotations

import re
from functools import lru_cache
from posixpath import basename, dirname, join
from typing import TYPE_CHECKING, Any

from gitops.source.argo.gotemplate.values import normalize
from gitops.source.argo.params import flat
from gitops.source.argo.repository import inside
from gitops.source.commit import LINK
from gitops.source.match import in_linear_time, matches
from gitops.source.yaml import YamlError, read_documents

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gitops.source.argo.params import Params
    from gitops.source.argo.setspec import GitGenerator, PathItem
    from gitops.source.commit import Commit

MAX_LINKS = 10
_TERM = re.compile(
    r"(?P<star>\*+)|(?P<one>\?)|\[(?P<not>[!^]?)(?P<class>\]?(?:\[:[a-z]+:\]|[^\]])*)\]|\\(?P<escaped>.)|(?P<plain>.)",
    re.DOTALL,
)
_NAMED = {
    "alnum": "a-zA-Z0-9",
    "alpha": "a-zA-Z",
    "blank": r" \t",
    "cntrl": r"\x00-\x1f\x7f",
    "digit": "0-9",
    "graph": "!-~",
    "lower": "a-z",
    "print": " -~",
    "punct": r"!-/:-@\[-`{-~",
    "space": r"\s",
    "upper": "A-Z",
    "xdigit": "0-9a-fA-F",
}


class FileError(ValueError):
    """A file that parameters can't be read from, or a pattern that is none."""


def directories(items: tuple[PathItem, ...], commit: Commit) -> Iterator[str]:
    """Directories that a pattern takes and no pattern excludes, in lexical order.

    The whole path counts, `*` stops at "/", hidden directories and the root are never taken.

    Raises:
        FileError: a pattern is malformed.
    """
    try:
        for item in items:
            matches(item.path, "")
        for folder in commit.folders():
            if any(part.startswith(".") for part in folder.path.split("/")):
                continue
            hits = [item.exclude for item in items if matches(item.path, folder.path)]
            if hits and not any(hits):
                yield folder.path
    except ValueError as error:
        raise FileError(str(error)) from error


def files(items: tuple[PathItem, ...], commit: Commit) -> Iterator[str]:
    """Files that `git ls-files` would list for a pattern and for no excluding one, in lexical order.

    Raises:
        FileError: a pattern asks for more than a glob.
    """
    taken = [_pathspec(item.path) for item in items if not item.exclude]
    left = [_pathspec(item.path) for item in items if item.exclude]
    for entry in commit.files_below(""):
        path = _bytes(entry.path)
        if any(pattern.fullmatch(path) for pattern in taken) and not any(p.fullmatch(path) for p in left):
            yield entry.path


@lru_cache(maxsize=256)
def _pathspec(pattern: str) -> re.Pattern[str]:
    """Git's pathspec over bytes: `*` and `?` cross "/", and a path without either stands for all below it.

    Source: "pathspec" in gitglossary(7), and Git's `wildmatch.c`.
    """
    path = inside(pattern)
    if path is None or pattern.startswith(":"):
        raise FileError(f"{pattern!r} is not a pattern of files in the repository")
    if not path:
        return re.compile(".*", re.DOTALL)
    folder = "/" if pattern.endswith("/") else ""
    parts = [_term(term) for term in _TERM.finditer(_bytes(path + folder))]
    below = "" if any(character in path for character in "*?[") else ".*" if folder else "(?:/.*)?"
    try:
        return re.compile(in_linear_time(parts) + below, re.DOTALL)
    except re.error as error:
        raise FileError(f"{pattern!r} is not a pattern: {error}") from error


def _term(term: re.Match[str]) -> str:
    if term["star"]:
        return ".*"
    if term["one"]:
        return "."
    if term["class"] is None:
        return re.escape(term["escaped"] or term["plain"])
    inner = "".join(
        _NAMED.get(part[1], "") if part[1] else part[0] if part[0] == "-" else re.escape(part[0])
        for part in re.finditer(r"\[:([a-z]+):\]|.", term["class"], re.DOTALL)
    )
    return f"[{'^' if term['not'] else ''}{inner}]"


def _bytes(text: str) -> str:
    """A text with a character for each byte, since a byte is what Git's `?` takes."""
    return text.encode("utf-8", "surrogateescape").decode("latin-1")


def read(path: str, commit: Commit) -> list[Any]:
    """The parameter sets in a file: one of an object or an empty file, several of a list.

    Raises:
        FileError: it is something else, or a link that leads nowhere.
    """
    entry, hops = commit.entries.get(path), 0
    while entry is not None and entry.mode == LINK and hops < MAX_LINKS:
        target = inside(join(dirname(entry.path), commit.read(entry.path).decode(errors="replace")))
        entry, hops = commit.entries.get(target or ""), hops + 1
    if entry is None or entry.mode == LINK:
        raise FileError(f"{path} is a link that leads to no file of the repository")
    try:
        found = read_documents(commit.read(entry.path))
    except YamlError as error:
        raise FileError(f"{path}:{error.line}: {error}") from error
    body = found[0].body if found else {}
    sets = body if isinstance(body, list) else [body]
    if not all(isinstance(item, dict) for item in sets):
        raise FileError(f"{path} is neither an object nor a list of objects")
    return sets


def directory_params(path: str, generator: GitGenerator, *, go: bool) -> Params:
    """The parameters of a directory: its path, in parts."""
    return _with_path({}, path, "", generator.path_param_prefix, go=go)


def file_params(path: str, stated: Params, generator: GitGenerator, *, go: bool) -> Params:
    """The parameters of a file: what it states, and its path, in parts."""
    return _with_path(
        stated if go else dict(flat(stated)),
        dirname(path) or ".",
        basename(path),
        generator.path_param_prefix,
        go=go,
    )


def _with_path(stated: Params, directory: str, filename: str, prefix: str, *, go: bool) -> Params:
    parts: Params = {
        "basename": basename(directory),
        "basenameNormalized": normalize(basename(directory)),
        **({"filename": filename, "filenameNormalized": normalize(filename)} if filename else {}),
    }
    segments = directory.split("/")
    if go:
        path = {"path": directory, **parts, "segments": segments}
        return {**stated, prefix: {"path": path}} if prefix else {**stated, "path": path}
    name = f"{prefix}.path" if prefix else "path"
    return {
        **stated,
        name: directory,
        **{f"{name}.{key}": value for key, value in parts.items()},
        **{f"{name}[{index}]": part for index, part in enumerate(segments)},
    }
