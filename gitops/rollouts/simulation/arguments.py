"""What the arguments of an analysis were, or stand for, in the past."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from gitops.model.manifest import as_mapping
from gitops.rollouts.referenced import ARGUMENT

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

ANY_HASH = "[a-z0-9]+"
"""Stands for the hash of a version where nobody says which: whatever ran."""
_MATCHED = re.compile(r"""(=~|!~)(\s*)("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')""")
_EQUAL = re.compile(r"""(?<![=!~<>])=(\s*)(["'])(\{\{\s*args\.([^\s{}]+)\s*\}\})\2""")


class UnknownArgumentError(ValueError):
    """A template's argument has no value outside a rollout."""


def given(declared: Iterable[Any], stated: Iterable[Any], own: Mapping[str, str]) -> dict[str, str | None]:
    """The value of each argument; None for the hash of a version, which the past does not have."""
    values: dict[str, str | None] = {}
    for item in [*map(as_mapping, declared), *map(as_mapping, stated)]:
        name = str(item.get("name"))
        if "podTemplateHashValue" in as_mapping(item.get("valueFrom")):
            values[name] = None
        elif "value" in item:
            values[name] = str(item["value"])
    return {**values, **own}


def filled(text: str, values: Mapping[str, str | None]) -> tuple[str, tuple[tuple[str, str], ...]]:
    """The text with its arguments filled in, and what was put for those that only a rollout would know.

    Such a hash becomes a pattern that any hash fits, where the text matches by pattern or by equality.

    Raises:
        UnknownArgumentError: an argument has no value that could stand there.
    """
    put: dict[str, str] = {}

    def value(name: str) -> str:
        if name not in values:
            message = f"the argument {name} has no value in Git; give it: --arg {name}=VALUE"
            raise UnknownArgumentError(message)
        told = values[name]
        if told is None:
            message = (
                f"the argument {name} is a hash that only a rollout has, and stands where no pattern can;"
                f" give it: --arg {name}=HASH"
            )
            raise UnknownArgumentError(message)
        return told

    def hashes(found: re.Match[str]) -> str:
        name = found[1]
        if name not in values or values[name] is not None:
            return found[0]
        put[name] = ANY_HASH
        return ANY_HASH

    def equal(found: re.Match[str]) -> str:
        name = found[4]
        if name not in values or values[name] is not None:
            return found[0]
        return f"=~{found[1]}{found[2]}{found[3]}{found[2]}"

    by_pattern = _MATCHED.sub(
        lambda found: found[1] + found[2] + ARGUMENT.sub(hashes, found[3]), _EQUAL.sub(equal, text)
    )
    return ARGUMENT.sub(lambda found: value(found[1]), by_pattern), tuple(put.items())
