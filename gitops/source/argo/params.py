"""Parameter sets of generators: how they are flattened, merged and combined."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gitops.source.argo.gotemplate.values import as_go, go_text

if TYPE_CHECKING:
    from collections.abc import Iterator

Params = dict[str, Any]


class Strings(dict[str, Any]):
    """A mapping of text to text: a key that it lacks is "" in a Go template."""


class CombinationError(ValueError):
    """Parameter sets that can't be combined."""


def flat(params: Params) -> dict[str, str]:
    """Nested keys joined by dots, values as text; empty lists and mappings vanish, as in Argo CD."""
    return {key: go_text(as_go(value)) for key, value in _leaves(params, "")}


def _leaves(value: Any, prefix: str) -> Iterator[tuple[str, Any]]:
    items = value.items() if isinstance(value, dict) else enumerate(value)
    for key, item in items:
        path = f"{prefix}.{key}" if prefix else str(key)
        if isinstance(item, dict | list):
            yield from _leaves(item, path)
        else:
            yield path, item


def merged(first: Params, second: Params, *, second_wins: bool = False) -> Params:
    """Both, mapping by mapping; where both state a value that is not empty, the first one's or the second's."""
    result: Params = type(first)(first)
    for key, value in second.items():
        known = result.get(key)
        if isinstance(known, dict) and isinstance(value, dict):
            result[key] = merged(known, value, second_wins=second_wins)
        elif _empty(known) or (second_wins and not _empty(value)):
            result[key] = value
    return result


def _empty(value: Any) -> bool:
    """Go's zero value, which a merge does not count as stated."""
    return (
        value is None or value is False or value == 0 or (isinstance(value, str | list | dict) and not value)
    )


def combined(first: Params, second: Params) -> Params:
    """Both flat sets, values as text.

    Raises:
        CombinationError: they differ in a value.
    """
    first, second = _texts(first), _texts(second)
    for key in sorted(first.keys() & second.keys()):
        if first[key] != second[key]:
            raise CombinationError(f"two generators differ in {key!r}: {first[key]!r} and {second[key]!r}")
    return {**first, **second}


def _texts(params: Params) -> Params:
    return {key: value if isinstance(value, str) else go_text(as_go(value)) for key, value in params.items()}
