"""Bounds of one rendering: text from a repository must not eat the machine.

Every function pays for what it is about to make and for what it has made, in characters and values; loops,
nested templates and output have bounds of their own.
"""

from __future__ import annotations

import re
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import wraps
from math import prod
from typing import TYPE_CHECKING, Any

from gotpl import ExecutionBudget
from gotpl.runtime.values import INVALID, UNTYPED_NIL

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

MAX_WORK = 2_000_000
MAX_OUTPUT = 1_000_000
MAX_TEMPLATE = 100_000
BUDGET = ExecutionBudget(
    max_output_chars=MAX_OUTPUT, max_iterations=100_000, max_template_depth=100, max_function_calls=10_000
)
# What these make grows with the product of what they are given.
_GROWING = frozenset("repeat indent nindent until untilStep seq join wrap wrapWith replace".split())
_REPEATED = re.compile(r"\{(?:[0-9]*,)?([0-9]+)")
_NUMBER = re.compile(r"[0-9]+")


class TooMuchError(Exception):
    """A template wants more than one rendering may cost."""


@dataclass(slots=True)
class _Meter:
    left: int = MAX_WORK

    def charge(self, amount: int) -> None:
        self.left -= amount
        if self.left < 0:
            raise TooMuchError("the template makes too much: more than 2 million characters and values")


_meter: ContextVar[_Meter] = ContextVar("meter")


@contextmanager
def metered() -> Iterator[None]:
    """One rendering and all that it renders inside share one meter."""
    if _meter.get(None) is not None:
        yield
        return
    token = _meter.set(_Meter())
    try:
        yield
    finally:
        _meter.reset(token)


def paid(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    """The function, which now pays, and to which a missing key is nil."""
    cost = _glance
    if name in _GROWING:
        cost = _product
    elif "egex" in name:
        cost = _expression_cost
    elif name == "printf":
        cost = _format_cost

    @wraps(function)
    def call(*arguments: Any) -> Any:
        meter = _meter.get()
        meter.charge(cost(arguments))
        result = function(*(None if item is INVALID or item is UNTYPED_NIL else item for item in arguments))
        meter.charge(weight(getattr(result, "value", result), meter.left))
        return result

    return call


def weight(value: Any, limit: int = MAX_WORK) -> int:
    """Characters and values in a value; a shared value counts each time, and counting ends beyond the limit."""
    total, waiting = 0, [value]
    while waiting and total <= limit:
        item = waiting.pop()
        total += 1 + (len(item) if isinstance(item, str) else 0)
        if isinstance(item, dict):
            waiting.extend(item.values())
        elif isinstance(item, list | tuple):
            waiting.extend(item)
    return total


def _size(value: Any) -> int:
    return max(1, abs(int(value)) if isinstance(value, int | float) and value == value else weight(value))  # noqa: PLR0124 - a NaN


def _product(arguments: tuple[Any, ...]) -> int:
    return prod(_size(value) for value in arguments)


def _expression_cost(arguments: tuple[Any, ...]) -> int:
    """An expression is as large as its repetitions, one in the other, make it."""
    repeated = _REPEATED.findall(str(arguments[0])) if arguments else ()
    return _product(arguments) * prod(int(count[:9]) or 1 for count in repeated)


def _glance(arguments: tuple[Any, ...]) -> int:
    return 1 + sum(len(value) for value in arguments if isinstance(value, str | list | dict)) // 16


def _format_cost(arguments: tuple[Any, ...]) -> int:
    """A verb makes its widest argument or as much as its width says, which a `*` takes from an argument."""
    layout = str(arguments[0]) if arguments else ""
    widths = [int(digits[:9]) for digits in _NUMBER.findall(layout)]
    if "*" in layout:
        widths += [abs(value) for value in arguments if isinstance(value, int)]
    widest = max((weight(value) for value in arguments), default=0)
    return (1 + layout.count("%")) * (max(widths, default=0) + widest)


def pay_all(functions: Mapping[str, Callable[..., Any]]) -> dict[str, Callable[..., Any]]:
    """All functions, which now pay."""
    return {name: paid(name, function) for name, function in functions.items()}
