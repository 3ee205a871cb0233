"""Who owns which field: the `managedFields` of an object, and handing them from one manager to another.

The format is FieldsV1 of the API conventions: `f:` a field, `k:` a list item by its keys, `v:` a member of a set,
`.` the thing itself; an empty mapping is a value that is owned as a whole.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from gitops.cluster.client import Object

Fields = dict[str, Any]
Entries = list[dict[str, Any]]
# A list item's key fields may be left out where they have a default.
_DEFAULTS = {"protocol": "TCP"}


def entries_of(metadata: Object) -> Entries:
    """An object's `managedFields`."""
    return list(metadata.get("managedFields") or [])


def is_writer(entry: Mapping[str, Any]) -> bool:
    """Whether an entry is of somebody who writes the object itself, not its status or scale."""
    return not entry.get("subresource")


def writers(metadata: Object) -> tuple[str, ...]:
    """The managers that write the object itself, sorted."""
    return tuple(sorted({str(e.get("manager", "")) for e in entries_of(metadata) if is_writer(e)}))


def handed_over(live: Object, takes: Callable[[str], bool], manager: str) -> Entries | None:
    """The entries with those of every manager that `takes` names merged into our applied one.

    After it, an apply as `manager` that no longer states one of the fields removes it. Paths of another API version
    are kept as far as they exist in the object as it was read. None when there is nothing to hand over.
    """
    entries = entries_of(live["metadata"])
    given = [e for e in entries if is_writer(e) and takes(str(e.get("manager", "")))]
    if not given:
        return None
    own = [
        e for e in entries if e.get("manager") == manager and e.get("operation") == "Apply" and is_writer(e)
    ]
    fields: Fields = {}
    for entry in (*own, *given):
        told = entry.get("fieldsV1") or {}
        same = entry.get("apiVersion") == live["apiVersion"]
        fields = union(fields, told if same else existing(told, live))
    merged = {
        "manager": manager,
        "operation": "Apply",
        "apiVersion": live["apiVersion"],
        "time": max(str(e.get("time", "")) for e in (*own, *given)),
        "fieldsType": "FieldsV1",
        "fieldsV1": fields,
    }
    return [merged, *(e for e in entries if e not in own and e not in given)]


def union(a: Fields, b: Fields) -> Fields:
    """Fields that are in one or the other; a value owned as a whole wins over parts of it."""
    result = dict(a)
    for step, below in b.items():
        other = a.get(step)
        result[step] = below if other is None else (union(other, below) if other and below else {})
    return result


def union_of(entries: Iterable[Mapping[str, Any]]) -> Fields:
    """The fields of all entries."""
    fields: Fields = {}
    for entry in entries:
        fields = union(fields, entry.get("fieldsV1") or {})
    return fields


def minus(a: Fields, b: Fields) -> Fields:
    """Fields of `a` that `b` does not have; a thing of which `b` has a part is kept itself."""
    result: Fields = {}
    for step, below in a.items():
        other = b.get(step)
        if other is None and not (step == "." and b):
            result[step] = below
        elif below and other:
            rest = minus(below, other)
            if rest:
                result[step] = rest
    return result


def existing(fields: Fields, value: Any) -> Fields:
    """Those of the fields that the value has."""
    kept: Fields = {}
    for step, below in fields.items():
        if step == ".":
            kept[step] = below
            continue
        items = _selected(value, step)
        if items:
            rest = existing(below, items[0])
            if rest or not below:
                kept[step] = rest
    return kept


def without(value: Any, fields: Fields) -> Any:
    """The value without these fields, as an apply leaves it that no longer states them."""
    if isinstance(value, dict):
        pairs = ((key, item, fields.get(f"f:{key}")) for key, item in value.items())
        return {key: rest for key, item, below in pairs if (rest := _rest(item, below)) is not _GONE}
    if isinstance(value, list):
        steps = [step for step in fields if step != "."]
        found = ((item, next((s for s in steps if selects(s, item)), None)) for item in value)
        kept = (_rest(item, None if step is None else fields[step]) for item, step in found)
        return [rest for rest in kept if rest is not _GONE]
    return value


_GONE: Any = object()


def _rest(item: Any, fields: Fields | None) -> Any:
    if fields is None:
        return item
    if not fields or "." in fields:
        return _GONE
    rest = without(item, fields)
    return _GONE if item and not rest else rest


def _selected(value: Any, step: str) -> list[Any]:
    if isinstance(value, dict):
        name = step.removeprefix("f:")
        return [value[name]] if step.startswith("f:") and name in value else []
    return [item for item in value if selects(step, item)] if isinstance(value, list) else []


def selects(step: str, item: Any) -> bool:
    """Whether a step of `fieldsV1` (`k:` by its keys, `v:` by its value) means a list's item."""
    marker, _, text = step.partition(":")
    if marker not in {"k", "v"}:
        return False
    wanted = json.loads(text)
    if marker == "v":
        return bool(wanted == item)
    return isinstance(item, dict) and all(item.get(k, _DEFAULTS.get(k)) == v for k, v in wanted.items())
