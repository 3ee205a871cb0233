"""Fields that are no drift: by JSON pointer, by jq path, by field manager."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from gitops.cluster.managed import owned
from gitops.drift.lists import pairs
from gitops.expressions import ExpressionError, paths
from gitops.model.paths import ABSENT, Path, at, from_jq, from_pointer, without

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gitops.model.keys import ObjectKey
    from gitops.model.sync import IgnoreDifference

Object = dict[str, Any]
_SERVER_OWNED: tuple[Path, ...] = (
    ("apiVersion",),
    ("kind",),
    ("status",),
    *(
        ("metadata", field)
        for field in "creationTimestamp generation managedFields resourceVersion selfLink uid".split()
    ),
)


class Ignored(NamedTuple):
    """An object without its ignored fields, those fields' paths, and the rules that could not be applied."""

    body: Object
    paths: tuple[Path, ...]
    failures: tuple[str, ...] = ()


def ignored(
    rules: Sequence[IgnoreDifference],
    key: ObjectKey,
    body: Object,
    live: Object | None = None,
    *,
    items: bool = False,
) -> Ignored:
    """An object without what the rules leave out.

    `live` is the object whose `managedFields` tell who owns what, by default the object itself. With `items`,
    list items that an ignored manager has put there are left out as a whole.
    """
    found: set[Path] = set()
    failures: list[str] = []
    for rule in rules:
        if not rule.is_about(key):
            continue
        found.update(filter(None, (from_pointer(pointer, body) for pointer in rule.json_pointers)))
        for expression in rule.jq_expressions:
            try:
                found.update(place for path in paths(expression, body) for place in from_jq(path, body))
            except ExpressionError as error:
                # what an expression does not find in this object is nothing to ignore, as `del(…)` of nothing
                if not str(error).startswith("Cannot"):
                    failures.append(f"ignoreDifferences: {expression!r} {error}")
        found.update(owned(live or body, rule.managers, body, items=items))
    return Ignored(without(body, found), tuple(sorted(found, key=repr)), tuple(failures))


def both_ignored(
    rules: Sequence[IgnoreDifference], key: ObjectKey, wanted: Object, live: Object
) -> tuple[Ignored, Ignored]:
    """What is wanted and what lives, both without what the rules leave out.

    A list item that an ignored manager has put there and that nobody wants is left out as a whole.
    """
    one = ignored(rules, key, wanted, live)
    other = ignored(rules, key, live)
    if any(rule.managers for rule in rules):
        whole = ignored(rules, key, live, items=True).paths
        unwanted = [path for path in whole if isinstance(path[-1], int) and _here(path, live, wanted) is None]
        other = Ignored(without(live, {*other.paths, *unwanted}), other.paths, other.failures)
    return one, other


def unignored_desired(
    desired: Object, live: Object, rules: Sequence[IgnoreDifference], key: ObjectKey
) -> Object:
    """What to apply when ignored fields are to be left alone: the desired object with what lives in their places.

    Items of lists are found by their names where they have any, as the API server does.
    """
    body = ignored(rules, key, desired, live).body
    stated = without(live, _SERVER_OWNED)
    for path in ignored(rules, key, live).paths:
        if at(stated, path) is not ABSENT:
            body = with_live(body, path, stated)
    return body


def _here(path: Path, live: Object, wanted: Object) -> Path | None:
    """The place in the wanted object of what is at a path of the live one."""
    steps: list[str | int] = []
    one: Any = live
    other: Any = wanted
    for step in path:
        if isinstance(one, list) and isinstance(other, list):
            here: str | int | None = next(
                (place for place, there in pairs(other, one) if there == step), None
            )
        else:
            here = step
        if here is None or at(other, (here,)) is ABSENT:
            return None
        one, other = at(one, (step,)), at(other, (here,))
        steps.append(here)
    return tuple(steps)


def with_live(body: Any, path: Path, live: Any) -> Any:
    """The object with what lives at a path of the live one; an item that is not there is added at the end."""
    if not path:
        return live
    step, rest = path[0], path[1:]
    if isinstance(live, list) and isinstance(step, int):
        items = body if isinstance(body, list) else []
        here = next((place for place, there in pairs(items, live) if there == step), None)
        if here is not None:
            return [with_live(item, rest, live[step]) if i == here else item for i, item in enumerate(items)]
        return body if rest else [*items, live[step]]
    if body is not ABSENT and not isinstance(body, dict):
        return body
    fields = {} if body is ABSENT else body
    value = with_live(fields.get(step, ABSENT), rest, live[step])
    return body if value is ABSENT else {**fields, step: value}
