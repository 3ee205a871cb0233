from __future__ import annotations

import json
from typing import Any

import pytest

from gitops.drift.state import ApplicationState, application_states
from gitops.model.errors import Problems
from gitops.model.keys import APPLICATION_LABEL, ObjectKey
from gitops.report.applications import as_json, as_names, as_table
from gitops.waves.plan import make_plan
from tests import given

REVISION = given.SHA


def states() -> tuple[ApplicationState, ...]:
    """One application that is well, one that drifted, lost an object and kept another."""
    good = given.manifest("ConfigMap", of="db")
    asked = {"argocd.argoproj.io/compare-options": "ServerSideDiff=true"}
    drifted = given.manifest("ConfigMap", data={"a": "1"}, annotations=asked)
    lost = given.manifest("Secret", "lost")
    plan = make_plan(
        "test",
        REVISION,
        [given.application("web"), given.application("db", 5)],
        [good, drifted, lost],
        Problems(),
    )
    live: dict[ObjectKey, dict[str, Any]] = {
        good.key: good.body,
        drifted.key: {**drifted.body, "data": {"a": "2"}},
        ObjectKey("", "Pod", "web", "old"): {"metadata": {"labels": {APPLICATION_LABEL: "web"}}},
    }
    return application_states(plan, live, APPLICATION_LABEL)


def test_the_table_says_how_every_application_is_and_why() -> None:
    assert as_table(REVISION, states()).splitlines() == [
        "WAVE  APPLICATION  NAMESPACE  OBJECTS  SYNC       HEALTH   REVISION",
        "5     db           db         1        Synced     Healthy  c0ffee000000",
        "20    web          web        2        OutOfSync  Healthy  c0ffee000000",
        "      Secret web/lost: missing",
        "      ConfigMap web/x: data.a is '2', Git says '1'",
        "      Pod web/old: lives, but is no longer in Git",
        "      ConfigMap web/x: compare option ServerSideDiff=true has no effect",
    ]


def test_the_wide_table_says_how_an_application_is_to_be_treated() -> None:
    application = given.application("web", project="shop", critical=True, self_heal=False)
    plan = make_plan("test", REVISION, [application], [given.manifest("ConfigMap")], Problems())
    found = application_states(plan, {}, APPLICATION_LABEL)
    titles, row, *_ = as_table(REVISION, found, wide=True).splitlines()
    assert titles.split()[-3:] == ["PROJECT", "CRITICAL", "SELF-HEAL"]
    assert row.split()[-3:] == ["shop", "yes", "no"]
    [entry] = json.loads(as_json("test", REVISION, found))["applications"]
    assert (entry["project"], entry["critical"], entry["selfHeal"]) == ("shop", True, False)


def test_the_table_without_headers_or_without_rows() -> None:
    assert as_table(REVISION, states(), headers=False).startswith("5 ")
    assert as_table(REVISION, ()).split() == "WAVE APPLICATION NAMESPACE OBJECTS SYNC HEALTH REVISION".split()
    assert as_table(REVISION, (), headers=False) == ""


def test_a_long_list_of_reasons_is_cut_and_says_so() -> None:
    manifests = [given.manifest("ConfigMap", f"c{number}") for number in range(9)]
    plan = make_plan("test", REVISION, [given.application("web")], manifests, Problems())
    lines = as_table(REVISION, application_states(plan, {}, APPLICATION_LABEL)).splitlines()
    assert lines[-1] == "      … and 5 more"
    assert len(lines) == 8


def test_names_are_one_a_line() -> None:
    assert as_names(states()) == "db\nweb"


def test_the_form_for_machines_is_frozen() -> None:
    document = json.loads(as_json("test", REVISION, states()))
    assert list(document) == ["schema", "stack", "revision", "applications"]
    assert (document["schema"], document["stack"], document["revision"]) == (
        "gitops.internal/applications/v1", "test", REVISION,
    )  # fmt: skip
    assert document["applications"][1] == {
        "name": "web",
        "wave": 20,
        "namespace": "web",
        "path": "k8s/02-apps/web",
        "tree": "tree-of-web",
        "project": "default",
        "critical": False,
        "selfHeal": True,
        "sync": "OutOfSync",
        "health": {"status": "Healthy", "message": ""},
        "objects": [
            {
                "key": "Secret:web/lost",
                "missing": True,
                "health": "Missing",
                "differences": [],
                "notes": [],
            },
            {
                "key": "ConfigMap:web/x",
                "missing": False,
                "health": "Healthy",
                "differences": [{"path": "data.a", "wanted": "1", "live": "2", "by": None}],
                "notes": ["compare option ServerSideDiff=true has no effect"],
            },
        ],
        "problems": [],
        "extra": ["Pod:web/old"],
        "unowned": [],
        "held": "",
    }


def test_a_secret_s_value_is_in_neither_form() -> None:
    secret = given.manifest("Secret", data={"word": "aHVzaA=="})
    plan = make_plan("test", REVISION, [given.application("web")], [secret], Problems())
    live = {secret.key: {**secret.body, "data": {"word": "bG91ZA=="}}}
    found = application_states(plan, live, APPLICATION_LABEL)
    for text in (as_table(REVISION, found), as_json("test", REVISION, found)):
        assert "data.word" in text
        assert "aHVzaA" not in text
        assert "bG91ZA" not in text


@pytest.mark.parametrize(
    ("time", "said"), [("2026-01-01T00:00:00Z", "kubectl, 2026-01-01T00:00:00Z"), ("", "kubectl")]
)
def test_a_difference_says_who_and_when_as_far_as_it_is_known(time: str, said: str) -> None:
    item = given.manifest("ConfigMap", data={"a": "1"})
    plan = make_plan("test", REVISION, [given.application("web")], [item], Problems())
    entry = {"manager": "kubectl", "operation": "Update", "time": time, "fieldsV1": {"f:data": {"f:a": {}}}}
    metadata = {**item.body["metadata"], "managedFields": [entry]}
    live = {item.key: {**item.body, "data": {"a": "2"}, "metadata": metadata}}
    found = application_states(plan, live, APPLICATION_LABEL)
    assert (
        f"      ConfigMap web/x: data.a is '2', Git says '1' ({said})"
        in as_table(REVISION, found).splitlines()
    )
    [difference] = json.loads(as_json("test", REVISION, found))["applications"][0]["objects"][0][
        "differences"
    ]
    assert difference["by"] == {"manager": "kubectl", "operation": "Update", "time": time}
