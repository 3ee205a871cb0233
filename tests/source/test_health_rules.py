"""Rules of health from plain values: what is right is taken, what is wrong is told with its number."""

from __future__ import annotations

from typing import Any

import pytest

from gitops.model.errors import Location, Problems
from gitops.model.health_rule import HealthRule
from gitops.source.health_rules import read_health_rules

WHERE = Location("gitops.yaml", 3)
GOOD = {"apiVersion": "example.io/v1", "kind": "Database", "current": "status.ready"}


def read(values: Any) -> tuple[tuple[HealthRule, ...], list[str]]:
    problems = Problems()
    return read_health_rules(values, WHERE, problems, "db"), [problem.what for problem in problems]


def test_rules_are_read_in_flux_s_shape() -> None:
    full = GOOD | {"inProgress": "status.busy", "failed": "status.broken"}
    assert read([GOOD, full]) == (
        (
            HealthRule("example.io/v1", "Database", "status.ready"),
            HealthRule("example.io/v1", "Database", "status.ready", "status.busy", "status.broken"),
        ),
        [],
    )


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ("text", "a list of at most 100 rules is expected"),
        (None, "a list of at most 100 rules is expected"),
        ([GOOD] * 101, "a list of at most 100 rules is expected"),
        (["text"], "health rule 1: Expected `object`, got `str`"),
        ([{}], "health rule 1: Object missing required field `apiVersion`"),
        ([GOOD, GOOD | {"lua": "x"}], "health rule 2: Object contains unknown field `lua`"),
        ([GOOD | {"current": ""}], "health rule 1: Expected `str` of length >= 1 - at `current`"),
        ([GOOD | {"kind": 3}], "health rule 1: Expected `str`, got `int` - at `kind`"),
        ([GOOD | {"failed": "a =="}], "health rule 1 (Database): `failed` can't be read at line 1, column "),
        ([GOOD | {"current": "a" * 5000}], "`current` is longer than 4096 characters"),
    ],
)
def test_what_is_wrong_is_told_and_left_out(values: Any, said: str) -> None:
    rules, problems = read(values)
    assert len(problems) == 1
    assert said in problems[0]
    assert len(rules) <= 1


def test_a_problem_says_where_and_for_which_application() -> None:
    problems = Problems()
    read_health_rules([{}], WHERE, problems, "db")
    [problem] = problems
    assert (problem.where, problem.application) == (WHERE, "db")
    assert problem.next_step == "its keys are apiVersion, current, failed, inProgress, kind"
