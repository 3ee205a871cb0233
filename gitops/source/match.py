"""Go's `path.Match`, which is how GitOps people write directory globs."""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

# Source: the grammar in the documentation of Go's `path.Match`; a class holds at least one range.
_TERM = re.compile(
    r"(?P<star>\*+)|(?P<one>\?)|\[(?P<not>\^?+)(?P<ranges>(?:{c}(?:-{c})?)+)\]|\\(?P<escaped>.)|(?P<plain>[^\\\[])".replace(
        "{c}", r"(?:\\.|[^\\\]-])"
    ),
    re.DOTALL,
)
_RANGE = re.compile(r"\\?(.)(?:-\\?(.))?", re.DOTALL)


_STARS = ("[^/]*", ".*")
MAX_ALTERNATIVES = 1000
MAX_MIXED_STARS = 3


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
                parts.append(_STARS[0])
            case "one":
                parts.append("[^/]")
            case "ranges":
                parts.append(_class(term["ranges"], negated=bool(term["not"])))
            case _:
                parts.append(re.escape(term["escaped"] or term["plain"]))
    return re.compile(in_linear_time(parts))


def in_linear_time(parts: Sequence[str]) -> str:
    """An expression in which a star takes as little as it can and gives nothing back, but for the last one.

    That is how Go's `path.Match` goes about it, and where all stars take the same characters nothing is missed.
    """
    stars = [index for index, part in enumerate(parts) if part in _STARS]
    if len({parts[index] for index in stars}) > 1:
        if len(stars) > MAX_MIXED_STARS:
            raise ValueError(
                f"more than {MAX_MIXED_STARS} stars of both kinds would take for ever: use one kind"
            )
        return "".join(parts)
    begin, *rest = (list(parts[a:b]) for a, b in pairwise([0, *stars, len(parts)])) if parts else [[]]
    shortest = [f"(?>{star}?{''.join(then)})" for star, *then in rest[:-1]]
    return "".join([*begin, *shortest, *(rest[-1] if rest else ())])


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
                parts.append(_OPEN)
            case "}" if depth:
                depth -= 1
                parts.append(_CLOSE)
            case "," if depth:
                parts.append(_OR)
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
    found, _ = _alternatives(parts, 0)
    return re.compile("|".join(map(in_linear_time, found)), re.DOTALL)


_OPEN, _OR, _CLOSE = "<open>", "<or>", "<close>"  # of more characters than any part for one of them


def _alternatives(parts: Sequence[str], index: int) -> tuple[list[list[str]], int]:
    """All ways through the braces from a part on, and where the brace around it ends."""
    done: list[list[str]] = []
    ways: list[list[str]] = [[]]
    while index < len(parts) and parts[index] != _CLOSE:
        part = parts[index]
        if part == _OR:
            done, ways = [*done, *ways], [[]]
        elif part == _OPEN:
            inner, index = _alternatives(parts, index + 1)
            ways = [[*way, *then] for way in ways for then in inner]
        else:
            for way in ways:
                way.append(part)
        if len(done) + len(ways) > MAX_ALTERNATIVES:
            raise ValueError(f"a glob has more than {MAX_ALTERNATIVES} alternatives")
        index += 1
    return [*done, *ways], index
