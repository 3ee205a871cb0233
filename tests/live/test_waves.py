"""The whole demo, from an empty cluster: order from the event stream and from the cluster's own clock."""

import json
import time
from datetime import datetime

import pytest

from gitops.source.stackfile import settings_from
from sandbox.toolchain.recipes import ROLLOUTS
from tests.live.rollouts import Controller
from tests.live.stack_project import CHECKOUT, StackProject

pytestmark = pytest.mark.live


@pytest.fixture(scope="module")
def demo(tmp_path_factory, sandbox, homelab):
    project = StackProject(
        tmp_path_factory.mktemp("demo"),
        sandbox,
        stack="prod",
        context="prod",
        repository=str(homelab),
        healthTimeout="120s",
        prometheus="http://prometheus.prometheus.svc:9090",
    )
    program = sandbox.home.bin / ROLLOUTS.name
    controller = Controller(program, tmp_path_factory.mktemp("rollouts"), sandbox, "prod")
    controller.start()
    try:
        began = time.monotonic()
        first = project.up()
        assert first.code == 0, first.text[-3000:]
        project.first, project.seconds = first, time.monotonic() - began
        yield project
        # what the stack keeps when it goes would be found by the next one that has its name
        project.kubectl("delete", "crd,namespace", "-l", f"gitops.internal/stack={project.stack}")
    finally:
        controller.stop()


@pytest.fixture(scope="module")
def plan(demo):
    from gitops.cluster.connect import connect
    from gitops.desired import desired_plan

    settings = settings_from(demo.values, "prod", CHECKOUT, {})
    return desired_plan(settings, connect(settings.cluster).survey("prod").served)


def started(result, operation):
    """Step name to its place in the order in which the engine began them."""
    return {
        event["resourcePreEvent"]["metadata"]["urn"].split("::", 3)[3]: event["sequence"]
        for event in result.events
        if "resourcePreEvent" in event and event["resourcePreEvent"]["metadata"]["op"] == operation
    }


def ended(result, operation):
    return {
        event["resOutputsEvent"]["metadata"]["urn"].split("::", 3)[3]: event["sequence"]
        for event in result.events
        if "resOutputsEvent" in event and event["resOutputsEvent"]["metadata"]["op"] == operation
    }


def test_every_application_is_synced_and_healthy(demo):
    result = demo.gitops("app", "list", "--stack", "prod", "-o", "json", "--exit-code")
    assert result.code == 0, result.text[-3000:]
    applications = json.loads(result.text[result.text.index("{") :])["applications"]
    assert len(applications) >= 32
    assert sum(len(a["objects"]) for a in applications) >= 180
    assert {(a["sync"], a["health"]["status"]) for a in applications} == {("Synced", "Healthy")}


def test_no_object_begins_before_the_earlier_wave_is_ready(demo, plan):
    begins, ends = started(demo.first, "create"), ended(demo.first, "create")
    for earlier, later in zip(plan.waves, plan.waves[1:], strict=False):
        last = max(ends[item.name] for item in plan.objects if item.wave == earlier)
        first = min(begins[item.name] for item in plan.objects if item.wave == later)
        assert last < first, (earlier, later)


def test_the_clusters_own_clock_says_the_same(demo, plan):
    live = {}
    kinds = sorted({f"{i.manifest.kind}.{i.manifest.key.group}".rstrip(".") for i in plan.objects})
    for item in json.loads(
        demo.kubectl("get", ",".join(kinds), "-A", "-l", "gitops.internal/stack=prod", "-o", "json")
    )["items"]:
        metadata = item["metadata"]
        live[item["kind"], metadata.get("namespace", ""), metadata["name"]] = datetime.fromisoformat(
            metadata["creationTimestamp"]
        )
    times = {}
    for item in plan.objects:
        key = item.manifest.key
        times.setdefault(item.wave, []).append(live[key.kind, key.namespace, key.name])
    for earlier, later in zip(plan.waves, plan.waves[1:], strict=False):
        # creation times have whole seconds: the newest of a wave is never later than the oldest of the next
        assert max(times[earlier]) <= min(times[later]), (earlier, later)


def test_a_second_run_and_a_preview_with_refresh_change_nothing(demo):
    assert demo.up().operations() == {}
    result = demo.preview("--refresh", "--expect-no-changes")
    assert result.code == 0, result.text[-3000:]


def test_deletion_goes_in_reverse(demo, plan):
    result = demo.destroy()
    assert result.code == 0, result.text[-3000:]
    begins, ends = started(result, "delete"), ended(result, "delete")
    for earlier, later in zip(plan.waves, plan.waves[1:], strict=False):
        last = max(ends[i.name] for i in plan.objects if i.wave == later and i.name in ends)
        first = min(begins[i.name] for i in plan.objects if i.wave == earlier and i.name in begins)
        assert last < first, (later, earlier)
    # the application of CRDs says `prune: false`: deleting one would delete everything made of it
    assert {name.split()[0] for name in demo.labeled()} <= {"CustomResourceDefinition", "Namespace"}
