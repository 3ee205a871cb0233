"""What would change: the live object, cut to what was asked for last time, against what is asked for now."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sandbox.provider.immutable import Path, matches

if TYPE_CHECKING:
    from collections.abc import Iterator

ADD, DELETE, UPDATE = "ADD", "DELETE", "UPDATE"
_ABSENT: Any = object()


@dataclass(frozen=True, slots=True)
class Change:
    """One difference: where, `ADD`, `DELETE` or `UPDATE`, and whether it replaces the object."""

    path: str
    kind: str
    replaces: bool


def prune(live: Any, shape: Any, before: Any = None) -> Any:
    """The part of `live` that `shape` speaks of: keys by name, items by index; another type stays.

    An empty value that the server dropped from `before`, the last live object, too is not drift: it stays.
    """
    if isinstance(live, dict) and isinstance(shape, dict):
        kept = {k: prune(value, shape[k], _of(before, k)) for k, value in live.items() if k in shape}
        if not isinstance(before, dict):
            return kept
        return kept | {k: v for k, v in shape.items() if k not in live and k not in before and _is_zero(v)}
    if isinstance(live, list) and isinstance(shape, list):
        if live and shape and type(live[0]) is not type(shape[0]) and not _numbers(live[0], shape[0]):
            return live
        pairs = zip(live, shape, strict=False)
        return [prune(item, model, _of(before, index)) for index, (item, model) in enumerate(pairs)]
    return live


def _is_zero(value: Any) -> bool:
    return value in ("", {}, []) or (isinstance(value, bool | int | float) and not value)


def compare(base: Any, new: Any, old_inputs: Any, replacing: tuple[tuple[str, ...], ...]) -> list[Change]:
    """Every change from `base` to `new`, in the order of the paths.

    A value that neither the last inputs nor the new ones state is the server's own, and no difference.
    """
    found = [
        Change(spell(path), kind, matches(path, replacing)) for path, kind in _walk((), base, new, old_inputs)
    ]
    return sorted(found, key=lambda change: change.path)


def _walk(path: Path, old: Any, new: Any, old_input: Any) -> Iterator[tuple[Path, str]]:
    if new is _ABSENT:
        if old_input is not _ABSENT and old is not _ABSENT:
            yield path, DELETE
    elif old is _ABSENT:
        # the server drops some empty values; one that was stated before, and dropped, is no news
        if not (_is_zero(new) and _equal(new, old_input)):
            yield path, ADD
    elif isinstance(old, dict) and isinstance(new, dict):
        for key in {**old, **new}:
            yield from _walk((*path, key), _of(old, key), _of(new, key), _of(old_input, key))
    elif isinstance(old, list) and isinstance(new, list):
        for index in range(max(len(old), len(new))):
            yield from _walk((*path, index), _of(old, index), _of(new, index), _of(old_input, index))
    elif not _equal(old, new):
        yield path, UPDATE


def _of(container: Any, key: str | int) -> Any:
    if isinstance(container, dict):
        return container.get(key, _ABSENT)
    if isinstance(container, list) and isinstance(key, int) and key < len(container):
        return container[key]
    return _ABSENT


def _numbers(a: Any, b: Any) -> bool:
    return all(isinstance(value, int | float) and not isinstance(value, bool) for value in (a, b))


def _equal(a: Any, b: Any) -> bool:
    # in Python True is 1, in JSON it is not
    return a == b and (isinstance(a, bool) is isinstance(b, bool))


def spell(path: Path) -> str:
    """A path as the engine writes it: `spec.ports[0].name`, `metadata.labels["a.b/c"]`."""
    text = ""
    for step in path:
        if isinstance(step, int):
            text += f"[{step}]"
        elif any(c in step for c in '."[]'):
            quoted = step.replace('"', '\\"')
            text += f'["{quoted}"]'
        else:
            text += f".{step}" if text else step
    return text


def parse_path(text: str) -> Path:
    """The inverse of `spell`; `*` stands for every key or index."""
    steps: list[str | int] = []
    rest = text
    while rest:
        if rest.startswith('["'):
            key, end = "", 2
            while end < len(rest) and rest[end] != '"':
                end += rest[end] == "\\"
                key += rest[end : end + 1]
                end += 1
            steps.append(key)
            rest = rest[end + 2 :]
        elif rest.startswith("["):
            index, _, rest = rest[1:].partition("]")
            steps.append(int(index) if index.isdigit() else "*")
        else:
            rest = rest.removeprefix(".")
            end = min((rest.find(c) for c in ".[" if c in rest), default=len(rest))
            steps.append(rest[:end])
            rest = rest[end:]
    return tuple(steps)
