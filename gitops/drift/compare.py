"""Where a live object contradicts what Git states; what Git does not state is not looked at."""

from __future__ import annotations

import base64
import re
from decimal import Decimal
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

from gitops.cluster.managed import Owner, who
from gitops.drift.ignore import both_ignored
from gitops.drift.lists import pairs
from gitops.drift.noise import INJECTED, may_grow, rules_about
from gitops.model.keys import ObjectKey, group_of
from gitops.model.manifest import MASK
from gitops.model.paths import Path, shown

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from gitops.model.sync import IgnoreDifference

_QUANTITY = re.compile(r"([+-]?[0-9.]+)([eE][+-]?[0-9]{1,4}|[KMGTPE]i|[numkMGTPE]?)")
_SUFFIX = {
    "n": Decimal("1e-9"), "u": Decimal("1e-6"), "m": Decimal("1e-3"), "": Decimal(1), "k": Decimal(1000),
    **{letter: Decimal(1000) ** power for power, letter in enumerate("MGTPE", 2)},
    **{f"{letter}i": Decimal(1024) ** power for power, letter in enumerate("KMGTPE", 1)},
}  # fmt: skip
# Below these, what looks like a quantity is text.
_TEXT_ROOTS = frozenset(("data", "stringData", "binaryData", "metadata"))
_TEXT_LISTS = frozenset(("env", "args", "command"))


class Difference(NamedTuple):
    """A path, what Git states and what lives; `live` is None where nothing does, `by` where nobody says who."""

    path: str
    wanted: Any
    live: Any
    by: Owner | None = None


class Comparison(NamedTuple):
    """What differs, sorted by path, and the rules that could not be applied."""

    differences: tuple[Difference, ...]
    failures: tuple[str, ...] = ()


def compare(wanted: dict[str, Any], live: dict[str, Any]) -> list[Difference]:
    """Every stated field that the live object contradicts, sorted by path; a Secret's values are masked."""
    return list(compare_by(wanted, live, ()).differences)


def compare_by(wanted: dict[str, Any], live: dict[str, Any], rules: Sequence[IgnoreDifference]) -> Comparison:
    """The same without the fields that the rules leave out; each difference tells who owns the live field."""
    stated, kind = as_stored(wanted), str(wanted.get("kind"))
    one, other = both_ignored((*rules_about(stated), *rules), key_in(stated), stated, live)
    found = [
        Difference(shown(path), *masked(kind, path, mine, theirs), who(other.body, at))
        for path, at, mine, theirs in _walk(one.body, other.body, (), (), kind)
    ]
    failures = dict.fromkeys((*one.failures, *other.failures))
    return Comparison(tuple(sorted(found, key=lambda d: d.path)), tuple(failures))


def key_in(body: dict[str, Any]) -> ObjectKey:
    """The identity that an object states, as far as it does."""
    metadata = body.get("metadata")
    name = metadata if isinstance(metadata, dict) else {}
    group = group_of(str(body.get("apiVersion") or ""))
    return ObjectKey(
        group, str(body.get("kind")), str(name.get("namespace") or ""), str(name.get("name") or "")
    )


def masked(kind: str, path: Path, wanted: Any, live: Any) -> tuple[Any, Any]:
    """Both values, or masks for a Secret's."""
    return (MASK, MASK) if kind == "Secret" and path[0] in {"data", "stringData"} else (wanted, live)


def as_stored(wanted: dict[str, Any]) -> dict[str, Any]:
    """A Secret's `stringData` as the server keeps it."""
    if wanted.get("kind") != "Secret" or not isinstance(wanted.get("stringData"), dict):
        return wanted
    encoded = {k: base64.b64encode(str(v).encode()).decode() for k, v in wanted["stringData"].items()}
    rest = {key: value for key, value in wanted.items() if key != "stringData"}
    return {**rest, "data": {**(wanted.get("data") or {}), **encoded}}


# A path in the wanted object, the live one's, and both values.
_Found = tuple[Path, Path, Any, Any]


def _walk(wanted: Any, live: Any, path: Path, at: Path, kind: str) -> Iterator[_Found]:
    if isinstance(wanted, dict) and isinstance(live, dict):
        for key, value in wanted.items():
            there = live.get(key)
            # equal is equal in every sense, except that True is no 1
            if type(value) is str and value == there:
                continue
            if path or key not in {"apiVersion", "kind"}:
                yield from _walk(value, there, (*path, str(key)), (*at, key), kind)
    elif isinstance(wanted, list) and isinstance(live, list):
        yield from _lists(wanted, live, path, at, kind)
    elif not (live is None and _is_hollow(wanted)) and not _equal(wanted, live, path):
        yield path, at, wanted, live


def _is_hollow(value: Any) -> bool:
    """Whether stating the value is the same as stating nothing: a server drops it."""
    return all(map(_is_hollow, value.values())) if isinstance(value, dict) else not value


def _lists(wanted: list[Any], live: list[Any], path: Path, at: Path, kind: str) -> Iterator[_Found]:
    if len(wanted) != len(live) and not all(isinstance(item, dict) for item in wanted):
        yield path, at, wanted, live
        return
    matched = pairs(wanted, live)
    for here, there in matched:
        if there is None:  # nobody owns what is not there, whatever stands in its place
            yield from _walk(wanted[here], None, (*path, here), (*at, -1), kind)
        else:
            yield from _walk(wanted[here], live[there], (*path, here), (*at, there), kind)
    if len(live) <= len(wanted) or may_grow(kind, path):
        return
    known = {there for _, there in matched}
    extra = [i for i in range(len(live)) if i not in known and not _is_injected(live[i])]
    if extra or None in known:
        yield (*path, "length"), (*at, *extra[:1]), len(wanted), len(live)


def _is_injected(item: Any) -> bool:
    return isinstance(item, dict) and str(item.get("name")) in INJECTED


def _equal(wanted: Any, live: Any, path: Path) -> bool:
    if wanted == live and isinstance(wanted, bool) == isinstance(live, bool):
        return True
    if (path[:1] and path[0] in _TEXT_ROOTS) or _is_in_text_list(path):
        return False
    one, other = _quantity(wanted), _quantity(live)
    return one is not None and one == other


def _is_in_text_list(path: Path) -> bool:
    return any(step in _TEXT_LISTS and isinstance(after, int) for step, after in pairwise(path))


def _quantity(value: Any) -> Decimal | None:
    """The number in a Kubernetes quantity such as `500m` or `1Gi`; the format is `resource.Quantity`'s."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    match = _QUANTITY.fullmatch(str(value))
    if not match or match.group(1).count(".") > 1 or not any(c.isdigit() for c in match.group(1)):
        return None
    number, suffix = match.groups()
    return (
        Decimal(number + suffix)
        if suffix[:1] in {"e", "E"} and suffix[1:]
        else Decimal(number) * _SUFFIX[suffix]
    )
