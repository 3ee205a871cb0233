"""What leaves: in which order, when, and what stays."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from components.objects import object_request, provider_hints
from gitops.cluster.discovery import Resource
from gitops.cluster.survey import Survey
from gitops.delivery import sync as delivery
from gitops.drift.state import application_states
from gitops.engine.diagnostics import Failure
from gitops.engine.stacks import Outcome as EngineOutcome
from gitops.model.keys import APPLICATION_LABEL, ObjectKey
from gitops.model.partial import Kept
from tests import given
from tests.conformance.row import cases, rule
from tests.conformance.stack import (
    FINALIZER,
    HOOK,
    OPTIONS,
    WAVE,
    application,
    document,
    job,
    of_one,
    planned,
)
from tests.program.engine import run

APPROVED = {"automated": {"prune": True}}


def leaving(found: Any, *, gone: bool = False, confirmed: bool = False) -> bool:
    """Whether the object that lives as it was planned goes, alone or with its whole application."""
    [item] = found.plan.objects
    live = Survey({item.manifest.key: item.manifest.body}, {})
    return bool(live.leaving((), () if gone else ("web",), confirmed=confirmed))


@rule("prune.reverse")
def test_what_comes_later_leaves_earlier() -> None:
    """The engine deletes what depends on something before that."""
    found = of_one(*(document("ConfigMap", f"w{n}", of={WAVE: str(n)}) for n in (0, 2, 5)))
    recorder, _ = run(found.plan)
    urns = {f"w{n}": recorder.urn(f"ConfigMap:web/w{n}") for n in (0, 2, 5)}
    gates = {n: recorder.urn(f"application-web:sync-wave-{n}") for n in (0, 2)}
    assert urns["w0"] in recorder.named("application-web:sync-wave-0").dependencies
    assert gates[0] in recorder.named("ConfigMap:web/w2").dependencies
    assert gates[2] in recorder.named("ConfigMap:web/w5").dependencies


@rule("prune.application")
def test_an_application_s_highest_wave_leaves_first_and_later_applications_before_earlier() -> None:
    found = planned({
        "argocd/all.yaml": "\n---\n".join([application("a", of={WAVE: "1"}), application("b", of={WAVE: "2"})]),
        "apps/a/x.yaml": document("ConfigMap"), "apps/b/x.yaml": document("ConfigMap"),
    })  # fmt: skip
    recorder, _ = run(found.plan)
    assert recorder.urn("ConfigMap:a/x") in recorder.named("wave-1", "Stash").dependencies
    assert recorder.urn("wave-1", "Stash") in recorder.named("ConfigMap:b/x").dependencies


@rule("prune.reverse-kinds")
def test_what_nobody_remembers_goes_users_before_what_they_use(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World("Namespace:n", "ConfigMap:n/c", "apps/Deployment:n/d", "x.test/Thing:n/t")
    monkeypatch.setattr(delivery, "connect", lambda _: world)
    delivery.prune_orphans(given.settings(), of_one(document("ConfigMap")).plan, Kept())
    assert world.deleted == ["t", "d", "c", "n"]


class World:
    """A cluster of these objects that remembers what was deleted."""

    def __init__(self, *names: str) -> None:
        self.keys = {key: {"metadata": {"uid": "u", "labels": {}}} for key in map(ObjectKey.of, names)}
        self.deleted: list[str] = []
        self.client = self

    def survey(self, _: str) -> Survey:
        kinds = {(key.group, key.kind) for key in self.keys}
        return Survey(
            self.keys, {(g, k): Resource(g, "v1", k, k, namespaced=k != "Namespace") for g, k in kinds}
        )

    def delete(self, path: str, *, uid: str) -> None:
        assert uid == "u"
        self.deleted.append(path.rpartition("/")[2])


@rule("prune.last")
def test_to_prune_last_is_no_choice() -> None:
    """The engine deletes at the end of a run; nothing that it is asked for changes with the option."""

    def request(*options: str) -> Any:
        found = of_one(document("ConfigMap"), syncPolicy={**APPROVED, "syncOptions": list(options)})
        return object_request(found.object("ConfigMap:web/x"), "", "", [], deleted_with="", prune=True)

    assert request("PruneLast=true") == request("PruneLast=false") == request()
    assert not request().deleteBeforeReplace


@rule("prune.after-success")
@pytest.mark.parametrize("failed", [True, False])
def test_nothing_is_pruned_after_a_failure(monkeypatch: pytest.MonkeyPatch, failed: bool) -> None:
    plan, world = of_one(document("ConfigMap")).plan, World("ConfigMap:web/left")
    failures = (Failure("t", "ConfigMap:web/x", "refused"),) if failed else ()
    monkeypatch.setattr(delivery, "connect", lambda _: world)
    monkeypatch.setattr(delivery, "sound_plan", lambda *_, **__: (plan, ()))
    monkeypatch.setattr(delivery, "up", lambda *_, **__: EngineOutcome({}, failures))
    monkeypatch.setattr(delivery, "tell_outcome", lambda *_: None)
    delivery.sync(given.settings(), Path("nowhere"))
    assert world.deleted == ([] if failed else ["left"])


@pytest.mark.parametrize(
    ("options", "policy"),
    cases(
        ("prune.propagation", ["PrunePropagationPolicy=foreground"], "foreground"),
        ("prune.propagation", ["PrunePropagationPolicy=background"], "background"),
        ("prune.propagation", ["PrunePropagationPolicy=orphan"], "orphan"),
        ("prune.propagation-default", [], "background"),
    ),
)
def test_how_dependents_are_deleted(options: list[str], policy: str) -> None:
    found = of_one(document("ConfigMap"), syncPolicy={**APPROVED, "syncOptions": options})
    hints = provider_hints(found.object("ConfigMap:web/x"))
    assert hints["pulumi.com/deletionPropagationPolicy"] == policy


@rule("prune.terminating")
def test_the_end_is_seen_of_namespaces_and_of_what_is_waited_for() -> None:
    found = of_one(
        document("Namespace", "n"), document("ConfigMap"), document("Deployment", api="apps/v1", spec={})
    )
    skipped = {
        item.manifest.kind for item in found.plan.objects if "pulumi.com/skipAwait" in provider_hints(item)
    }
    assert skipped == {"ConfigMap"}


@rule("prune.finalizer")
def test_objects_go_with_their_application_only_when_it_has_the_finalizer() -> None:
    assert leaving(of_one(document("ConfigMap"), finalizers=[FINALIZER]), gone=True)
    assert leaving(of_one(document("ConfigMap"), finalizers=[f"{FINALIZER}/background"]), gone=True)
    assert not leaving(of_one(document("ConfigMap"), finalizers=[]), gone=True)
    assert leaving(of_one(document("ConfigMap"), finalizers=[]))


@rule("prune.off")
@pytest.mark.parametrize("policy", [{"automated": {}}, {}, {**APPROVED, "syncOptions": ["Prune=false"]}])
def test_without_pruning_objects_stay_and_their_application_is_out_of_sync(policy: Any) -> None:
    found = of_one(document("ConfigMap"), syncPolicy=policy)
    assert not leaving(found)
    assert is_out_of_sync(found)


@rule("prune.object-off")
def test_one_object_may_stay_and_its_application_is_out_of_sync() -> None:
    found = of_one(document("ConfigMap", of={OPTIONS: "Prune=false"}))
    assert not leaving(found)
    assert is_out_of_sync(found)
    assert leaving(of_one(document("ConfigMap", of={OPTIONS: "Prune=true"})))


def is_out_of_sync(found: Any) -> bool:
    """Whether the application is when Git states another object than the one that lives."""
    [item] = found.plan.objects
    other = of_one(document("ConfigMap", "other")).plan
    live = {
        item.manifest.key: item.manifest.body,
        **{one.manifest.key: one.manifest.body for one in other.objects},
    }
    [state] = application_states(other, live, APPLICATION_LABEL)
    return state.sync == "OutOfSync"


@rule("prune.delete-off")
def test_an_object_may_stay_when_its_application_ends() -> None:
    found = of_one(document("ConfigMap", of={OPTIONS: "Delete=false"}))
    assert not leaving(found, gone=True)
    assert leaving(found)


@rule("prune.confirm")
@pytest.mark.parametrize("option", ["Prune=confirm", "Delete=confirm"])
def test_an_object_may_wait_for_a_word(option: str) -> None:
    found = of_one(document("ConfigMap", of={OPTIONS: option}))
    assert not leaving(found, gone=True)
    assert leaving(found, gone=True, confirmed=True)


@rule("prune.hooks-end")
def test_hooks_of_the_end_run_around_the_deletion() -> None:
    found = of_one(document("ConfigMap"), job("a", **{HOOK: "PreDelete"}), job("z", **{HOOK: "PostDelete"}))
    assert found.follows("Job:web/a", "ConfigMap:web/x")
    assert found.follows("ConfigMap:web/x", "Job:web/z")
