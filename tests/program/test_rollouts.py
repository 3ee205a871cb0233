"""Rollouts, traffic and analysis as components of a program of one's own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from pulumi.runtime import mocks

from components.analysis import Analysis, AnalysisArgs
from components.rollout import Rollout, RolloutArgs
from components.traffic import Traffic, TrafficArgs
from gitops.model.errors import ConfigError, ProblemsError
from gitops.model.rollout.analysis import Background, Check
from gitops.model.rollout.blue_green import BlueGreen
from gitops.model.rollout.canary import Canary, Pause, Step
from gitops.model.rollout.section import RolloutSection
from gitops.model.rollout.traffic import DestinationRule, Istio
from tests.program.engine import Recorder, inputs
from tests.rollouts.built import PROMETHEUS

if TYPE_CHECKING:
    from collections.abc import Callable

LABELS = {"app": "web"}
DEPLOYMENT: dict[str, Any] = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {"name": "web", "namespace": "shop"},
    "spec": {
        "selector": {"matchLabels": LABELS},
        "template": {
            "metadata": {"labels": LABELS},
            "spec": {"containers": [{"name": "web", "image": "web:1"}]},
        },
    },
}
SERVICE: dict[str, Any] = {
    "apiVersion": "v1",
    "kind": "Service",
    "metadata": {"name": "web", "namespace": "shop"},
    "spec": {"selector": LABELS, "ports": [{"port": 80}]},
}
CANARY = RolloutSection(
    canary=Canary(
        istio=Istio(),
        analysis=Background(("success-rate",)),
        steps=(Step(set_weight=20), Step(pause=Pause("5m")), Step(set_weight=60)),
    ),
    prometheus=PROMETHEUS,
)


def registered(make: Callable[[], Any]) -> Recorder:
    """What a program registers with the engine."""
    recorder = Recorder()
    mocks.set_mocks(recorder.mocks, project="gitops", stack="test", monitor=recorder)

    @mocks.test  # type: ignore[untyped-decorator]
    def program() -> Any:
        return make().urn

    program()
    return recorder


def objects(recorder: Recorder) -> dict[str, str]:
    return {r.name: r.type for r in recorder.requests if r.type.startswith("kubernetes:")}


def test_a_rollout_comes_with_all_that_it_needs_and_after_it() -> None:
    recorder = registered(lambda: Rollout("web", RolloutArgs(CANARY, [DEPLOYMENT, SERVICE])))
    assert objects(recorder) == {
        "argoproj.io/AnalysisTemplate:shop/web-success-rate": "kubernetes:argoproj.io/v1alpha1:AnalysisTemplate",
        "Service:shop/web": "kubernetes:core/v1:Service",
        "Service:shop/web-canary": "kubernetes:core/v1:Service",
        "networking.istio.io/VirtualService:shop/web": "kubernetes:networking.istio.io/v1:VirtualService",
        "argoproj.io/Rollout:shop/web": "kubernetes:argoproj.io/v1alpha1:Rollout",
    }
    last = recorder.named("argoproj.io/Rollout:shop/web")
    assert len(last.dependencies) == 4
    canary = inputs(last)["spec"]["strategy"]["canary"]
    assert canary["steps"] == [{"setWeight": 20}, {"pause": {"duration": "5m"}}, {"setWeight": 60}]
    assert last.parent.endswith("gitops:index:Rollout::web")


def test_what_can_not_work_is_told_before_anything_is_registered() -> None:
    falling = RolloutSection(canary=Canary(steps=(Step(set_weight=60), Step(set_weight=20))))
    for section, told in (
        (falling, "20 is less than the 60 of an earlier step"),
        (RolloutSection(blue_green=BlueGreen()), "no Services lead to the pods of Deployment web"),
    ):
        with pytest.raises(ProblemsError, match=told):
            registered(lambda section=section: Rollout("web", RolloutArgs(section, [DEPLOYMENT])))


def test_traffic_between_subsets_is_one_service_with_a_rule() -> None:
    section = RolloutSection(canary=Canary(istio=Istio(destination_rule=DestinationRule())))
    found: list[Traffic] = []

    def program() -> Traffic:
        found.append(Traffic("web", TrafficArgs("web", SERVICE, section)))
        return found[0]

    assert set(objects(registered(program))) == {
        "networking.istio.io/VirtualService:shop/web",
        "networking.istio.io/DestinationRule:shop/web",
    }
    assert found[0].routing["istio"]["destinationRule"]["canarySubsetName"] == "canary"
    assert (found[0].services.stable, found[0].services.other) == ("web", "")


def test_traffic_of_blue_green_is_a_second_service() -> None:
    args = TrafficArgs("web", SERVICE, RolloutSection(blue_green=BlueGreen(preview_service="next")))
    assert set(objects(registered(lambda: Traffic("web", args)))) == {"Service:shop/next"}


def test_an_analysis_is_a_template_for_each_check() -> None:
    checks = (Check("success-rate", threshold=0.9), Check("mine", query="up", success_condition="true"))
    recorder = registered(lambda: Analysis("web", AnalysisArgs("web", "shop", PROMETHEUS, checks)))
    (metric,) = inputs(recorder.named("argoproj.io/AnalysisTemplate:shop/web-success-rate"))["spec"][
        "metrics"
    ]
    assert metric["successCondition"] == "result[0] >= 0.9"
    (metric,) = inputs(recorder.named("argoproj.io/AnalysisTemplate:shop/web-mine"))["spec"]["metrics"]
    assert metric["provider"] == {"prometheus": {"address": PROMETHEUS, "query": "up"}}


def test_a_check_that_is_not_whole_is_refused() -> None:
    with pytest.raises(ConfigError, match="mine is not in the library, and states no query"):
        registered(lambda: Analysis("web", AnalysisArgs("web", "shop", PROMETHEUS, (Check("mine"),))))
