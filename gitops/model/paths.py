"""Places inside an object, as the keys and indexes that lead there, and objects without or with such places."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

Path = tuple[str | int, ...]
ABSENT: Any = object()
_INDEX = re.compile("0|[1-9][0-9]{0,8}")


def shown(path: Path) -> str:
    """A path as findings tell it: `spec.containers[0].image`."""
    text = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)
    return text.removeprefix(".")


def at(body: Any, path: Path) -> Any:
    """What is there, or ABSENT."""
    for step in path:
        match body:
            case dict() if step in body:
                body = body[step]
            case list() if isinstance(step, int) and 0 <= step < len(body):
                body = body[step]
            case _:
                return ABSENT
    return body


def from_pointer(pointer: str, body: Any) -> Path | None:
    """The place that a JSON pointer (RFC 6901) names in an object; None where it names none."""
    path: list[str | int] = []
    for token in pointer.split("/")[1:]:
        step: str | int = token.replace("~1", "/").replace("~0", "~")
        if isinstance(body, list):
            if not _INDEX.fullmatch(token):
                return None
            step = int(token)
        body = at(body, (step,))
        if body is ABSENT:
            return None
        path.append(step)
    return tuple(path) or None


def pointer_to(path: Iterable[str | int]) -> str:
    """The JSON pointer (RFC 6901) to a place."""
    return "".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in path)


def from_jq(path: Iterable[Any], body: Any) -> Iterator[Path]:
    """The places that a path of jq names: indexes may count from the end, and slices name several."""
    found: list[Path] = [()]
    for step in path:
        found = [(*place, one) for place in found for one in _steps(step, at(body, place))]
    return (place for place in found if place and at(body, place) is not ABSENT)


def _steps(step: Any, value: Any) -> Iterable[str | int]:
    if isinstance(value, list):
        if isinstance(step, dict):
            return range(len(value))[slice(step.get("start"), step.get("end"))]
        if isinstance(step, int | float):
            return (int(step) + (len(value) if step < 0 else 0),)
    return (step,) if isinstance(step, str) else ()


def without(body: Any, paths: Iterable[Path]) -> Any:
    """The object without these places; what is not touched is shared with the one given."""
    tree: dict[str | int, Any] = {}
    for path in paths:
        node = tree
        for step in path[:-1]:
            node = node.setdefault(step, {})
            if node is ABSENT:
                break
        else:
            if path:
                node[path[-1]] = ABSENT
    return _pruned(body, tree) if tree else body


def _pruned(value: Any, tree: dict[str | int, Any]) -> Any:
    if tree is ABSENT:
        return ABSENT
    if isinstance(value, dict):
        kept = {k: _pruned(v, tree[k]) if k in tree else v for k, v in value.items()}
        return {k: v for k, v in kept.items() if v is not ABSENT}
    if isinstance(value, list):
        items = [_pruned(v, tree[i]) if i in tree else v for i, v in enumerate(value)]
        return [item for item in items if item is not ABSENT]
    return value
