"""Rollouts and AnalysisTemplates that Git states itself: what can't work is told before anything is touched."""

from __future__ import annotations

import json
import random
from copy import deepcopy
from typing import Any

import pytest
import yaml

from tests.rollouts.built import DEPLOYMENT, SERVICE, built

TEMPLATE: dict[str, Any] = {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": []}}
ISTIO = {"virtualService": {"name": "web"}}
BOTH = {"stableService": "web", "canaryService": "web-canary"}
CANARY_SERVICE = SERVICE.replace("name: web}", "name: web-canary}")


def rollout(canary: dict[str, Any] | None = None, **spec: Any) -> str:
    strategy = {} if canary is None else {"strategy": {"canary": canary}}
    body = {"selector": {"matchLabels": {"app": "web"}}, "template": TEMPLATE, **strategy, **spec}
    return document("Rollout", "web", body)


def document(kind: str, name: str, spec: Any, api: str = "argoproj.io/v1alpha1") -> str:
    return (
        yaml.safe_dump({"apiVersion": api, "kind": kind, "metadata": {"name": name}, "spec": spec}) + "---\n"
    )


def virtual_service(*routes: Any) -> str:
    return document(
        "VirtualService", "web", {"hosts": ["web"], "http": list(routes)}, "networking.istio.io/v1"
    )


def route(*places: str, name: str = "primary", subset: bool = False) -> Any:
    to = [{"host": "web", "subset": place} if subset else {"host": place} for place in places]
    return {"name": name, "route": [{"destination": one, "weight": 50} for one in to]}


def metric(**fields: Any) -> dict[str, Any]:
    prometheus = {"address": "http://x", "query": fields.pop("query", "up")}
    return {"name": "a", "provider": {"prometheus": prometheus}, **fields}


def template(*metrics: Any, name: str = "check", **spec: Any) -> str:
    return document("AnalysisTemplate", name, {"metrics": list(metrics) or [metric()], **spec})


def step(**stated: Any) -> str:
    return rollout({"steps": [stated]})


GOOD = {
    "a canary by pods": rollout({"steps": [{"setWeight": 20}, {"pause": {}}, {"setWeight": 100}]}),
    "no steps": rollout({}),
    "two Services": rollout({**BOTH, "trafficRouting": {"istio": ISTIO}})
    + SERVICE
    + CANARY_SERVICE
    + virtual_service(route("web", "web-canary.shop.svc.cluster.local")),
    "routes of the controller's own beside": rollout(
        {
            **BOTH,
            "trafficRouting": {"istio": ISTIO, "managedRoutes": [{"name": "h"}]},
            "steps": [
                {
                    "setHeaderRoute": {
                        "name": "h",
                        "match": [{"headerName": "a", "headerValue": {"exact": "b"}}],
                    }
                }
            ],
        }
    )
    + SERVICE
    + CANARY_SERVICE
    + virtual_service(route("web", "web-canary"), route("web-canary", name="h")),
    "a template with its argument": rollout(
        {
            "steps": [
                {
                    "analysis": {
                        "templates": [{"templateName": "check"}],
                        "args": [{"name": "x", "value": "1"}],
                    }
                }
            ]
        }
    )
    + template(
        metric(query='up{a="{{args.x}}"} > {{args.limit}}'),
        args=[{"name": "x"}, {"name": "limit", "value": "1"}],
    ),
    "a template for the whole cluster": rollout(
        {"analysis": {"templates": [{"templateName": "check", "clusterScope": True}]}}
    )
    + template().replace("AnalysisTemplate", "ClusterAnalysisTemplate"),
    "a template of templates": rollout({"analysis": {"templates": [{"templateName": "both"}]}})
    + template(name="both", templates=[{"templateName": "check"}])
    + template(),
    "a lender": rollout(
        {}, template={}, workloadRef={"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}
    )
    + DEPLOYMENT,
}


@pytest.mark.parametrize("objects", GOOD.values(), ids=GOOD)
def test_what_works_is_left_alone(objects: str) -> None:
    assert built(objects)[1] == []


BAD = {
    "no strategy": (rollout(), "`spec.strategy` has no strategy"),
    "falling": (
        rollout({"steps": [{"setWeight": 50}, {"pause": {}}, {"setWeight": 20}]}),
        "`spec.strategy.canary.steps[2].setWeight` 20 is less than the 50 of an earlier step",
    ),
    "out of range": (step(setWeight=101), "`spec.strategy.canary.steps[0].setWeight` 101 is no weight"),
    "nothing": (step(), "`spec.strategy.canary.steps[0]` does nothing"),
    "two things": (step(setWeight=1, pause={}), "does several things at once: pause, setWeight"),
    "a pause": (
        step(pause={"duration": "soon"}),
        "`spec.strategy.canary.steps[0].pause.duration` 'soon' is no dur",
    ),
    "a scale": (step(setCanaryScale={"weight": 1}), "setCanaryScale` needs traffic routing"),
    "an unmanaged route": (
        rollout(
            {
                **BOTH,
                "trafficRouting": {"istio": ISTIO, "managedRoutes": [{"name": "other"}]},
                "steps": [{"setMirrorRoute": {"name": "shadow"}}],
            }
        )
        + SERVICE
        + CANARY_SERVICE
        + virtual_service(route("web", "web-canary")),
        "setMirrorRoute.name` 'shadow' is no managed route; those are: other",
    ),
    "no Service": (rollout({"stableService": "wbe"}), "there is no Service shop/wbe in the repository"),
    "no canary Service": (
        rollout({"stableService": "web", "trafficRouting": {"istio": ISTIO}})
        + SERVICE
        + virtual_service(route("web", "None")),
        "`spec.strategy.canary.canaryService` is missing",
    ),
    "one Service for both": (
        rollout({"stableService": "web", "canaryService": "web"}) + SERVICE,
        "both are web, and each version needs its own",
    ),
    "a Service of other pods": (
        rollout({"stableService": "web"}) + SERVICE.replace("app: web", "app: other"),
        "Service web selects by app, which the pods don't have so",
    ),
    "no VirtualService": (
        rollout({**BOTH, "trafficRouting": {"istio": ISTIO}}) + SERVICE + CANARY_SERVICE,
        "istio.virtualService.name` VirtualService web is stated nowhere",
    ),
    "no such route": (
        rollout(
            {**BOTH, "trafficRouting": {"istio": {"virtualService": {"name": "web", "routes": ["shop"]}}}}
        )
        + SERVICE
        + CANARY_SERVICE
        + virtual_service(route("web", "web-canary")),
        "VirtualService web has no HTTP route shop; it has: primary",
    ),
    "several routes": (
        rollout({**BOTH, "trafficRouting": {"istio": ISTIO}})
        + SERVICE
        + CANARY_SERVICE
        + virtual_service(route("web", "web-canary"), route("web", "web-canary", name="second")),
        "VirtualService web has 2 HTTP routes, so which one to split is not clear",
    ),
    "other places": (
        rollout({**BOTH, "trafficRouting": {"istio": ISTIO}})
        + SERVICE
        + CANARY_SERVICE
        + virtual_service(route("web", "api")),
        "route primary of VirtualService web leads to api and web, not to web and web-canary",
    ),
    "no such subset": (
        rollout(
            {
                "trafficRouting": {
                    "istio": {
                        **ISTIO,
                        "destinationRule": {
                            "name": "web",
                            "stableSubsetName": "stable",
                            "canarySubsetName": "canary",
                        },
                    }
                }
            }
        )
        + virtual_service(route("stable", "canary", subset=True))
        + document("DestinationRule", "web", {"subsets": [{"name": "stable"}]}, "networking.istio.io/v1"),
        "DestinationRule web has no subset canary",
    ),
    "an unknown template": (
        step(analysis={"templates": [{"templateName": "chek"}]}) + template(),
        "AnalysisTemplate shop/chek is stated nowhere; there are: check",
    ),
    "a missing argument": (
        step(analysis={"templates": [{"templateName": "check"}]}) + template(args=[{"name": "x"}]),
        "AnalysisTemplate shop/check needs the argument x, and nothing gives it",
    ),
    "a missing argument below": (
        step(analysis={"templates": [{"templateName": "both"}]})
        + template(name="both", templates=[{"templateName": "check"}])
        + template(args=[{"name": "x"}]),
        "AnalysisTemplate shop/check needs the argument x",
    ),
    "an argument that is none": (
        template(metric(query="{{args.x}}")),
        "`spec.metrics[0]` uses the argument x, which the template does not have",
    ),
    "a query that is none": (
        template(metric(query="rate(up)")),
        "`spec.metrics[0].provider.prometheus.query` is no PromQL: expected type matrix",
    ),
    "a query without end": (template(metric(query="-" * 5000 + "up")), "it is longer than 4000 characters"),
    "a count without an interval": (template(metric(count=3)), "3 measurements need an interval"),
    "the same pods": (
        rollout({}) + DEPLOYMENT,
        "`spec.selector` Deployment shop/web selects the same pods: app=web",
    ),
    "no lender": (
        rollout({}, template={}, workloadRef={"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}),
        "`spec.workloadRef` Deployment shop/web is stated nowhere",
    ),
}


@pytest.mark.parametrize(("objects", "expected"), BAD.values(), ids=BAD)
def test_what_can_not_work_is_told_with_its_file_and_line(objects: str, expected: str) -> None:
    _, problems = built(objects)
    assert len(problems) == 1, problems
    assert problems[0].startswith("k8s/02-apps/shop/all.yaml:")
    assert expected in problems[0]
    assert "→" in problems[0]


def test_a_rollout_may_name_what_another_application_states() -> None:
    routing = {"istio": {"virtualService": {"name": "shared.gate"}}}
    shared = virtual_service(route("web", "web-canary")).replace("name: web\n", "name: shared\n", 1)
    objects = rollout({**BOTH, "trafficRouting": routing}) + SERVICE + CANARY_SERVICE
    assert built(objects, also={"gate": shared})[1] == []
    assert "VirtualService shared.gate is stated nowhere" in built(objects)[1][0]


WEIRD = [None, [], {}, "", "x", 0, -1, 1.5, True, [[1]], {"a": {"b": []}}, [None], [{"name": {}}]]


@pytest.mark.parametrize("seed", range(300))
def test_shapes_that_nobody_expects_are_no_crash(seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - a repeatable choice
    text = chance.choice([*GOOD.values(), *(objects for objects, _ in BAD.values())])
    bodies = [body for body in yaml.safe_load_all(text) if body]
    for _ in range(chance.randint(1, 3)):
        _disfigure(chance.choice(bodies)["spec"], chance)
    found, problems = built("---\n".join(json.dumps(body) + "\n" for body in bodies))
    assert found or problems


def _disfigure(value: Any, chance: random.Random) -> None:
    """Put something unexpected somewhere below."""
    while value and isinstance(value, dict | list):
        key = chance.choice(sorted(value)) if isinstance(value, dict) else chance.randrange(len(value))
        if chance.random() < 0.3 or not isinstance(value[key], dict | list) or not value[key]:
            value[key] = deepcopy(chance.choice(WEIRD))
            return
        value = value[key]
