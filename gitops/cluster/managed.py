"""Who owns which field, by an object's `metadata.managedFields`.

The form is `fieldsV1` of structured-merge-diff: `f:` a field, `k:` a list item by its keys, `v:` one by its value,
`i:` one by its place, and `.` the thing itself.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

from gitops.model.keys import FIELD_MANAGER
from gitops.model.paths import ABSENT, Path, at

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator


class Owner(NamedTuple):
    """A field manager, how it wrote (`Apply` or `Update`), and when it last wrote anything to the object.

    The time is "" for what was written through the subresource `scale`: the API server keeps none.
    """

    manager: str
    operation: str
    time: str


def who(live: dict[str, Any], path: Path) -> Owner | None:
    """The manager of the field at a path; of several the one that wrote last, another than this project's first.

    None where nobody says so, as after a field was taken away.
    """
    owners = [
        Owner(str(entry.get("manager", "")), str(entry.get("operation", "")), str(entry.get("time", "")))
        for entry in _entries(live)
        if _owns(entry.get("fieldsV1"), live, path)
    ]
    return max(owners, key=lambda owner: (owner.manager != FIELD_MANAGER, owner.time), default=None)


def owned(
    live: dict[str, Any], managers: Collection[str], body: dict[str, Any], *, items: bool = False
) -> Iterator[Path]:
    """The places in `body` of the fields that these managers own in the live object.

    With `items`, also whole list items that they put there.
    """
    for entry in _entries(live):
        if entry.get("manager") in managers:
            yield from _places(entry.get("fieldsV1"), body, (), items=items)


def _entries(live: dict[str, Any]) -> list[dict[str, Any]]:
    metadata = live.get("metadata")
    entries = metadata.get("managedFields") if isinstance(metadata, dict) else None
    return [entry for entry in entries if isinstance(entry, dict)] if isinstance(entries, list) else []


def _owns(fields: Any, body: Any, path: Path) -> bool:
    for step in path:
        if not isinstance(fields, dict):
            return False
        if not fields:
            return True  # owned as a whole
        name = next((n for n in fields if n != "." and _step(n, body) == step), None)
        if name is None:
            return False
        fields, body = fields[name], at(body, (step,))
    return True


def _places(fields: Any, body: Any, path: Path, *, items: bool) -> Iterator[Path]:
    if not isinstance(fields, dict) or not fields:
        yield path
        return
    for name, below in fields.items():
        step = None if name == "." else _step(name, body)
        if step is None or (value := at(body, (step,))) is ABSENT:
            continue
        if items and name[:2] == "k:" and isinstance(below, dict) and "." in below:
            yield (*path, step)
        else:
            yield from _places(below, value, (*path, step), items=items)


def _step(name: str, body: Any) -> str | int | None:
    """The key or index in `body` that a name of `fieldsV1` means there."""
    kind, text = name[:2], name[2:]
    if kind == "f:":
        return text
    if not isinstance(body, list):
        return None
    try:
        value = json.loads(text)
    except ValueError:
        return None
    match kind:
        case "i:" if isinstance(value, int):
            return value
        case "v:":
            return next((i for i, item in enumerate(body) if item == value), None)
        case "k:" if isinstance(value, dict):
            return next(
                (
                    i
                    for i, item in enumerate(body)
                    if isinstance(item, dict)
                    and all(item.get(k, _DEFAULTS.get(k)) == v for k, v in value.items())
                ),
                None,
            )
    return None


_DEFAULTS = {"protocol": "TCP"}
