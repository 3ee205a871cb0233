"""What is wrong with a section, told with the file and line of the key."""

from __future__ import annotations

import pytest

from tests.rollouts.built import DEPLOYMENT, FOLDER, SERVICE, built

CANARY = "rollout:\n  canary:\n    steps:\n"
CHECKED = "rollout:\n  canary:\n    analysis: {checks: [%s]}\n  checks:\n"


def told(section: str, objects: str = DEPLOYMENT + SERVICE, **changes: str) -> str:
    """The one problem that there is."""
    _, problems = built(objects, section, **changes)
    assert len(problems) == 1, problems
    return problems[0].removeprefix(f"{FOLDER}/gitops.yaml:")


@pytest.mark.parametrize(
    ("section", "expected"),
    [
        ("rollout: 5", "1: `rollout`: Expected `object`, got `int`"),
        ("rollout: {}", "1: `rollout`: has neither strategy"),
        ("wave: 3\nrollout:\n  canary: {}\n  blueGreen: {}", "2: `rollout`: has both canary and blueGreen"),
        ("rollout:\n  canray: {}", "2: `rollout.canray` is not a known field"),
        (CANARY + "      - setWieght: 20", "4: `rollout.canary.steps[0].setWieght` is not a known field"),
        (
            CANARY + "      - setWeight: 20\n      - setWeight: 120",
            "5: `rollout.canary.steps[1].setWeight`: Exp",
        ),
        (CANARY + "      - setWeight: -1", "4: `rollout.canary.steps[0].setWeight`: Expected `int` >= 0"),
        (CANARY + "      - setWeight: '20'", "4: `rollout.canary.steps[0].setWeight`: Expected `int | null`"),
        (CANARY + "      - {}", "4: `rollout.canary.steps[0]`: does nothing"),
        (CANARY + "      - {setWeight: 1, pause: {}}", "4: `rollout.canary.steps[0]`: does several things"),
        (CANARY + "      - pause: {duration: soon}", "4: `rollout.canary.steps[0].pause.duration`: Expected"),
        ("rollout:\n  canary:\n    maxSurge: lots", "3: `rollout.canary.maxSurge`: Expected `str` matching"),
        (
            "rollout:\n  workloadRef: {scaleDown: now}\n  canary: {}",
            "2: `rollout.workloadRef.scaleDown`: Inv",
        ),
        ("rollout:\n  group: A B\n  canary: {}", "2: `rollout.group`: Expected `str` matching"),
        ("rollout:\n  prometheus: here\n  canary: {}", "2: `rollout.prometheus`: 'here' is no http or https"),
        (
            "rollout:\n  canary: {}\n  checks:\n    - query: up",
            "4: `rollout.checks[0]`: Object missing requi",
        ),
        (
            CHECKED % "a" + "    - {name: a, query: up, successCondition: 'true'}\n"
            "    - {name: a, query: up, successCondition: 'true'}",
            "6: `rollout.checks[1].name`: another check is called a too",
        ),
    ],
)
def test_what_can_not_be_read_is_told_with_its_line(section: str, expected: str) -> None:
    assert told(section).startswith(expected)


@pytest.mark.parametrize(
    ("section", "expected"),
    [
        (
            CANARY + "      - setWeight: 50\n      - setWeight: 20",
            "5: Rollout shop/web: `rollout.canary.steps[1]",
        ),
        (
            CANARY + "      - setWeight: 50\n      - analysis: {checks: [nope]}",
            (
                "5: Rollout shop/web: `rollout.canary.steps[1].analysis.templates[0]` AnalysisTemplate shop/nope is"
                " stated nowhere"
            ),
        ),
        (
            CANARY + "      - setHeaderRoute: {name: a}",
            "4: Rollout shop/web: `rollout.canary.steps[0].setHeaderRoute` needs traffic routing",
        ),
        (
            (
                "rollout:\n  canary:\n    istio: {}\n    managedRoutes: [b]\n    steps:\n"
                "      - setMirrorRoute: {name: a}"
            ),
            "6: Rollout shop/web: `rollout.canary.steps[0].setMirrorRoute.name` 'a' is no managed route",
        ),
        (
            "rollout:\n  canary:\n    dynamicStableScale: true",
            "3: Rollout shop/web: `rollout.canary.dynamicStableScale` has no meaning without traffic",
        ),
        (
            "rollout:\n  canary:\n    maxSurge: 0\n    maxUnavailable: 0%",
            "3: Rollout shop/web: `rollout.canary.maxSurge` with no surge and nothing unavailable",
        ),
        (
            (
                "rollout:\n  canary:\n    analysis:\n      checks: [success-rate]\n      startingStep: 1\n"
                "    steps: [{setWeight: 5}]"
            ),
            "5: Rollout shop/web: `rollout.canary.analysis.startingStep` there is no step 1",
        ),
        (
            CHECKED % "a" + "    - {name: a, query: 'sum(rate(x[5m])', successCondition: 'true'}",
            "5: AnalysisTemplate shop/web-a: `rollout.checks[0].query` is no PromQL: unclosed left paren",
        ),
        (
            CHECKED % "a" + "    - {name: a, query: 'x{a=\"{{args.b}}\"}', successCondition: 'true'}",
            "5: AnalysisTemplate shop/web-a: `rollout.checks[0]` uses the argument b, which the template does",
        ),
    ],
)
def test_what_can_not_work_is_told_with_its_line(section: str, expected: str) -> None:
    assert expected in told(section)


@pytest.mark.parametrize(
    ("check", "expected"),
    [
        ("{name: a}", "5: `rollout.checks[0]`: a is not in the library, and states no query"),
        (
            "{name: a, query: up}",
            "5: `rollout.checks[0]`: a query without successCondition and failureCondition",
        ),
        ("{name: a, query: up, threshold: 1, successCondition: 'true'}", "takes successCondition or"),
        ("{name: success-rate, query: up, successCondition: 'true'}", "success-rate is the library's"),
        ("{name: success-rate, successCondition: 'true'}", "takes a threshold, not conditions"),
        (
            "{name: success-rate, threshold: 0.9, failureThreshold: 0.95}",
            "would fail at 0.95, which is better",
        ),
        ("{name: latency-p95, threshold: 500, failureThreshold: 300}", "would fail at 300, which is better"),
    ],
)
def test_a_check_has_to_be_whole(check: str, expected: str) -> None:
    name = check.partition(": ")[2].partition(",")[0].rstrip("}")
    assert expected in told(CHECKED % name + f"    - {check}")


def test_a_check_that_nothing_runs_is_told() -> None:
    section = "rollout:\n  canary: {}\n  checks:\n    - name: success-rate"
    assert told(section).startswith("4: `rollout.checks[0].name`: no analysis runs success-rate")


def test_without_an_address_to_ask_nothing_is_measured() -> None:
    section = "rollout:\n  canary:\n    analysis: {checks: [success-rate]}"
    assert told(section, prometheus="").startswith("1: `rollout.prometheus`: there is no address to ask")


@pytest.mark.parametrize(
    ("objects", "section", "expected"),
    [
        (SERVICE, "rollout: {canary: {}}", "the application has no Deployments, so which one is not clear"),
        (DEPLOYMENT, "rollout: {workload: wbe, canary: {}}", "no Deployment wbe"),
        (
            DEPLOYMENT + DEPLOYMENT.replace("name: web}", "name: other}", 1),
            "rollout: {canary: {}}",
            "its Deployments are: other, web",
        ),
        (
            DEPLOYMENT.replace("spec:", "spec:\n  strategy: {type: Recreate}", 1),
            "rollout: {canary: {}}",
            "no two of its versions may run at once",
        ),
        (DEPLOYMENT, "rollout: {canary: {istio: {}}}", "no Services lead to the pods of Deployment web"),
        (DEPLOYMENT, "rollout: {blueGreen: {}}", "no Services lead to the pods of Deployment web"),
        (DEPLOYMENT + SERVICE, "rollout: {blueGreen: {activeService: wbe}}", "has no Service wbe"),
        (
            DEPLOYMENT + SERVICE + SERVICE.replace("name: web}", "name: also}"),
            "rollout: {blueGreen: {}}",
            "2 Services lead to the pods of Deployment web",
        ),
    ],
)
def test_what_a_section_is_about_has_to_be_clear(objects: str, section: str, expected: str) -> None:
    found, problems = built(objects, section)
    assert len(problems) == 1
    assert expected in problems[0]
    assert "Rollout" not in {manifest.kind for manifest in found}


def test_a_background_check_goes_on_until_the_end_and_one_that_is_waited_for_ends() -> None:
    section = (
        "rollout:\n  canary:\n    analysis: {checks: [success-rate, restart-rate]}\n"
        "    steps: [{analysis: {checks: [restart-rate]}}]"
    )
    found, problems = built(DEPLOYMENT + SERVICE, section)
    assert problems == []
    counts = {
        m.key.name: m.body["spec"]["metrics"][0]["count"] for m in found if m.kind == "AnalysisTemplate"
    }
    assert counts == {"web-success-rate": 0, "web-restart-rate": 5}


def test_objects_of_the_section_are_known_by_its_line() -> None:
    found, _ = built(DEPLOYMENT + SERVICE, "wave: 1\nrollout: {blueGreen: {}}")
    assert {str(m.where) for m in found if m.key.name == "web-preview"} == {f"{FOLDER}/gitops.yaml:2"}
    assert {str(m.where) for m in found if m.kind == "Rollout"} == {f"{FOLDER}/all.yaml:1"}


def test_the_group_stands_on_the_rollout_alone() -> None:
    found, problems = built(DEPLOYMENT + SERVICE, "rollout:\n  group: shop\n  canary: {}")
    assert problems == []
    named = {item.kind: item.annotations.get("gitops.internal/rollout-group") for item in found}
    assert {kind for kind, group in named.items() if group} == {"Rollout"}
