"""Label selectors, whose values may be any text, as ApplicationSets have them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import msgspec

if TYPE_CHECKING:
    from collections.abc import Mapping


class Expression(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One of `matchExpressions`."""

    key: str
    operator: Literal["In", "NotIn", "Exists", "DoesNotExist"]
    values: tuple[str, ...] = ()


class Selector(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="camel"):
    """A label selector; an empty one matches everything."""

    match_labels: dict[str, str] = {}
    match_expressions: tuple[Expression, ...] = ()


def selects(selector: Selector, labels: Mapping[str, str]) -> bool:
    """Whether all of the selector's conditions hold; a key that is not there is not in any list."""
    return all(labels.get(key) == value for key, value in selector.match_labels.items()) and all(
        _holds(expression, labels) for expression in selector.match_expressions
    )


def _holds(expression: Expression, labels: Mapping[str, str]) -> bool:
    there = expression.key in labels
    match expression.operator:
        case "Exists":
            return there
        case "DoesNotExist":
            return not there
        case "In":
            return there and labels[expression.key] in expression.values
        case _:
            return not there or labels[expression.key] not in expression.values
