"""What decides over time: retries, what counts as drift, whose an object is, and what is read of policies."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from gitops.cluster.survey import Survey, is_copy
from gitops.delivery.adoption.owners import owners_of
from gitops.delivery.retry import with_retries
from gitops.delivery.rollback import look_back
from gitops.drift.compare import compare
from gitops.drift.state import application_states
from gitops.model.errors import Problem
from gitops.model.keys import APPLICATION_LABEL, STACK_LABEL, ObjectKey
from gitops.model.partial import LeftOut
from gitops.model.settings import Repository
from gitops.model.sync import Retry
from gitops.model.synced import FAILED, SYNCED, ApplicationOutcome, Synced
from gitops.source.customizations import read_customizations
from tests import given
from tests.conformance.row import cases, rule
from tests.conformance.stack import application, document, of_files, of_one, planned
from tests.git_repository import GitRepository

if TYPE_CHECKING:
    from pathlib import Path

SLOWLY = {"duration": "1m", "factor": 3, "maxDuration": "1h"}
AUTOMATED = {"automated": {"prune": True, "selfHeal": True}}


def policy(**spec: Any) -> Any:
    """The application with this `syncPolicy`."""
    return of_one(document("ConfigMap"), syncPolicy=spec).applications["web"]


@pytest.mark.parametrize(
    ("stated", "expected"),
    cases(
        ("sync.retry-default", AUTOMATED, Retry(limit=5, first=5.0, factor=2.0, most=180.0)),
        ("sync.retry-replaces", {**AUTOMATED, "retry": {}}, Retry(limit=0)),
        ("sync.retry-replaces", {**AUTOMATED, "retry": {"backoff": SLOWLY}},
         Retry(limit=0, first=60.0, factor=3.0, most=3600.0)),
        ("sync.retry-unlimited", {**AUTOMATED, "retry": {"limit": -1}}, Retry(limit=-1)),
        ("sync.retry-manual", {}, Retry(limit=0)),
        ("sync.retry-manual", {"retry": {"limit": 2}}, Retry(limit=2)),
    ),
)  # fmt: skip
def test_how_often_a_sync_is_tried_again(stated: Any, expected: Retry) -> None:
    assert policy(**stated).retry == expected


def pauses(retry: Retry, failures: int, *commits: str) -> tuple[list[float], str]:
    """The pauses of a sync that fails so often, and the revision of its last attempt."""
    made: list[float] = []
    revisions = iter(commits or ("c",) * (failures + 1))

    def attempt() -> Synced:
        result = FAILED if len(made) < failures else SYNCED
        return Synced("test", next(revisions), {}, (ApplicationOutcome("web", result, (), retry),))

    return made, with_retries(attempt, lambda *_: None, made.append).revision


@rule("sync.retry-pauses")
def test_pauses_double_from_five_seconds_to_three_minutes_five_times_at_most() -> None:
    assert pauses(Retry(), 4)[0] == [5, 10, 20, 40]
    assert pauses(Retry(limit=8), 8)[0] == [5, 10, 20, 40, 80, 160, 180, 180]
    assert pauses(Retry(), 6)[0] == [5, 10, 20, 40, 80]
    assert pauses(Retry(limit=0), 1)[0] == []
    assert len(pauses(Retry(limit=-1), 50)[0]) == 50


@rule("sync.retry-refresh")
@pytest.mark.parametrize("refresh", [True, False])
def test_another_attempt_takes_the_newest_commit(refresh: bool) -> None:
    assert policy(**AUTOMATED, retry={"limit": 3, "refresh": refresh}).retry == Retry(limit=3)
    assert pauses(Retry(), 1, "old", "new")[1] == "new"


@rule("sync.automated-enabled")
def test_automation_may_be_stated_and_off() -> None:
    off = policy(automated={"enabled": False, "prune": True, "selfHeal": True})
    assert (off.automated, off.prune, off.self_heal, off.retry.limit) == (False, False, False, 0)
    on = policy(automated={"enabled": True, "prune": True, "selfHeal": True})
    assert (on.automated, on.prune, on.self_heal, on.retry.limit) == (True, True, True, 5)


@rule("sync.self-heal-off")
def test_self_heal_is_off_unless_it_is_asked_for() -> None:
    assert not policy(automated={}).self_heal


@rule("sync.prune-only")
def test_what_is_only_to_be_pruned_waits_while_pruning_is_off() -> None:
    for automated, goes in (({}, False), ({"prune": True}, True)):
        [item] = of_one(document("ConfigMap"), syncPolicy={"automated": automated}).plan.objects
        live = Survey({item.manifest.key: item.manifest.body}, {})
        assert bool(live.leaving((), ("web",))) is goes


@rule("sync.empty")
def test_an_application_that_states_nothing_is_an_error() -> None:
    assert "states no objects at all" in of_files({"README.md": ""}).problems[0]


@rule("sync.empty-allowed")
def test_so_it_is_when_it_may_be_empty() -> None:
    found = of_files({"README.md": ""}, syncPolicy={"automated": {"prune": True, "allowEmpty": True}})
    assert "states no objects at all" in found.problems[0]


@rule("sync.history")
def test_how_long_the_history_is_to_be_is_read() -> None:
    assert policy().origin.history_limit == 10
    found = of_one(document("ConfigMap"), revisionHistoryLimit=3)
    assert found.applications["web"].origin.history_limit == 3


@rule("sync.status-unknown")
def test_an_application_that_can_not_be_rendered_is_unknown() -> None:
    plan = of_one(document("ConfigMap")).plan
    live = {item.manifest.key: item.manifest.body for item in plan.objects}
    broken = LeftOut("bad", (Problem("can't be read"),))
    found = application_states(plan, live, APPLICATION_LABEL, (), (broken,))
    assert {state.application.name: state.sync for state in found} == {"bad": "Unknown", "web": "Synced"}


# Whose an object is


@rule("sync.tracking")
def test_an_object_s_application_is_told_by_a_label_of_its_own() -> None:
    labels = of_one(document("ConfigMap")).object("ConfigMap:web/x").manifest.body["metadata"]["labels"]
    assert labels == {STACK_LABEL: "test", APPLICATION_LABEL: "web"}


def tracked(identity: str) -> dict[str, Any]:
    return {"annotations": {"argocd.argoproj.io/tracking-id": identity}}


KEY = ObjectKey("apps", "Deployment", "web", "x")


@pytest.mark.parametrize(
    ("marks", "owner"),
    cases(
        ("sync.tracking-id", tracked("shop:apps/Deployment:web/x"), ["shop"]),
        ("sync.tracking-copy", tracked("shop:apps/Deployment:web/y"), []),
        ("sync.tracking-copy", tracked("shop:apps/Deployment:other/x"), []),
        ("sync.tracking-label", {"labels": {"app.kubernetes.io/instance": "shop"},
                                 "managedFields": [{"manager": "argocd-controller", "operation": "Apply"}]}, ["shop"]),
    ),
)  # fmt: skip
def test_whose_an_object_was_that_is_taken_over(marks: Any, owner: list[str]) -> None:
    found = owners_of(KEY, {"name": "x", "namespace": "web", **marks})
    assert [one.name for one in found if one.tool == "Argo CD"] == owner


@rule("sync.tracking-cluster")
def test_an_object_without_a_namespace_has_its_application_s_in_its_id() -> None:
    key = ObjectKey("rbac.authorization.k8s.io", "ClusterRole", "", "system:web")
    identity = "shop:rbac.authorization.k8s.io/ClusterRole:web/system:web"
    assert [one.name for one in owners_of(key, tracked(identity))] == ["shop"]


@rule("sync.copies")
def test_a_copy_with_the_labels_does_not_count_and_an_orphan_does() -> None:
    [item] = of_one(document("ConfigMap")).plan.objects
    body = item.manifest.body
    assert not is_copy(item.manifest.key, body)
    for changed in ({"name": "copy"}, {"namespace": "other"}):
        copy = {**body, "metadata": {**body["metadata"], **changed}}
        assert is_copy(ObjectKey.of_body(copy), copy)
    older = {**body, "metadata": {**body["metadata"], "name": "y", "annotations": {}}}
    assert not is_copy(ObjectKey.of_body(older), older)


# What counts as drift

WANTED = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "x"}, "data": {"a": "1", "b": "2"}}


def changed(**data: str) -> list[str]:
    live = {**WANTED, "metadata": {"name": "x", "uid": "u", "labels": {"by": "hand"}}, "data": data}
    return [difference.path for difference in compare(WANTED, live)]


@rule("sync.diff-added")
def test_fields_that_somebody_added_are_no_drift() -> None:
    assert changed(a="1", b="2", c="3") == []


@rule("sync.diff-changed")
def test_fields_that_somebody_changed_or_took_away_are_drift() -> None:
    assert changed(a="9", b="2") == ["data.a"]
    assert changed(a="1") == ["data.b"]


@rule("sync.diff-string-data")
def test_text_of_a_secret_is_compared_as_the_server_keeps_it() -> None:
    wanted = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "x"}}
    wanted |= {"data": {"a": "b2xk", "b": "b2xk"}, "stringData": {"a": "new"}}
    kept = {"a": "bmV3", "b": "b2xk"}
    assert compare(wanted, {**wanted, "data": kept}) == []
    [found] = compare(wanted, {**wanted, "data": {**kept, "a": "b2xk"}})
    assert found.path == "data.a"


@rule("sync.diff-last-applied")
def test_a_field_that_git_no_longer_states_is_no_drift_of_its_own() -> None:
    """Nothing is noted on the object of what was applied before: field managers know."""
    found = of_one(document("ConfigMap")).object("ConfigMap:web/x")
    assert not any("last-applied" in name for name in found.manifest.annotations)


@rule("sync.diff-defaults")
def test_what_a_server_or_a_webhook_adds_is_no_drift() -> None:
    wanted = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "x"}, "spec": {
        "template": {"spec": {"containers": [{"name": "c", "image": "i"}]}}}}  # fmt: skip
    container = {"name": "c", "image": "i", "imagePullPolicy": "Always", "terminationMessagePath": "/dev/log"}
    live = {
        **wanted,
        "spec": {
            "replicas": 1,
            "template": {"spec": {"containers": [container], "dnsPolicy": "ClusterFirst"}},
        },
    }
    assert compare(wanted, live) == []


@rule("sync.diff-webhooks")
@pytest.mark.parametrize("option", ["ServerSideDiff=true", "IncludeMutationWebhook=true"])
def test_options_of_the_server_s_comparison_are_named_as_of_no_effect(option: str) -> None:
    plan = of_one(document("ConfigMap", of={"argocd.argoproj.io/compare-options": option})).plan
    [state] = application_states(plan, {}, APPLICATION_LABEL)
    assert state.objects[0].notes == (f"compare option {option} has no effect",)


# What is read for later

WINDOW = {
    "kind": "deny",
    "schedule": "0 22 * * *",
    "duration": "8h",
    "timeZone": "Europe/Berlin",
    "applications": ["*"],
}


def in_project(*windows: Any) -> Any:
    rules = {
        "sourceRepos": ["*"],
        "destinations": [{"server": "*", "namespace": "*"}],
        "syncWindows": list(windows),
    }
    files = {
        "argocd/p.yaml": document("AppProject", "team", "argoproj.io/v1alpha1", spec=rules),
        "argocd/web.yaml": application(project="team"), "apps/web/x.yaml": document("ConfigMap"),
    }  # fmt: skip
    return planned(files)


@rule("sync.windows-read")
def test_windows_are_read_and_a_wrong_one_is_told() -> None:
    assert in_project(WINDOW).problems == ()
    for wrong in ({"kind": "maybe"}, {"schedule": "whenever"}, {"duration": "long"}):
        assert in_project({**WINDOW, **wrong}).problems


@rule("sync.cache")
def test_what_was_rendered_is_kept_until_a_file_of_it_changes(tmp_path: Path) -> None:
    chart = {"argocd/web.yaml": application(), "apps/web/Chart.yaml": "name: web\nversion: 1.0.0\n"}
    first = planned({**chart, "other.txt": "1"}, folder=tmp_path)
    assert first.problems == ()
    assert planned({**chart, "other.txt": "2"}, folder=tmp_path, tool=BROKEN_TOOL).steps == first.steps
    changed = planned({**chart, "apps/web/values.yaml": "a: 1"}, folder=tmp_path, tool=BROKEN_TOOL)
    assert "does not render" in changed.problems[0]


BROKEN_TOOL = "#!/bin/sh\nexit 1\n"


@rule("order.excluded-resource")
def test_a_configuration_that_excludes_kinds_is_warned_of_and_leaves_nothing_out() -> None:
    data = {"resource.exclusions": "- kinds: [ConfigMap]"}
    told = read_customizations({"kind": "ConfigMap", "metadata": {"name": "argocd-cm"}, "data": data})
    assert told.not_honored == ("resource.exclusions: no kind is excluded; take its objects out of Git",)
    found = of_one(document("ConfigMap", "argocd-cm", data=data), document("ConfigMap", "other"))
    assert "ConfigMap:web/other" in {item.name for item in found.plan.objects}


@rule("sync.rollback")
def test_a_rollback_of_an_automated_application_is_a_commit_after_the_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    repository = GitRepository(tmp_path / "repository")
    first, second = (
        repository.write(
            "k8s/02-apps/web/x.yaml",
            f"{{apiVersion: v1, kind: ConfigMap, metadata: {{name: x}}, data: {{v: '{v}'}}}}",
        ).commit(v)
        for v in "12"
    )
    found = look_back(given.settings(repository=Repository(repository.url, "main")), "web", first)
    assert (found.tip, found.target) == (second, first)
    assert found.commit not in {first, second}
    assert [item.body["data"] for item in found.after if item.kind == "ConfigMap"] == [{"v": "1"}]
