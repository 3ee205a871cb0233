"""Go's `path.Match`, which is how GitOps people write directory globs."""

from __future__ import annotations

import re
from functools import lru_cache

# Source: the grammar in the documentation of Go's `path.Match`; a class holds at least one range.
_TERM = re.compile(
    r"(?P<star>\*+)|(?P<one>\?)|\[(?P<not>\^?+)(?P<ranges>(?:{c}(?:-{c})?)+)\]|\\(?P<escaped>.)|(?P<plain>[^\\\[])".replace(
        "{c}", r"(?:\\.|[^\\\]-])"
    ),
    re.DOTALL,
)
_RANGE = re.compile(r"\\?(.)(?:-\\?(.))?", re.DOTALL)


@lru_cache(maxsize=1024)
def _compiled(pattern: str) -> re.Pattern[str]:
    parts: list[str] = []
    index = 0
    while index < len(pattern):
        term = _TERM.match(pattern, index)
        if term is None:
            message = f"{pattern!r} is not a glob: mend what begins with {pattern[index : index + 10]!r}"
            raise ValueError(message)
        index = term.end()
        match term.lastgroup:
            case "star":
                parts.append("[^/]*")
            case "one":
                parts.append("[^/]")
            case "ranges":
                parts.append(_class(term["ranges"], negated=bool(term["not"])))
            case _:
                parts.append(re.escape(term["escaped"] or term["plain"]))
    return re.compile("".join(parts))


def _class(ranges: str, *, negated: bool) -> str:
    """A regular expression's class; a range that runs backwards holds nothing, as in Go."""
    pairs = [(low, high or low) for low, high in _RANGE.findall(ranges)]
    inside = "".join(f"{re.escape(low)}-{re.escape(high)}" for low, high in pairs if low <= high)
    if not inside:
        return r"[\s\S]" if negated else r"(?!)"
    return f"[{'^' if negated else ''}{inside}]"


def matches(pattern: str, path: str) -> bool:
    """Whether the whole path matches: `*` and `?` stop at "/", `[a-z]` and `[^a-z]` are classes.

    `**` means no more than `*`, as in Go.

    Raises:
        ValueError: the pattern is malformed.
    """
    return _compiled(pattern).fullmatch(path) is not None


def matches_text(pattern: str, text: str, *, by_segment: bool = False) -> bool:
    """Whether the whole text matches, where `*` and `?` also take "/" and `{a,b}` is either.

    By segment `*` and `?` stop at "/", and only `**` takes it.

    Source: github.com/gobwas/glob, with which Argo CD matches file names, and, with "/" as separator, repositories.

    Raises:
        ValueError: the pattern is malformed.
    """
    return _compiled_text(pattern, by_segment=by_segment).fullmatch(text) is not None


_TEXT_TERM = re.compile(r"\*+|\?|\[(!?)([^\]\\]+)\]|\\(.)|[{},]|[^\\\[]", re.DOTALL)


@lru_cache(maxsize=1024)
def _compiled_text(pattern: str, *, by_segment: bool) -> re.Pattern[str]:
    one = "[^/]" if by_segment else "."
    parts: list[str] = []
    depth = index = 0
    while index < len(pattern):
        term = _TEXT_TERM.match(pattern, index)
        if term is None:
            break
        index = term.end()
        match term[0]:
            case "{":
                depth += 1
                parts.append("(?:")
            case "}" if depth:
                depth -= 1
                parts.append(")")
            case "," if depth:
                parts.append("|")
            case "?":
                parts.append(one)
            case stars if stars.startswith("*"):
                parts.append(f"{one}*" if stars == "*" else ".*")
            case ranges if ranges.startswith("["):
                parts.append(_class(term[2], negated=bool(term[1])))
            case plain:
                parts.append(re.escape(term[3] or plain))
    if index < len(pattern) or depth:
        message = f"{pattern!r} is not a glob: mend what begins with {pattern[index : index + 10]!r}"
        raise ValueError(message)
    return re.compile("".join(parts), re.DOTALL)
