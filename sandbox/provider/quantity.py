"""Kubernetes quantities in the spelling that the API server gives back.

The rules are those of `k8s.io/apimachinery/pkg/api/resource` (Quantity): a binary suffix stays so, anything
else gets the largest decimal suffix that leaves a whole number; nothing is smaller than a nano.
"""

from __future__ import annotations

import re
from fractions import Fraction
from math import ceil
from typing import Any

_FORM = re.compile(r"([+-]?(?:\d+\.?\d*|\.\d+))((?:[KMGTPE]i)|[numkMGTPE]|[eE][+-]?\d+)?")
_DECIMAL = ["n", "u", "m", "", "k", "M", "G", "T", "P", "E"]
_BINARY = ["", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"]


def canonical(value: Any) -> Any:
    """The canonical text of a quantity; what is none comes back unchanged."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return value
    match = _FORM.fullmatch(str(value).strip())
    if not match:
        return value
    number, suffix = Fraction(match[1]), match[2] or ""
    if suffix in _BINARY[1:]:
        amount = number * 1024 ** _BINARY.index(suffix)
        if amount.denominator == 1 and abs(amount) >= 1024:
            return _text(int(amount), _BINARY, 1024)
        return _decimal(amount)
    if suffix[:1] in {"e", "E"} and len(suffix) > 1:
        return _exponent(number * Fraction(10) ** int(suffix[1:]))
    return _decimal(number * Fraction(1000) ** (_DECIMAL.index(suffix) - _DECIMAL.index("")))


def _decimal(amount: Fraction) -> str:
    nanos = ceil(abs(amount) * 1000**3)
    return _text(nanos if amount >= 0 else -nanos, _DECIMAL, 1000) if nanos else "0"


def _exponent(amount: Fraction) -> str:
    nanos, power = int(amount * 1000**3), -9
    while nanos and nanos % 1000 == 0:
        nanos, power = nanos // 1000, power + 3
    return f"{nanos}e{power}" if power and nanos else str(nanos)


def _text(amount: int, suffixes: list[str], base: int) -> str:
    index = 0
    while amount and amount % base == 0 and index < len(suffixes) - 1:
        amount, index = amount // base, index + 1
    return f"{amount}{suffixes[index]}"
