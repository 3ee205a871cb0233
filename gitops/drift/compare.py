"""Where a live object contradicts what Git states; what Git does not state is not looked at."""

from __future__ import annotations

import base64
import re
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

MASK = "[secret]"
_QUANTITY = re.compile(r"([+-]?[0-9.]+)([eE][+-]?[0-9]{1,4}|[KMGTPE]i|[numkMGTPE]?)")
_SUFFIX = {
    "n": Decimal("1e-9"), "u": Decimal("1e-6"), "m": Decimal("1e-3"), "": Decimal(1), "k": Decimal(1000),
    **{letter: Decimal(1000) ** power for power, letter in enumerate("MGTPE", 2)},
    **{f"{letter}i": Decimal(1024) ** power for power, letter in enumerate("KMGTPE", 1)},
}  # fmt: skip
# Below these, what looks like a quantity is text.
_TEXT = re.compile(r"^(?:data|stringData|binaryData|metadata)\b|\b(?:env|args|command)\[")
# List items that the API server tells apart by one of these fields.
_MERGE_KEYS = ("name", "containerPort", "port", "mountPath", "type", "topologyKey", "ip", "key")


class Difference(NamedTuple):
    """A path, what Git states and what lives; `live` is None where nothing does."""

    path: str
    wanted: Any
    live: Any


def compare(wanted: dict[str, Any], live: dict[str, Any]) -> list[Difference]:
    """Every stated field that the live object contradicts, sorted by path; a Secret's values are masked."""
    secret = wanted.get("kind") == "Secret"
    found = sorted(_walk(_stated(wanted), live, ""), key=lambda d: d.path)
    return [Difference(d.path, MASK, MASK) if secret and _is_value(d.path) else d for d in found]


def _is_value(path: str) -> bool:
    return path.startswith(("data", "stringData"))


def _stated(wanted: dict[str, Any]) -> dict[str, Any]:
    """A Secret's `stringData` as the server keeps it."""
    if wanted.get("kind") != "Secret" or not isinstance(wanted.get("stringData"), dict):
        return wanted
    encoded = {k: base64.b64encode(str(v).encode()).decode() for k, v in wanted["stringData"].items()}
    rest = {key: value for key, value in wanted.items() if key != "stringData"}
    return {**rest, "data": {**(wanted.get("data") or {}), **encoded}}


def _walk(wanted: Any, live: Any, path: str) -> Iterator[Difference]:
    match wanted, live:
        case dict(), dict():
            for key, value in wanted.items():
                here = f"{path}.{key}" if path else str(key)
                if path or key not in {"apiVersion", "kind"}:
                    yield from _walk(value, live.get(key), here)
        case list(), list():
            yield from _lists(wanted, live, path)
        case _, None if _is_hollow(wanted):
            return
        case _:
            if not _equal(wanted, live, path):
                yield Difference(path, wanted, live)


def _is_hollow(value: Any) -> bool:
    """Whether stating the value is the same as stating nothing: a server drops it."""
    return all(map(_is_hollow, value.values())) if isinstance(value, dict) else not value


def _lists(wanted: list[Any], live: list[Any], path: str) -> Iterator[Difference]:
    if len(wanted) != len(live) and not all(isinstance(item, dict) for item in wanted):
        yield Difference(path, wanted, live)
        return
    pairs = _paired(wanted, live)
    for index, (one, other) in enumerate(pairs):
        yield from _walk(one, other, f"{path}[{index}]")
    if len(live) > len(wanted):
        yield Difference(f"{path}.length", len(wanted), len(live))


def _paired(wanted: list[Any], live: list[Any]) -> list[tuple[Any, Any]]:
    """Each wanted item with its live one: by a merge key where all items carry one, else by place."""
    for key in _MERGE_KEYS:
        if all(isinstance(i, dict) and isinstance(i.get(key), str | int) for i in (*wanted, *live)):
            by_key = {str(item[key]): item for item in live}
            if len(by_key) == len(live):
                return [(item, by_key.get(str(item[key]))) for item in wanted]
    return [(item, live[index] if index < len(live) else None) for index, item in enumerate(wanted)]


def _equal(wanted: Any, live: Any, path: str) -> bool:
    if wanted == live and isinstance(wanted, bool) == isinstance(live, bool):
        return True
    if _TEXT.search(path):
        return False
    one, other = _quantity(wanted), _quantity(live)
    return one is not None and one == other


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
