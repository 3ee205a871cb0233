from __future__ import annotations

from dataclasses import replace

import pytest

from gitops.watch.touched import Touched, touched
from gitops.watch.turn import Known, Work, work
from tests import given
from tests.program.engine import plan_of

WEB, API, BASE = given.application("web"), given.application("api"), given.application("base", 10)
CONFIG = given.manifest("ConfigMap", data={"a": "1"})
OTHER = given.manifest("ConfigMap", of="api")
PLAN = plan_of([BASE, WEB, API], given.manifest("ConfigMap", of="base"), CONFIG, OTHER)
CHANGED = plan_of(
    [BASE, WEB, API],
    given.manifest("ConfigMap", of="base"),
    given.manifest("ConfigMap", data={"a": "2"}),
    OTHER,
)


def test_a_plan_says_what_it_said() -> None:
    assert touched(PLAN, PLAN) == Touched((), alone=True)
    assert work(Known(PLAN, clean=True), PLAN, again=False) is None


def test_changed_content_is_of_its_application_alone() -> None:
    assert touched(PLAN, CHANGED) == Touched(("web",), alone=True)
    assert work(Known(PLAN, clean=True), CHANGED, again=False) == Work(("web",), alone=True)


@pytest.mark.parametrize(
    "after",
    [
        plan_of([BASE, WEB], given.manifest("ConfigMap", of="base"), CONFIG),
        plan_of([BASE, WEB, API], given.manifest("ConfigMap", of="base"), CONFIG),
        plan_of(
            [BASE, WEB, API], given.manifest("ConfigMap", of="base"), CONFIG, OTHER, given.manifest("Secret")
        ),
        plan_of([BASE, replace(WEB, wave=30), API], given.manifest("ConfigMap", of="base"), CONFIG, OTHER),
        plan_of(
            [BASE, replace(WEB, depends_on=("api",)), API],
            given.manifest("ConfigMap", of="base"),
            CONFIG,
            OTHER,
        ),
    ],
    ids=["an application left", "an object left", "an object came", "another wave", "another order"],
)
def test_what_changes_the_shape_is_synced_with_everything(after) -> None:
    found = touched(PLAN, after)
    assert found.names
    assert not found.alone


def test_after_a_failure_everything_is_synced() -> None:
    known = Known(PLAN, clean=False)
    assert work(known, CHANGED, again=False) == Work(("api", "base", "web"), alone=False)
    assert work(known, PLAN, again=False) is None
    assert work(known, PLAN, again=True) == Work(("api", "base", "web"), alone=False)
    assert work(Known(PLAN, clean=True), PLAN, again=True) == Work(("api", "base", "web"), alone=False)
    assert work(None, PLAN, again=False) == Work(("base", "api", "web"), alone=False)


def test_a_part_of_a_plan_holds_all_that_it_waits_for() -> None:
    part = PLAN.reaching(["web"])
    names = {step.name for step in part.steps}
    assert {"ConfigMap:base/x", "wave-10", "ConfigMap:web/x"} <= names
    assert not any("api" in name for name in names)
    assert {item.name for item in part.applications} == {"base", "web"}
    assert all(name in names for step in part.steps for name in step.after)
