"""Go's `path.Match`, which is how GitOps people write directory globs."""

from __future__ import annotations

import re
from functools import lru_cache


@lru_cache(maxsize=1024)
def _compiled(pattern: str) -> re.Pattern[str]:
    parts: list[str] = []
    index = 0
    while index < len(pattern):
        char = pattern[index]
        index += 1
        if char == "*":
            parts.append("[^/]*")
        elif char == "?":
            parts.append("[^/]")
        elif char == "\\" and index < len(pattern):
            parts.append(re.escape(pattern[index]))
            index += 1
        elif char == "[":
            end = pattern.find("]", index + 1)
            if end < 0:
                message = f"{pattern!r} has a [ without its ]"
                raise ValueError(message)
            body = pattern[index:end].replace("\\", "\\\\")
            parts.append(f"(?!/)[{body}]")
            index = end + 1
        else:
            parts.append(re.escape(char))
    return re.compile("".join(parts))


def matches(pattern: str, path: str) -> bool:
    """Whether the whole path matches: `*` and `?` stop at "/", `[a-z]` and `[^a-z]` are classes.

    `**` means no more than `*`, as in Go.

    Raises:
        ValueError: the pattern is malformed.
    """
    return _compiled(pattern).fullmatch(path) is not None
