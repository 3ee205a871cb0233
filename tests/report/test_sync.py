from __future__ import annotations

import json

from gitops.model.errors import Location, Problem
from gitops.model.keys import ObjectKey
from gitops.model.synced import ApplicationOutcome, Synced
from gitops.report.sync import as_json, as_problems, as_summary

PROBLEM = Problem("can't be read: a: [", Location("k8s/02-apps/web/x.yaml", 2), "mend the file", "web")
DONE = Synced(
    "prod",
    "c0ffee" + "0" * 34,
    {"same": 3, "create": 1},
    (ApplicationOutcome("api", "Synced"), ApplicationOutcome("web", "LeftOut", (PROBLEM,))),
    (ObjectKey("", "ConfigMap", "api", "x"),),
    (Problem("something to know"),),
    "6743a1",
)


def test_the_summary_is_one_line_that_counts() -> None:
    assert as_summary(DONE) == (
        "prod is at c0ffee000000: 1 application synced; 1 left out, and as it was; 1 create, 3 same;"
        " 1 orphan pruned"
    )


def test_every_problem_is_told_below_its_application_with_place_and_next_step() -> None:
    assert as_problems(DONE).splitlines() == [
        "warning: something to know",
        "web: left out, and as it was",
        "  k8s/02-apps/web/x.yaml:2: can't be read: a: [",
        "      → mend the file",
    ]


def test_without_problems_there_is_nothing_to_tell() -> None:
    assert as_problems(Synced("prod", "r", {}, (ApplicationOutcome("api", "Synced"),))) == ""


def test_machines_get_the_same() -> None:
    document = json.loads(as_json(DONE))
    assert document == {
        "schema": "gitops.internal/sync/v1",
        "stack": "prod",
        "revision": "c0ffee" + "0" * 34,
        "operation": "6743a1",
        "applications": [
            {"name": "api", "result": "Synced", "problems": [], "rolledBackTo": ""},
            {
                "name": "web",
                "result": "LeftOut",
                "problems": [
                    {
                        "what": "can't be read: a: [",
                        "file": "k8s/02-apps/web/x.yaml",
                        "line": 2,
                        "nextStep": "mend the file",
                    }
                ],
                "rolledBackTo": "",
            },
        ],
        "changes": {"create": 1, "same": 3},
        "pruned": ["ConfigMap:api/x"],
        "warnings": [{"what": "something to know", "file": "", "line": 0, "nextStep": ""}],
    }
