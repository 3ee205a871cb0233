"""Conditions on `result`, in the part of Argo Rollouts' expressions that its analyses of numbers need.

Source: https://expr-lang.org/docs/language-definition and the functions that Argo Rollouts adds. The rest of the
language is refused, so that nothing is judged that was not understood.
"""

from __future__ import annotations

import math
import operator
from functools import cache, reduce
from typing import TYPE_CHECKING, Any

from lark import Lark, Transformer
from lark.exceptions import LarkError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    Condition = Callable[[Any], bool]
    """Whether it holds of a result. Raises ValueError for what the controller would count as an error."""
    _Part = Callable[[Any, Any], Any]

_LONGEST = 1000
_DEEPEST = 50
_GRAMMAR = r"""
?start: either
?either: both (_OR both)*
?both: compared (_AND compared)*
?compared: total (COMPARISON total)?
?total: product ((PLUS | MINUS) product)*
?product: unary ((TIMES | OVER) unary)*
?unary: _NOT unary -> negated
      | MINUS unary -> minus
      | indexed
?indexed: primary ("[" INDEX "]")*
?primary: NUMBER -> number
        | INDEX -> number
        | _TRUE -> true
        | _FALSE -> false
        | _RESULT -> result
        | "#" -> element
        | ONE "(" either ")" -> call
        | EACH "(" either "," (either | "{" either "}") ")" -> each
        | "default" "(" either "," either ")" -> default
        | "(" either ")"
_OR: "||" | /or\b/
_AND: "&&" | /and\b/
_NOT: "!" | /not\b/
_TRUE: /true\b/
_FALSE: /false\b/
_RESULT: /result\b/
ONE: "len" | "isNaN" | "isInf" | "isNil" | "asFloat"
EACH: "all" | "any" | "none" | "one"
COMPARISON: "==" | "!=" | "<=" | ">=" | "<" | ">"
PLUS: "+"
MINUS: "-"
TIMES: "*"
OVER: "/"
INDEX.2: /[0-9]+(?![0-9.eE_])/
NUMBER: /[0-9]+\.[0-9]*([eE][-+]?[0-9]+)?|[0-9]+[eE][-+]?[0-9]+|\.[0-9]+([eE][-+]?[0-9]+)?/
%ignore /[ \t\r\n]+/
"""
_COMPARED: dict[str, Callable[[Any, Any], bool]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<=": operator.le,
    ">=": operator.ge,
    "<": operator.lt,
    ">": operator.gt,
}


def condition(text: str) -> Condition:
    """The condition of this text.

    Raises:
        ValueError: it is none, or in a part of the language that is not known here.
    """
    if len(text) > _LONGEST or text.count("(") > _DEEPEST or text.count("!") > _DEEPEST:
        message = f"a condition of {len(text)} characters is not read here"
        raise ValueError(message)
    try:
        part: _Part = _Parts().transform(_parser().parse(text))
    except LarkError as error:
        column = getattr(error, "column", -1)
        where = f" from column {column}" if column > 0 else ""
        message = f"the condition {text!r} can't be judged here{where}"
        raise ValueError(message) from error

    def holds(result: Any) -> bool:
        return _truth(part(result, None))

    return holds


@cache
def _parser() -> Lark:
    return Lark(_GRAMMAR, parser="lalr", maybe_placeholders=False)


class _Parts(Transformer[Any, Any]):
    """Each rule as a function of the result and of the element that `#` means."""

    def either(self, parts: list[_Part]) -> _Part:
        return lambda result, one: any(_truth(part(result, one)) for part in parts)

    def both(self, parts: list[_Part]) -> _Part:
        return lambda result, one: all(_truth(part(result, one)) for part in parts)

    def negated(self, parts: list[_Part]) -> _Part:
        return lambda result, one: not _truth(parts[0](result, one))

    def compared(self, parts: list[Any]) -> _Part:
        left, sign, right = parts
        return lambda result, one: _compared(sign, left(result, one), right(result, one))

    def total(self, parts: list[Any]) -> _Part:
        return _calculated(parts)

    product = total

    def minus(self, parts: list[Any]) -> _Part:
        return lambda result, one: -_number(parts[1](result, one))

    def indexed(self, parts: list[Any]) -> _Part:
        def at(result: Any, one: Any) -> Any:
            return reduce(lambda value, index: _at(value, int(index)), parts[1:], parts[0](result, one))

        return at

    def number(self, parts: list[str]) -> _Part:
        value = float(parts[0])
        return lambda *_: value

    def true(self, _: list[Any]) -> _Part:
        return lambda *_: True

    def false(self, _: list[Any]) -> _Part:
        return lambda *_: False

    def result(self, _: list[Any]) -> _Part:
        return lambda result, _: result

    def element(self, _: list[Any]) -> _Part:
        return lambda _, one: one

    def call(self, parts: list[Any]) -> _Part:
        name, part = parts
        return lambda result, one: _ONE[name](part(result, one))

    def each(self, parts: list[Any]) -> _Part:
        name, many, holds = parts
        return lambda result, one: _EACH[name](
            _truth(holds(result, item)) for item in _numbers(many(result, one))
        )

    def default(self, parts: list[_Part]) -> _Part:
        return lambda result, _: result if parts else None


def _calculated(parts: list[Any]) -> _Part:
    def value(result: Any, one: Any) -> float:
        found = _number(parts[0](result, one))
        for sign, part in zip(parts[1::2], parts[2::2], strict=True):
            found = _CALCULATED[sign](found, _number(part(result, one)))
        return found

    return value


def _divided(left: float, right: float) -> float:
    """As processors divide, who know no error."""
    if right:
        return left / right
    return (
        math.nan if left == 0 or math.isnan(left) else math.copysign(math.inf, left) * math.copysign(1, right)
    )


_CALCULATED: dict[str, Callable[[float, float], float]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": _divided,
}


def _compared(sign: str, left: Any, right: Any) -> bool:
    if isinstance(left, bool) and isinstance(right, bool) and sign in {"==", "!="}:
        return _COMPARED[sign](left, right)
    return _COMPARED[sign](_number(left), _number(right))


def _truth(value: Any) -> bool:
    if not isinstance(value, bool):
        message = "a condition gives no truth value"
        raise ValueError(message)  # noqa: TRY004 - all that goes wrong is one kind of error to who asks
    return value


def _number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, float | int):
        message = "a number is needed where there is none"
        raise ValueError(message)  # noqa: TRY004
    return value


def _numbers(value: Any) -> tuple[float, ...]:
    if not isinstance(value, tuple):
        message = "the query has one number, not a list of them"
        raise ValueError(message)  # noqa: TRY004
    return value


def _at(value: Any, index: int) -> float:
    found = _numbers(value)
    if index < len(found):
        return found[index]
    message = f"there is no value {index} among {len(found)}"
    raise ValueError(message)


_ONE: dict[str, Callable[[Any], Any]] = {
    "len": lambda value: len(_numbers(value)),
    "isNaN": lambda value: math.isnan(_number(value)),
    "isInf": lambda value: math.isinf(_number(value)),
    "isNil": lambda _: False,  # Prometheus answers a list or a number, also when it has nothing to tell
    "asFloat": lambda value: float(_number(value)),
}
_EACH: dict[str, Callable[[Iterable[bool]], bool]] = {
    "all": all,
    "any": any,
    "none": lambda found: not any(found),
    "one": lambda found: sum(found) == 1,
}
