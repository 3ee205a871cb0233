from __future__ import annotations

import pytest

from gitops.model import errors
from gitops.model.errors import ConfigError, GitOpsError, Location, Problem, Problems, ProblemsError

EXIT_CODES = {
    "GitOpsError": 4, "ConfigError": 2, "ProblemsError": 2, "AccessError": 3, "RefusedError": 5,
    "NotFoundError": 6, "ConflictError": 8, "TimedOutError": 9,
}  # fmt: skip


def test_every_error_has_its_documented_exit_code() -> None:
    found = {
        name: value.exit_code
        for name, value in vars(errors).items()
        if isinstance(value, type) and issubclass(value, GitOpsError)
    }
    assert found == EXIT_CODES


@pytest.mark.parametrize(
    ("problem", "text"),
    [
        (Problem("is wrong"), "is wrong"),
        (Problem("is wrong", Location("f")), "f: is wrong"),
        (Problem("is wrong", Location("f", 3), "mend it"), "f:3: is wrong\n    → mend it"),
    ],
)
def test_a_problem_says_where_what_and_what_next(problem: Problem, text: str) -> None:
    assert str(problem) == text


def test_an_error_carries_its_problem() -> None:
    error = ConfigError("is wrong", where=Location("f", 3), next_step="mend it")
    assert error.problems == (Problem("is wrong", Location("f", 3), "mend it"),)
    assert str(error) == str(error.problems[0])


def test_problems_are_told_once_sorted_by_place_and_counted() -> None:
    problems = Problems()
    for where in (Location("b", 1), Location("a", 10), Location("a", 2), Location("a", 10), None):
        problems.add("is wrong", where)
    with pytest.raises(ProblemsError) as caught:
        problems.raise_any()
    assert str(caught.value).splitlines() == [
        "4 problems; the cluster was not touched",
        "  a:2: is wrong",
        "  a:10: is wrong",
        "  b:1: is wrong",
        "  is wrong",
    ]


def test_without_problems_nothing_is_raised() -> None:
    Problems().raise_any()
    assert not Problems().found
