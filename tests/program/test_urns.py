from __future__ import annotations

from components.urns import urns_beside
from tests import given
from tests.program.engine import plan_of

PLAN = plan_of(
    [given.application("base", 10), given.application("web"), given.application("api")],
    given.manifest("ConfigMap", of="base"),
    given.manifest("Deployment", api="apps/v1"),
    given.manifest("ConfigMap", of="api"),
)
WAVE = "urn:pulumi:test::gitops::gitops:index:Platform$gitops:index:Wave"


def test_everything_is_named_but_what_is_above_and_below_the_application() -> None:
    found = urns_beside("test", PLAN, ["web"])
    assert f"{WAVE}::wave-10" in found
    assert f"{WAVE}::wave-20" not in found
    assert f"{WAVE}$gitops:index:Application::api" in found
    assert f"{WAVE}$gitops:index:Application$kubernetes:core/v1:ConfigMap::ConfigMap:api/x" in found
    assert f"{WAVE}$pulumi:index:Stash::wave-20" in found
    assert not any("web" in urn.rpartition("::")[2] for urn in found)
    assert found == tuple(sorted(found))


def test_every_step_is_either_of_the_application_or_passed_over() -> None:
    beside = {urn.rpartition("::")[2] for urn in urns_beside("test", PLAN, ["web"])}
    assert {step.name for step in PLAN.steps} - beside == {
        step.name
        for step in PLAN.steps
        if getattr(getattr(step, "manifest", None), "application", "") == "web"
    }
