"""Directory globs: the table is what Go's `path.Match` answered, the properties hold for any."""

from __future__ import annotations

import re
from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitops.source.match import matches, matches_text

TABLE = [
    ("", "", True), ("", "a", False), ("*", "a\nb", True), ("*", ".a", True), ("*", "a/b", False),
    ("**", "a/b", False), ("*/*", "a/b", True), ("**/b", "a/c/b", False), ("a*b*c", "axbyc", True),
    ("a*", "a", True), ("k8s/*", "k8s/", True), ("K8s", "k8s", False), ("*.yaml", "x.yaml", True),
    ("?", "é", True), ("?", "/", False), ("[^a]", "b", True), ("[^a]", "a", False), ("[!a]", "b", False),
    ("[!a]", "!", True), ("[^a]", "/", True), ("[a/b]", "/", True), ("[a-z]*", "q9", True),
    ("[z-a]", "b", False), ("[^z-a]", "b", True), ("[[]", "[", True), ("[[:alpha:]]", "a", False),
    ("[a&&b]", "&", True), ("[a^]", "^", True), ("[^^]", "^", False), (r"[\]]", "]", True),
    (r"[\-]", "-", True), (r"[x\-]", "x", True), (r"[\\]", "\\", True), (r"\*", "*", True),
    (r"\*", "a", False), ("]", "]", True), ("a-b", "a-b", True), ("{a,b}", "a", False),
    ("a.c", "abc", False), ("(a|b)", "a", False), ("a+", "aa", False), ("^a$", "a", False),
]  # fmt: skip
MALFORMED = [
    "[",
    "a[",
    "[]",
    "[^",
    "[^]a]",
    "[]a]",
    "[-]",
    "[x-]",
    "[-x]",
    "[a-]",
    "[a-c-e]",
    "a\\",
    "[\\",
    "[a\\",
]
NAMES = st.text("ab1-./é\\[]*?^$", max_size=8)


@pytest.mark.parametrize(("pattern", "path", "matched"), TABLE)
def test_a_pattern_matches_as_in_go(pattern: str, path: str, *, matched: bool) -> None:
    assert matches(pattern, path) is matched


@pytest.mark.parametrize("pattern", MALFORMED)
def test_a_malformed_pattern_is_refused_by_name(pattern: str) -> None:
    with pytest.raises(ValueError, match=re.escape(f"{pattern!r} is not a glob")):
        matches(pattern, "a")


@given(NAMES)
def test_an_escaped_name_matches_itself_and_nothing_longer(name: str) -> None:
    pattern = re.sub(r"([\\*?\[\]])", r"\\\1", name)
    assert matches(pattern, name)
    assert not matches(pattern, f"{name}x")


@given(st.lists(st.text("ab1-.", max_size=4), min_size=1, max_size=4))
def test_stars_match_exactly_paths_of_their_own_depth(parts: list[str]) -> None:
    path = "/".join(parts)
    assert matches("/".join("*" for _ in parts), path)
    assert not matches("/".join("*" for _ in [*parts, ""]), path)


@given(NAMES, NAMES)
def test_any_pattern_either_answers_or_is_refused(pattern: str, path: str) -> None:
    try:
        answer = matches(pattern, path)
    except ValueError:
        assert set("[\\") & set(pattern)
    else:
        assert not answer or set("*?[\\") & set(pattern) or pattern == path


@pytest.mark.parametrize(
    ("pattern", "text", "matched"),
    [
        ("a,b", "a,b", True), ("{a,b}", "b", True), ("{a,b{c,d}}x", "bcx", True), ("{a,b{c,d}}x", "bx", False),
        ("{,a}b", "b", True), ("*.{yaml,json}", "x/y.json", True), ("{a*c,d}e", "abbce", True), ("", "", True),
        ("a}b", "a}b", True), ("[!a]", "b", True), ("a?c", "a/c", True), ("*a*", "bab", True),
    ],
)  # fmt: skip
def test_a_text_matches_as_in_argo_cd(pattern: str, text: str, *, matched: bool) -> None:
    assert matches_text(pattern, text) is matched


@pytest.mark.parametrize(
    ("pattern", "matched"),
    [
        ("a/*", False),
        ("a/**", True),
        ("a/*/c", True),
        ("a/?/c", True),
        ("a?b/c", False),
        ("**b*c", False),
        ("**/c", True),
    ],
)  # fmt: skip
def test_by_segment_only_two_stars_take_a_slash(pattern: str, *, matched: bool) -> None:
    assert matches_text(pattern, "a/b/c", by_segment=True) is matched


@pytest.mark.parametrize(
    "pattern", ["*a" * 30 + "b", "{" + "*a" * 30 + "b,c}", "*?" * 30 + "b", "*[a-c]" * 30 + "x"]
)
def test_many_stars_cost_no_time(pattern: str) -> None:
    begun = process_time()
    assert not matches_text(pattern, "a" * 1000)
    assert "{" in pattern or not matches(pattern, "a" * 1000)
    assert process_time() - begun < 1


@pytest.mark.parametrize("pattern", ["{a,b}" * 12, "**a*b**c*d"])
def test_a_glob_that_would_take_for_ever_is_refused(pattern: str) -> None:
    with pytest.raises(ValueError, match=r"more than \d+ (?:alternatives|stars)"):
        matches_text(pattern, "x", by_segment=True)
