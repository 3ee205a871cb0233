"""Who owns which field: the `managedFields` of an object.

The format is FieldsV1 of the API conventions: `f:` a field, `k:` a list item by its keys, `v:` a member of
a set, `.` the thing itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gitops.cluster.ownership import selects, union

if TYPE_CHECKING:
    from gitops.cluster.client import Object
    from sandbox.provider.immutable import Path

CREATOR = "pulumi-kubernetes"
_TAKEN = ("kubectl", "before-first-apply", CREATOR)


def taken_over(live: Object, manager: str) -> list[Object] | None:
    """The entries with those of client-side writers merged into our own; None when there are none to take.

    Without this a field that `kubectl edit` set and Git never stated would stay for ever.
    """
    entries: list[Object] = live["metadata"].get("managedFields") or []
    taken = [e for e in entries if _is_takeable(e, manager)]
    if not taken:
        return None
    own = next((e for e in entries if e.get("manager") == manager and e.get("operation") == "Apply"), None)
    fields: Object = {}
    for entry in [own, *taken] if own else taken:
        fields = union(fields, entry.get("fieldsV1") or {})
    merged = {**(own or taken[0]), "manager": manager, "operation": "Apply", "fieldsV1": fields}
    return [merged, *(e for e in entries if e is not own and e not in taken)]


def _is_takeable(entry: Object, manager: str) -> bool:
    name = str(entry.get("manager", ""))
    is_writer = entry.get("operation") == "Update" and not entry.get("subresource")
    return is_writer and (name.startswith(_TAKEN) or name == manager)


def is_foreign(live: Object, path: Path, manager: str) -> bool:
    """Whether another manager owns the field at `path`."""
    entries = live.get("metadata", {}).get("managedFields") or []
    return any(e.get("manager") != manager and _owns(e.get("fieldsV1") or {}, live, path) for e in entries)


def _owns(fields: Object, value: Any, path: Path) -> bool:
    if not path:
        return True
    step, *rest = path
    if isinstance(step, int):
        item = value[step] if isinstance(value, list) and step < len(value) else None
        below = next((f for key, f in fields.items() if selects(key, item)), None)
    else:
        item = value.get(step) if isinstance(value, dict) else None
        below = fields.get(f"f:{step}")
    if below is None:
        return False
    # a leaf that is entered no further is owned as a whole
    return True if not below else _owns(below, item, tuple(rest))


def without_ignored(inputs: Object, live: Object, ignored: list[Path], manager: str) -> Object:
    """Inputs that leave the ignored fields alone: dropped if somebody else's, else as they are live."""
    result = inputs
    for path in ignored:
        value = _get(live, path)
        drop = value is _NOTHING or is_foreign(live, path, manager)
        result = _put(result, path, _NOTHING if drop else value)
    return result


_NOTHING: Any = object()


def _get(value: Any, path: Path) -> Any:
    for step in path:
        try:
            value = value[step]
        except (KeyError, IndexError, TypeError):
            return _NOTHING
    return value


def _put(tree: Any, path: Path, value: Any) -> Any:
    """A copy of the tree with the value at `path`, or without it; an absent path changes nothing."""
    step, *rest = path
    if isinstance(tree, dict) and isinstance(step, str):
        if not rest:
            return {k: v for k, v in tree.items() if k != step} | ({} if value is _NOTHING else {step: value})
        return {k: _put(v, tuple(rest), value) if step in {k, "*"} else v for k, v in tree.items()}
    if isinstance(tree, list):
        reached = [i for i in range(len(tree)) if step in {i, "*"}]
        if not rest:
            return [value if i in reached and value is not _NOTHING else v for i, v in enumerate(tree)]
        return [_put(v, tuple(rest), value) if i in reached else v for i, v in enumerate(tree)]
    return tree
