"""The containers in an object, and their images."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

_CONTAINERS = ("initContainers", "containers", "ephemeralContainers")
# registry/path:tag@digest; a colon before the last slash is a port
_IMAGE = re.compile(r"(?P<name>.*?)(:(?P<tag>[\w][\w.-]*))?(@(?P<digest>\w+:[0-9a-f]+))?", re.ASCII)
_VERSION = re.compile(r"v?(?P<numbers>\d{1,18}(\.\d{1,18})*)(?P<rest>.*)", re.ASCII)
_MOVING = frozenset(("", "latest", "stable", "main", "master", "edge", "nightly", "dev"))


def images(value: Any) -> Iterator[tuple[str, str]]:
    """Name and image of every container, however deep a kind keeps its pods."""
    if isinstance(value, dict):
        for key, below in value.items():
            if key in _CONTAINERS and isinstance(below, list):
                yield from (
                    (str(c.get("name") or ""), str(c["image"]))
                    for c in below
                    if isinstance(c, dict) and c.get("image")
                )
            yield from images(below)
    elif isinstance(value, list):
        for below in value:
            yield from images(below)


def moves(image: str) -> bool:
    """Whether the same name may mean another image tomorrow: no digest, and a tag that is no version."""
    match = _IMAGE.fullmatch(image)
    return match is None or (not match["digest"] and (match["tag"] or "") in _MOVING)


def is_older(before: str, after: str) -> bool:
    """Whether an image's tag is a lower version than before, where both are versions of the same shape."""
    old, new = _version(before), _version(after)
    return old is not None and new is not None and old[0] == new[0] and new[1] < old[1]


def _version(image: str) -> tuple[tuple[str, int, str], tuple[int, ...]] | None:
    match = _IMAGE.fullmatch(image)
    version = _VERSION.fullmatch((match and match["tag"]) or "")
    if match is None or version is None:
        return None
    numbers = tuple(int(part) for part in version["numbers"].split("."))
    return (match["name"], len(numbers), version["rest"]), numbers
