"""The metrics that are simulated are those of the templates in Git, with their arguments filled in."""

import pytest

from gitops.rollouts.simulation.arguments import ANY_HASH
from gitops.rollouts.simulation.metrics import lasting, metrics_of
from tests.rollouts.built import DEPLOYMENT, SERVICE, built

OWN = """
apiVersion: argoproj.io/v1alpha1
kind: AnalysisTemplate
metadata: {name: own}
spec:
  args: [{name: least, value: "3"}, {name: hash}]
  metrics:
    - name: orders
      interval: 30s
      count: 4
      failureLimit: 2
      successCondition: result[0] >= {{args.least}}
      provider: {prometheus: {address: "http://p:9090/", query: 'sum(orders{hash="{{args.hash}}"})'}}
---
"""
ROLLOUT = """
apiVersion: argoproj.io/v1alpha1
kind: Rollout
metadata: {name: web}
spec:
  selector: {matchLabels: {app: web}}
  template: {metadata: {labels: {app: web}}, spec: {containers: [{name: a, image: b}]}}
  strategy:
    canary:
      steps:
        - setWeight: 20
        - pause: {duration: 90}
        - analysis:
            templates: [{templateName: own}]
            args: [{name: hash, valueFrom: {podTemplateHashValue: Latest}}]
        - pause: {duration: 1m}
"""


def metrics(objects, section="", args=None):
    found, problems = built(objects, section)
    assert not problems
    stated = {manifest.key: manifest.body for manifest in found}
    (key,) = (key for key in stated if key.kind == "Rollout")
    return stated[key], metrics_of(stated[key], stated, key, args or {})


def test_a_section_measures_its_checks_over_all_versions_that_ran():
    steps = "steps: [{setWeight: 20}, {pause: {duration: 5m}}]"
    section = f"rollout: {{canary: {{analysis: {{checks: [success-rate]}}, {steps}}}}}"
    body, (found,) = metrics(DEPLOYMENT + SERVICE, section)
    assert f'pod=~"web-{ANY_HASH}-.*"' in found.query
    assert "{{" not in found.query
    assert found.filled == (("pod-hash", ANY_HASH),)
    assert (found.interval, found.delay, found.count, found.errors) == (60.0, 120.0, None, 4)
    assert (found.success, found.failure) == ("result[0] >= 0.99", "result[0] < 0.99")
    assert found.places == ("spec.strategy.canary.analysis",)
    assert lasting(body, [found]) == 300.0


def test_a_template_of_ones_own_has_its_arguments_and_its_limits():
    body, (found,) = metrics(OWN + ROLLOUT)
    assert found.query == f'sum(orders{{hash=~"{ANY_HASH}"}})'
    assert (found.success, found.address) == ("result[0] >= 3", "http://p:9090")
    assert (found.interval, found.count, found.failures, found.length) == (30.0, 4, 2, 90.0)
    assert lasting(body, [found]) == 240.0


def test_an_argument_that_is_given_wins():
    _, (found,) = metrics(OWN + ROLLOUT, args={"hash": "abc", "least": "5"})
    assert found.query == 'sum(orders{hash="abc"})'
    assert found.success == "result[0] >= 5"
    assert found.filled == ()


@pytest.mark.parametrize(
    ("change", "obstacle"),
    [
        (
            ("podTemplateHashValue: Latest", "fieldRef: {fieldPath: metadata.name}"),
            "give it: --arg hash=VALUE",
        ),
        (('hash="{{args.hash}}"', 'hash="x-{{args.hash}}"'), "give it: --arg hash=HASH"),
        (("result[0] >= {{args.least}}", "result[0] in [1]"), "can't be judged here"),
        (("provider: {prometheus:", "provider: {wavefront:"), "asks wavefront, and only Prometheus"),
        (("failureLimit: 2", "consecutiveSuccessLimit: 2"), "consecutiveSuccessLimit"),
        (("count: 4", "count: '{{args.least}}x'"), "invalid literal"),
        (("interval: 30s", "interval: 30x"), "'30x' is not a duration"),
    ],
)
def test_what_can_not_be_simulated_says_why(change, obstacle):
    text = OWN + ROLLOUT
    assert change[0] in text
    _, (found,) = metrics(text.replace(*change))
    assert obstacle in found.obstacle
