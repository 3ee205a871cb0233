"""Checks from plain values: what is right is taken, what is wrong is told with its number."""

from __future__ import annotations

from typing import Any

import pytest

from gitops.model.errors import Location, Problems
from gitops.model.verification import Check, Command, Http, Job, Prometheus
from gitops.source.verification import read_checks

WHERE = Location("Pulumi.prod.yaml")
SMOKE = {"name": "smoke", "command": ["./smoke.sh", "--fast"]}
QUERY = {"address": "http://prometheus:9090/", "query": "up", "success": "result == 1.0"}


def read(values: Any) -> tuple[tuple[Check, ...], list[str]]:
    problems = Problems()
    return read_checks(values, WHERE, problems), [problem.what for problem in problems]


def test_each_probe_is_read() -> None:
    site = {"name": "site", "http": {"url": "https://example.org/", "status": 204, "contains": "ok"}}
    numbers = {"count": 5, "interval": "1m", "failureLimit": 2, "timeout": "5s"}
    values = [
        SMOKE,
        site,
        {"name": "up", "prometheus": QUERY} | numbers,
        {"name": "job", "job": "checks/job.yaml"},
    ]
    assert read(values) == (
        (
            Check("smoke", Command(("./smoke.sh", "--fast"))),
            Check("site", Http("https://example.org/", 204, "ok")),
            Check("up", Prometheus("http://prometheus:9090", "up", "result == 1.0"), 5, 60.0, 2, 5.0),
            Check("job", Job("checks/job.yaml")),
        ),
        [],
    )


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ("text", "a list of at most 100 checks is expected"),
        (None, "a list of at most 100 checks is expected"),
        ([SMOKE] * 101, "a list of at most 100 checks is expected"),
        (["text"], "check 1: Expected `object`, got `str`"),
        ([{}], "check 1: Object missing required field `name`"),
        ([{"name": "x"}], "`x` has to state one of command, http, prometheus, job, and states none"),
        ([SMOKE | {"job": "x.yaml"}], "and states command and job"),
        ([SMOKE | {"shell": "rm"}], "`shell` is not a known field"),
        ([SMOKE | {"command": "./smoke.sh"}], "`command`: Expected `array | null`, got `str`"),
        ([SMOKE | {"command": []}], "`command`: Expected `array` of length >= 1"),
        ([SMOKE | {"count": 0}], "`count`: Expected `int` >= 1"),
        ([SMOKE | {"interval": "soon"}], "'soon' is not a duration such as 90s, 5m or 1h30m"),
        ([SMOKE, SMOKE], "check 2: `name`: another check is called smoke too"),
        (
            [{"name": "x", "http": {"url": "file:///etc/passwd"}}],
            "'file:///etc/passwd' is no http or https address",
        ),
        ([{"name": "x", "http": {"url": "http://me:secret@host/"}}], "is no http or https address"),
        ([{"name": "x", "http": {"url": "http://host:port/"}}], "is no http or https address"),
        ([{"name": "x", "http": {"url": "http://h/", "status": 9}}], "`http.status`: Expected `int` >= 100"),
        (
            [{"name": "x", "prometheus": QUERY | {"success": "result <"}}],
            "`prometheus.success` can't be read",
        ),
    ],
)
def test_what_is_wrong_is_told_and_left_out(values: Any, said: str) -> None:
    checks, problems = read(values)
    assert len(problems) == 1
    assert said in problems[0]
    assert len(checks) <= 1
