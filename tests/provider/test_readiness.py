"""When an object is ready, and the words for why it is not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from sandbox.provider import causes, waitfor
from sandbox.provider.annotations import propagation, timeout
from sandbox.provider.readiness import needs_endpoints, rule
from sandbox.provider.waiting import ready_rule

LIVES = yaml.safe_load(Path(__file__).with_name("lives.yaml").read_text())


@pytest.mark.parametrize("life", LIVES, ids=lambda life: life["title"])
def test_a_life_of_an_object(life: Any) -> None:
    check = rule(life["kind"])
    assert check is not None
    for moment in life["moments"]:
        verdict = check({**life["kind"], **{k: v for k, v in moment.items() if k != "says"}})
        said = "ready" if verdict.ready else f"{'failed: ' if verdict.failed else ''}{verdict.reason}"
        assert said == moment["says"]


@pytest.mark.parametrize("api_version", ["serving.example/v1", "v2"])
def test_a_kind_of_the_same_name_in_another_group_has_no_rule(api_version: str) -> None:
    assert rule({"apiVersion": f"{api_version}", "kind": "Service"}) is None or api_version == "v2"


def test_a_service_without_selector_or_cluster_ip_waits_for_nobody() -> None:
    assert needs_endpoints({"spec": {"selector": {"a": "b"}}})
    for spec in (
        {},
        {"selector": {}},
        {"selector": {"a": "b"}, "clusterIP": "None"},
        {"type": "ExternalName"},
    ):
        assert not needs_endpoints({"spec": spec})


def annotated(**annotations: str) -> dict[str, Any]:
    named = {f"pulumi.com/{key}": value for key, value in annotations.items()}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"annotations": named}}


def test_skip_await_comes_before_wait_for_and_that_before_the_kinds_rule() -> None:
    assert ready_rule(annotated(skipAwait="true", waitFor="condition=Ready")) is None
    assert ready_rule(annotated()) is rule(annotated())
    custom = ready_rule(annotated(waitFor="condition=Ready"))
    assert custom is not None
    assert custom({}).reason == "condition Ready is not there yet"


@pytest.mark.parametrize(
    ("asked", "text", "seconds"),
    [
        (5, "90", 5),
        (0, "90", 90),
        (0, "1m30s", 90),
        (0, "", 600),
        (0, "soon", 600),
        (0, "-1", 600),
        (0, "inf", 600),
    ],
)
def test_the_time_limit_is_the_options_then_the_annotations_then_the_default(
    asked: float, text: str, seconds: float
) -> None:
    assert timeout(annotated(timeoutSeconds=text), asked, 600) == seconds


def test_dependents_go_in_the_foreground_unless_told() -> None:
    assert propagation({}) == "Foreground"
    assert propagation(annotated(deletionPropagationPolicy="background")) == "Background"
    assert propagation(annotated(deletionPropagationPolicy="nonsense")) == "Foreground"


STATUS = {
    "metadata": {"generation": 2},
    "status": {
        "phase": "Going",
        "n": 3,
        "ok": True,
        "items": [{"name": "a", "v": "1"}, {"name": "b", "v": "2"}],
        "conditions": [
            {"type": "Ready", "status": "False", "reason": "Starting", "message": "wait a bit"},
            {"type": "Old", "status": "True", "observedGeneration": 1},
            {"type": "Stalled", "status": "False"},
        ],
    },
}


@pytest.mark.parametrize(
    ("expression", "said"),
    [
        ("jsonpath={.status.phase}=Going", ""),
        ("jsonpath={.status.phase}", ""),
        ("jsonpath=.status.n=3", ""),
        ("jsonpath={.status.ok}=true", ""),
        ("jsonpath={$['status']['phase']}='Going'", ""),
        ("jsonpath={.status.items[1].v}=2", ""),
        ("jsonpath={.status.items[*].name}=b", ""),
        ('jsonpath={.status.conditions[?(@.type=="Stalled")].status}=False', ""),
        ("condition=Stalled=False", ""),
        ("condition=stalled=false", ""),
        ('["jsonpath={.status.n}=3", "condition=Stalled=False"]', ""),
        ("jsonpath={.status.phase}=Gone", "{.status.phase} is Going, not Gone"),
        ("jsonpath={.status.none}", "{.status.none} is not there yet"),
        ("jsonpath={.status.items[7]}", "{.status.items[7]} is not there yet"),
        ("condition=Ready", "condition Ready is False, not True (Starting: wait a bit)"),
        ("condition=Old", "condition Old is about an older generation"),
        (
            '["condition=Ready", "condition=None"]',
            "condition Ready is False, not True (Starting: wait a bit); condition None is not there yet",
        ),
    ],
)
def test_wait_for(expression: str, said: str) -> None:
    verdict = waitfor.parse(expression)(STATUS)
    assert (verdict.reason, verdict.ready) == (said, not said)


@pytest.mark.parametrize(
    "text", ["Ready", "condition=", "jsonpath={.a[?(@.b)]}", "jsonpath={..a}", "[", "[]", "[1]", "x=y"]
)
def test_a_wait_for_that_makes_no_sense_is_refused(text: str) -> None:
    with pytest.raises(waitfor.InvalidWaitFor):
        waitfor.parse(text)


def pod(name: str, **status: Any) -> dict[str, Any]:
    return {"kind": "Pod", "metadata": {"name": name}, "status": status}


def container(**state: Any) -> dict[str, Any]:
    return {"containerStatuses": [{"state": state}]}


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (
            container(waiting={"reason": "ImagePullBackOff", "message": 'Back-off pulling image "x"'}),
            ['pod web: ImagePullBackOff: Back-off pulling image "x"'],
        ),
        (
            {
                "containerStatuses": [
                    {
                        "state": {"waiting": {"reason": "CrashLoopBackOff", "message": "back-off 10s"}},
                        "lastState": {"terminated": {"exitCode": 137, "reason": "OOMKilled"}},
                    }
                ]
            },
            ["pod web: CrashLoopBackOff, exit code 137 (OOMKilled)"],
        ),
        (container(terminated={"exitCode": 1, "reason": "Error"}), ["pod web: Error, exit code 1"]),
        (container(waiting={"reason": "ContainerCreating"}), []),
        (
            {
                "conditions": [
                    {
                        "type": "PodScheduled",
                        "status": "False",
                        "reason": "Unschedulable",
                        "message": "0/3 nodes are available: 3 taint. preemption: no help.",
                    }
                ]
            },
            ["pod web: Unschedulable: 0/3 nodes are available: 3 taint"],
        ),
        ({"reason": "Evicted", "message": "disk\n full"}, ["pod web: Evicted: disk full"]),
        ({"conditions": [{"type": "Ready", "status": "True"}]}, []),
    ],
)
def test_the_trouble_of_a_pod_is_told_in_plain_words(status: dict[str, Any], said: list[str]) -> None:
    assert causes.of_pods([pod("web", **status)]) == said


def test_pods_with_the_same_trouble_are_told_once_and_the_commonest_first() -> None:
    pull = container(waiting={"reason": "ErrImagePull"})
    crash = container(terminated={"exitCode": 2})
    found = causes.of_pods([pod("c", **crash), pod("a", **pull), pod("b", **pull)])
    assert found == ["pod a and 1 more: ErrImagePull", "pod c: Error, exit code 2"]


def test_the_latest_warning_of_each_reason_is_told() -> None:
    events = [
        {"type": "Warning", "reason": "FailedCreate", "message": "old", "lastTimestamp": "2026-01-01"},
        {"type": "Warning", "reason": "FailedCreate", "message": "new", "lastTimestamp": "2026-01-02"},
        {"type": "Normal", "reason": "Created", "message": "x"},
    ]
    assert causes.of_events(events) == ["FailedCreate: new"]
