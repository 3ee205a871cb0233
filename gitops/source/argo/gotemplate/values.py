"""Values as Go has them, without the template language."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

_NOT_IN_NAME = re.compile(r"[^-a-z0-9.]")


def as_go(value: Any) -> Any:
    """JSON as Go reads it into an `interface{}`: every number is a float64."""
    if isinstance(value, dict):
        return {key: as_go(item) for key, item in value.items()}
    if isinstance(value, list):
        return [as_go(item) for item in value]
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value


def go_text(value: object) -> str:
    """A number, text, boolean or nothing as Go's `%v` shows it; lists and mappings in its way too."""
    if value is None:
        return "<nil>"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return _number(value)
    if isinstance(value, list):
        return f"[{' '.join(map(go_text, value))}]"
    if isinstance(value, dict):
        return f"map[{' '.join(f'{key}:{go_text(value[key])}' for key in sorted(value))}]"
    return str(value)


def _number(value: float) -> str:
    """The shortest digits that mean the number, with an exponent from a million on and below 0.0001.

    Source: format `g` in the documentation of Go's `strconv.FormatFloat`.
    """
    number = Decimal(repr(value)).normalize()
    exponent = number.adjusted()
    if not number.is_finite() or number.is_zero() or -4 <= exponent < 6:
        return f"{number:f}"
    sign, digits, _ = number.as_tuple()
    first, *rest = map(str, digits)
    fraction = f".{''.join(rest)}" if rest else ""
    return f"{'-' * sign}{first}{fraction}e{exponent:+03d}"


def normalize(name: str) -> str:
    """A name as a DNS subdomain: lower case, `-` for what is not allowed, 253 characters at most."""
    return _NOT_IN_NAME.sub("-", name.lower())[:253].strip("-.")
