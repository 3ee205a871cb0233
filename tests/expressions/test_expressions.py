"""Expressions of strangers: what they mean, and that they can't harm the process that asks."""

from __future__ import annotations

import time
from typing import Any

import pytest

from gitops.expressions import (
    ExpressionError,
    MissingFieldError,
    check_condition,
    check_paths,
    evaluate,
    holds,
    paths,
)

OBJECT: dict[str, Any] = {
    "metadata": {"name": "a", "generation": 2},
    "spec": {"items": [{"name": "x"}, {"name": "y", "size": 1}]},
    "status": {"conditions": [{"type": "Ready", "status": "True"}], "observedGeneration": 2},
}


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("status.conditions.exists(c, c.type == 'Ready' && c.status == 'True')", True),
        ("status.conditions.filter(e, e.type == 'Ready').all(e, e.status == 'False')", False),
        ("metadata.generation == status.observedGeneration", True),
        ("has(status.phase) && status.phase == 'Running'", False),
        ("spec.items.size() > 5 ? false : spec.items[1].size == 1", True),
        ("metadata.name.matches('^[a-z]$')", True),
    ],
)
def test_a_condition_is_asked_of_the_object_s_own_fields(expression: str, expected: bool) -> None:
    assert holds(expression, OBJECT) is expected


@pytest.mark.parametrize("expression", ["status.phase == 'Running'", "data.ready", "spec.items[0].size == 1"])
def test_a_field_that_is_not_there_is_told_apart(expression: str) -> None:
    with pytest.raises(MissingFieldError):
        holds(expression, OBJECT)


@pytest.mark.parametrize(
    ("expression", "said"),
    [
        ("metadata.name", "gives a string, not true or false"),
        ("metadata.name + 1 == 2", "no matching overload"),
        ("status ==", "can't be read at line 1"),
        ("", "is empty"),
        ("a" * 5000, "is longer than 4096 characters"),
    ],
)
def test_what_is_wrong_with_a_condition_is_told(expression: str, said: str) -> None:
    with pytest.raises(ExpressionError, match=said):
        holds(expression, OBJECT)


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        (".spec.items[0].name", [("spec", "items", 0, "name")]),
        ('.spec.items[] | select(.name == "y")', [("spec", "items", 1)]),
        (
            ".spec.items[]?.size, .metadata",
            [("spec", "items", 0, "size"), ("spec", "items", 1, "size"), ("metadata",)],
        ),
        (".nope.deeper # a comment", [("nope", "deeper")]),
        (".nope[]?", []),
        (".spec.items[-1]", [("spec", "items", -1)]),
        (".spec.items[1:]", [("spec", "items", {"start": 1, "end": None})]),
    ],
)
def test_a_path_expression_gives_the_paths_that_it_means(expression: str, expected: list[Any]) -> None:
    assert paths(expression, OBJECT) == tuple(expected)


@pytest.mark.parametrize(
    ("expression", "said"),
    [
        (".nope[]", "Cannot iterate over null"),
        (".spec | length", "Invalid path expression"),
        ("$ENV", "Invalid path expression"),
        (".spec[", "syntax error"),
        (".a)] | length | [(1", "is no path expression"),
        ("", "is empty"),
    ],
)
def test_what_is_wrong_with_a_path_expression_is_told(expression: str, said: str) -> None:
    with pytest.raises(ExpressionError, match=said):
        paths(expression, OBJECT)


def test_expressions_are_read_without_an_object() -> None:
    check_condition("status.anything == 1")
    check_paths(".spec.anything[]")
    with pytest.raises(ExpressionError):
        check_condition("status.(")
    with pytest.raises(ExpressionError):
        check_paths(".spec.(")


ENDLESS = "def f: f; f"
GROWING = "['a']" + ".map(s, s + s + s + s + s + s + s + s)" * 12 + ".size() == 1"
LOOPS = "true"
for name in "abcdefgh":
    LOOPS = f"[1, 2, 3, 4, 5, 6, 7, 8, 9, 0].all({name}, {LOOPS})"


@pytest.mark.parametrize(
    ("run", "expression", "good"),
    [(paths, ENDLESS, ".spec"), (holds, LOOPS, "has(spec)"), (holds, GROWING, "has(spec)")],
)
def test_an_expression_that_takes_too_much_is_ended_and_the_next_one_runs(
    run: Any, expression: str, good: str
) -> None:
    begun = time.process_time()
    with pytest.raises(ExpressionError, match=r"takes too long|MemoryError|ended its evaluator"):
        run(expression, OBJECT)
    assert time.process_time() - begun < 1.0
    assert run(good, OBJECT)


def test_an_expression_without_end_is_tried_once_and_not_for_every_object() -> None:
    for number in range(100):
        with pytest.raises(ExpressionError, match="takes too long"):
            paths(ENDLESS, {"number": number})


def test_the_evaluator_knows_nothing_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITOPS_REPOSITORY_TOKEN", "hush")
    evaluate._JQ.close()
    assert "GITOPS_REPOSITORY_TOKEN" not in paths(".a)] | ($ENV | keys) | [(.", {})[0]


def test_an_evaluator_that_died_is_started_again() -> None:
    assert paths(".spec", OBJECT)
    process = evaluate._JQ._process
    assert process
    process.kill()
    process.wait()
    assert paths(".spec", OBJECT)


def test_an_object_that_is_too_large_is_refused() -> None:
    with pytest.raises(ExpressionError, match="larger than 4 MiB"):
        paths(".a", {"a": "x" * 5_000_000})
