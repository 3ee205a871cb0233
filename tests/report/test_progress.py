from __future__ import annotations

from gitops.report.progress import Progress
from tests import given
from tests.program.engine import plan_of

PLAN = plan_of(
    [given.application("base", 10), given.application("web"), given.application("api")],
    given.manifest("ConfigMap", of="base"),
    given.manifest("ConfigMap"),
    given.manifest("Deployment", api="apps/v1"),
    given.manifest("ConfigMap", of="api"),
)
NAMESPACES = [f"Namespace:{name}" for name in ("base", "web", "api")]


def ended(progress: Progress, *steps: str) -> list[str]:
    return [line for step in steps if (line := progress.ends(step, well=True))]


def test_an_application_is_done_when_all_its_steps_have_ended_and_counts_once() -> None:
    progress = Progress(PLAN)
    assert progress.count == "[0/3]"
    assert ended(progress, *NAMESPACES, "ConfigMap:web/x", "wave-10") == []
    assert ended(progress, "ConfigMap:base/x", "apps/Deployment:web/x", "apps/Deployment:web/x") == [
        "[1/3] base is done, wave 10",
        "[2/3] web is done, wave 20",
    ]


def test_what_failed_is_told_and_stays_open() -> None:
    progress = Progress(PLAN)
    assert progress.ends("apps/Deployment:web/x", well=False) == "[0/3] web fails: Deployment web/x"
    assert ended(progress, "Namespace:web", "ConfigMap:web/x") == []


def test_only_chosen_applications_count() -> None:
    progress = Progress(PLAN, ["web"])
    assert ended(progress, "Namespace:api", "ConfigMap:api/x") == []
    assert progress.ends("ConfigMap:api/x", well=False) == ""
    assert progress.warning("ConfigMap:api/x", "old") == ""
    assert progress.warning("ConfigMap:web/x", "old") == "warning: ConfigMap web/x: old"
    assert progress.count == "[0/1]"


def test_a_wait_says_for_what_and_why_first_for_what_says_why() -> None:
    progress = Progress(PLAN)
    assert progress.waiting() == ""
    progress.begins("ConfigMap:web/x")
    progress.begins("apps/Deployment:web/x")
    progress.begins("somebody else's")
    assert progress.waiting() == "wave 20, waiting for ConfigMap web/x, and 1 more"
    progress.told("apps/Deployment:web/x", "1 of 2 replicas")
    progress.told("ConfigMap:api/x", "never begun")
    assert progress.waiting() == "wave 20, waiting for Deployment web/x (1 of 2 replicas), and 1 more"
    ended(progress, "ConfigMap:web/x", "apps/Deployment:web/x")
    assert progress.waiting() == ""
