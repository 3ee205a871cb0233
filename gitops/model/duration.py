"""Durations as Kubernetes and Go people write them."""

from __future__ import annotations

import re

_UNITS = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 0.001}
_PART = re.compile(r"([0-9]+(?:\.[0-9]+)?)(ms|h|m|s)")


def parse_duration(text: str) -> float:
    """Seconds in a Go duration such as `90s`, `5m` or `1h30m` (units h, m, s, ms).

    Raises:
        ValueError: the text is not such a duration, or is not positive.
    """
    parts = _PART.findall(text)
    if not parts or "".join(number + unit for number, unit in parts) != text:
        message = f"{text!r} is not a duration such as 90s, 5m or 1h30m"
        raise ValueError(message)
    seconds = sum(float(number) * _UNITS[unit] for number, unit in parts)
    if seconds <= 0:
        message = f"{text!r} is not longer than nothing"
        raise ValueError(message)
    return seconds
