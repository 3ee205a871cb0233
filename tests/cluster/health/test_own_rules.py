"""Rules of health that the repository states, over those that are built in."""

from __future__ import annotations

from typing import Any

import pytest

from gitops.cluster.health import Status, health
from gitops.model.health_rule import HealthRule

READY = HealthRule(
    "example.io/v1",
    "Database",
    current="status.conditions.exists(c, c.type == 'Ready' && c.status == 'True')",
    in_progress="has(status.phase) && status.phase == 'Upgrading'",
    failed="has(status.phase) && status.phase == 'Broken'",
)


def database(status: Any, api: str = "example.io/v1", **metadata: Any) -> dict[str, Any]:
    return {
        "apiVersion": api,
        "kind": "Database",
        "metadata": {"generation": 2, **metadata},
        "status": status,
    }


def ready(status: str = "True", **more: Any) -> dict[str, Any]:
    return {"conditions": [{"type": "Ready", "status": status}], **more}


@pytest.mark.parametrize(
    ("status", "expected", "message"),
    [
        (ready(), "Healthy", ""),
        (ready("False"), "Progressing", "`current` does not hold yet"),
        (ready(phase="Upgrading"), "Progressing", "`inProgress` holds"),
        (ready(phase="Broken"), "Degraded", "`failed` holds"),
        (ready(observedGeneration=1), "Progressing", "not yet seen by its controller"),
        (ready(observedGeneration=2), "Healthy", ""),
        ({}, "Progressing", "`current` waits for a field: no such member in mapping: 'conditions'"),
        ({"conditions": 3}, "Unknown", None),
        ("odd", "Unknown", None),
    ],
)
def test_a_rule_s_expressions_are_asked_in_flux_s_order(
    status: Any, expected: str, message: str | None
) -> None:
    found = health(database(status), (READY,))
    assert found.status == expected
    assert message is None or found.message == message


def test_in_progress_is_asked_before_failed() -> None:
    rule = HealthRule("example.io/v1", "Database", current="true", in_progress="true", failed="true")
    assert health(database({}), (rule,)).status is Status.PROGRESSING


def test_a_rule_outlives_a_new_version_of_the_api_and_is_about_one_kind_only() -> None:
    assert health(database(ready("False"), "example.io/v2"), (READY,)).status is Status.PROGRESSING
    assert health(database(ready("False"), "other.io/v1"), (READY,)).status is Status.HEALTHY


def test_a_rule_wins_over_the_built_in_one_and_the_first_over_the_next() -> None:
    claim = {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {},
        "status": {"phase": "Pending"},
    }
    waiting = HealthRule("v1", "PersistentVolumeClaim", current="status.phase in ['Bound', 'Pending']")
    never = HealthRule("v1", "PersistentVolumeClaim", current="false")
    assert health(claim).status is Status.PROGRESSING
    assert health(claim, (waiting, never)).status is Status.HEALTHY


def test_an_object_that_is_being_deleted_is_progressing_whatever_the_rule_says() -> None:
    going = database(ready(), deletionTimestamp="2026-01-01T00:00:00Z")
    assert health(going, (READY,)).message == "being deleted"


def test_a_rule_without_end_makes_its_object_unknown() -> None:
    endless = "true"
    for name in "abcdefgh":
        endless = f"[1, 2, 3, 4, 5, 6, 7, 8, 9, 0].all({name}, {endless})"
    found = health(database({}), (HealthRule("example.io/v1", "Database", current=endless),))
    assert (found.status, found.message) == (Status.UNKNOWN, "`current` takes too long")
