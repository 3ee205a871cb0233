from __future__ import annotations

import json

from gitops.cluster.health import HEALTHY
from gitops.cluster.managed import Owner
from gitops.drift.compare import Difference
from gitops.drift.findings import Finding, Kind, findings
from gitops.drift.state import ApplicationState, ObjectState
from gitops.model.keys import ObjectKey
from gitops.report import application as one
from gitops.report import drift
from tests import given

DEPLOYMENT = ObjectKey("apps", "Deployment", "web", "web")
CONFIG = ObjectKey("", "ConfigMap", "web", "settings")
OLD = ObjectKey("", "ConfigMap", "web", "old")
KUBECTL = Owner("kubectl", "Update", "2026-01-02T03:04:05Z")
STATE = ApplicationState(
    given.application("web"),
    (
        ObjectState(
            DEPLOYMENT,
            missing=False,
            differences=(Difference("spec.replicas", 2, 5, KUBECTL), Difference("spec.paused", None, "yes")),
            health=HEALTHY,
        ),
        ObjectState(CONFIG, missing=True, differences=(), health=HEALTHY),
    ),
    (OLD,),
)
FOUND = findings([STATE])


def test_every_contradiction_is_a_finding_in_one_order() -> None:
    assert (
        Finding("web", OLD, Kind.ORPHANED),
        Finding("web", CONFIG, Kind.MISSING),
        Finding("web", DEPLOYMENT, Kind.CHANGED, "spec.paused", None, "yes"),
        Finding("web", DEPLOYMENT, Kind.CHANGED, "spec.replicas", 2, 5, KUBECTL),
    ) == FOUND


def test_an_application_that_lives_as_stated_has_none() -> None:
    assert findings([ApplicationState(given.application("web"), (), ())]) == ()


def test_lines_name_the_field_both_values_and_who_did_it() -> None:
    assert drift.as_text(FOUND).splitlines() == [
        "web: ConfigMap web/old",
        "  orphaned: it lives, but is no longer in Git",
        "web: ConfigMap web/settings",
        "  missing: Git states it, and it does not live",
        "web: Deployment web/web",
        '  spec.paused: is "yes", Git says null',
        "  spec.replicas: is 5, Git says 2 (kubectl, 2026-01-02T03:04:05Z)",
        "4 findings in 1 application",
    ]
    assert drift.as_text(()) == "no drift"


def test_the_form_for_machines_is_frozen() -> None:
    document = json.loads(drift.as_json("prod", given.SHA, FOUND[-1:]))

    assert document == {
        "schema": "gitops.internal/drift/v1",
        "stack": "prod",
        "revision": given.SHA,
        "findings": [
            {
                "application": "web",
                "object": "apps/Deployment:web/web",
                "kind": "changed",
                "path": "spec.replicas",
                "wanted": 2,
                "live": 5,
                "by": {"manager": "kubectl", "operation": "Update", "time": "2026-01-02T03:04:05Z"},
            }
        ],
    }


def test_a_report_is_a_table_that_no_value_can_break() -> None:
    nasty = Finding("web", DEPLOYMENT, Kind.CHANGED, "metadata.annotations.a|b", "x|y\n<b>", "z" * 200)

    text = drift.as_markdown("prod", given.SHA, (*FOUND, nasty))

    rows = [line for line in text.splitlines() if line.startswith("|")]
    assert len(rows) == 2 + 5
    assert {line.replace("\\|", "").count("|") for line in rows} == {7}
    assert "<b>" not in text
    assert "z" * 200 not in text
    assert "no drift" in drift.as_markdown("prod", given.SHA, ())


def test_an_application_in_full_has_a_row_for_each_object() -> None:
    text = one.as_text(given.SHA, STATE)

    assert "Sync:       OutOfSync" in text
    rows = [line.split(maxsplit=3) for line in text.splitlines()[-4:]]
    assert rows == [
        ["OBJECT", "SYNC", "HEALTH", "MESSAGE"],
        ["apps/Deployment:web/web", "OutOfSync", "Healthy", "differs in spec.replicas, spec.paused"],
        ["ConfigMap:web/settings", "Missing", "Healthy"],
        ["ConfigMap:web/old", "Orphaned", "no", "longer in Git"],
    ]
