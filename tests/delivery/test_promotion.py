"""What proves a deployment, what names what a stack gets, and what is noted of it."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from gitops.cluster.health import Health, Status
from gitops.delivery.promotion import look
from gitops.delivery.promotion import notes as room
from gitops.delivery.promotion.notes import forget, note, note_setback, noted
from gitops.delivery.promotion.proof import (
    against_checks,
    against_return,
    against_run,
    against_soak,
    against_states,
    last_run,
)
from gitops.delivery.promotion.unit import unit_of
from gitops.drift.state import ApplicationState, ObjectState
from gitops.engine.command import LONGEST_TAG
from gitops.model.deployment import Deployment, Intent
from gitops.model.errors import Problem
from gitops.model.promotion import Approval, Move, Setback
from gitops.model.verification import Check, Command, Measurement, Verified
from tests import given

if TYPE_CHECKING:
    from gitops.model.manifest import Manifest

HERE = Path("/nowhere")
NOW = datetime(2026, 1, 1, 12, 0, tzinfo=UTC)


def run(revision: str, finished: str, outcome: str = "Succeeded", **changes: Any) -> Deployment:
    intent = Intent("1", "ada", "main", revision) if revision else None
    values = {"number": 7, "kind": "update", "intent": intent, "message": "", "started": "", **changes}
    return Deployment(finished=f"2026-01-01T{finished}Z", outcome=outcome, **values)


@pytest.mark.parametrize(
    ("last", "said"),
    [
        (run("abc", "11:00:00"), ""),
        (None, "staging was never deployed"),
        (run("abc", "11:00:00", "Failed"), "deployment 7 of staging has not succeeded (Failed)"),
        (run("abc", "11:00:00", "Failed", reason="web: no image"), "(Failed): web: no image"),
        (run("abc", "11:00:00", "Running"), "deployment 7 of staging has not succeeded (Running)"),
        (run("", "11:00:00"), ""),
    ],
)
def test_only_a_deployment_that_succeeded_proves_anything(last: Deployment | None, said: str) -> None:
    told = against_run("staging", last)
    assert said in told
    assert bool(said) == bool(told)


def test_a_refresh_is_no_deployment() -> None:
    assert last_run([run("", "11:00:00", kind="refresh"), run("abc", "10:00:00")]) == run("abc", "10:00:00")
    assert last_run([]) is None


@pytest.mark.parametrize(
    ("runs", "soak", "said"),
    [
        ([("b", "11:30:00")], 0, ""),
        ([("b", "11:30:00")], 1800, ""),
        ([("b", "11:30:00")], 1801, "staging has run b for 1800 s of 1801 s"),
        ([("b", "11:30:00"), ("b", "11:00:00"), ("a", "9:00:00")], 3600, ""),
        ([("b", "11:30:00"), ("a", "11:00:00"), ("b", "09:00:00")], 3600, "for 1800 s of 3600 s"),
        ([("", "11:30:00"), ("", "09:00:00")], 3600, "staging has run it for 1800 s of 3600 s"),
        ([], 60, "staging has run it for 0 s of 60 s"),
    ],
)
def test_what_runs_has_to_have_run_without_another_one_in_between(
    runs: list[tuple[str, str]], soak: float, said: str
) -> None:
    told = against_soak("staging", [run(revision, at) for revision, at in runs], soak, NOW)
    assert said in told
    assert bool(said) == bool(told)


@pytest.mark.parametrize(
    ("runs", "expected"),
    [
        ([], ""),
        ([run("b", "11:00:00"), run("a", "10:00:00")], "b"),
        ([run("b", "11:00:00", "Failed"), run("a", "10:00:00")], "a"),
        ([run("", "11:00:00", kind="refresh"), run("a", "10:00:00")], "a"),
        ([run("", "11:00:00", kind="destroy"), run("a", "10:00:00")], ""),
        ([run("", "11:00:00"), run("a", "10:00:00")], "of the output"),
    ],
)
def test_a_stack_runs_what_was_deployed_last_without_a_failure(
    runs: list[Deployment], expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(look, "told", lambda *_: "of the output\n")
    assert look.running_revision("prod", HERE, runs) == expected


def test_each_application_that_is_not_well_is_named() -> None:
    well = ApplicationState(given.application("api"), (), ())
    broken = ApplicationState(given.application("web"), (), (), (Problem("can't be read"),))
    assert against_states([well, broken]) == ("application web is Unknown and Unknown",)


def test_an_application_whose_rollout_was_aborted_is_not_carried_on_though_all_others_are_well() -> None:
    well = ApplicationState(given.application("api"), (), ())
    told = Health(Status.DEGRADED, "Rollout web/web: RolloutAborted; metric errors failed at step 2 of 3")
    rollout = ObjectState(given.manifest("Rollout").key, missing=False, differences=(), health=told)
    aborted = ApplicationState(given.application("web"), (rollout,), ())
    assert against_states([well, aborted]) == (
        "application web is Synced and Degraded: Rollout web/web: RolloutAborted; metric errors failed at step 2 of 3",
    )


def test_each_check_that_failed_tells_its_first_failure() -> None:
    well, ill = Measurement(well=True, seen="fine"), Measurement(well=False, seen="answered 503")
    passed, failed = (Verified(Check("smoke", Command(("x",))), seen) for seen in ((well,), (well, ill)))
    assert against_checks([passed, failed]) == ("check smoke failed: answered 503",)


def pod(image: str, tree: str = "t1") -> Manifest:
    spec = {"template": {"spec": {"containers": [{"name": "a", "image": image}]}}}
    return given.manifest("Deployment", annotations={"gitops.internal/tree": tree}, spec=spec)


def test_a_unit_is_named_by_the_objects_and_by_nothing_else() -> None:
    first, again, other = (unit_of("abc", [pod(*x)]) for x in (("i:1",), ("i:1", "t2"), ("i:2",)))
    both = [given.manifest("ConfigMap"), pod("i:1")]
    assert first == again
    assert first.digest != other.digest
    assert (first.images, len(first.digest)) == (("i:1",), 16)
    assert unit_of("abc", both) == unit_of("abc", both[::-1])


class Tags(dict[str, str]):
    """A backend's tags of one stack."""

    def tags(self, _stack: str, _project: Path) -> dict[str, str]:
        return self

    def set_tag(self, _stack: str, _project: Path, name: str, text: str) -> None:
        self[name] = text

    def remove_tag(self, _stack: str, _project: Path, name: str) -> None:
        del self[name]


@pytest.fixture
def tags(monkeypatch: pytest.MonkeyPatch) -> Tags:
    tags = Tags()
    for name in ("tags", "set_tag", "remove_tag"):
        monkeypatch.setattr(room, name, getattr(tags, name))
    return tags


@pytest.mark.parametrize(
    "value",
    [
        Move(given.SHA, given.SHA, "staging", "ada@laptop", "2026-01-01T10:00:00Z", "prod"),
        Approval("d", "ada", "now"),
    ],
)
def test_a_note_is_read_as_it_was_written(tags: Tags, value: Move | Approval) -> None:
    assert noted(type(value), tags) is None
    note("prod", HERE, value)
    assert noted(type(value), tags) == value


def test_what_was_begun_is_forgotten_when_it_ends(tags: Tags) -> None:
    note("prod", HERE, Move(given.SHA, "main", "staging", "ada@laptop", "now"))
    forget("prod", HERE)
    forget("prod", HERE)
    assert not tags


def test_a_note_is_cut_to_what_a_tag_takes_and_keeps_what_counts(tags: Tags) -> None:
    note_setback("prod", HERE, given.SHA, 'it said "' + "no" * 500)
    [text] = tags.values()
    held = noted(Setback, tags, given.SHA)
    assert len(text) <= LONGEST_TAG
    assert held
    assert held.revision == given.SHA
    assert held.reason.startswith('it said "no')


def test_every_revision_that_a_stack_went_back_from_is_held_until_there_are_many(
    tags: Tags, monkeypatch: pytest.MonkeyPatch
) -> None:
    revisions = [f"{number:040x}"[::-1] for number in range(1, 13)]
    for number, revision in enumerate(revisions):
        monkeypatch.setattr(room, "now", lambda at=number: f"2026-01-01T10:00:{at:02}Z")
        note_setback("prod", HERE, revision, "no good")
    held = [revision for revision in revisions if noted(Setback, tags, revision)]
    assert held == revisions[2:]
    assert noted(Setback, tags, given.SHA) is None


@pytest.mark.parametrize(
    ("names", "said"),
    [
        (["b", "a"], ""),
        (["a", "b"], "prod had b before, in deployment 7, and went on to a"),
        (["b", "a", "b"], ""),
        (["a", "b", "b"], "prod had b before"),
        (["", "b"], ""),
        (["b"], ""),
        ([], ""),
    ],
)
def test_what_a_stack_ran_and_left_does_not_come_again_by_itself(names: list[str], said: str) -> None:
    told = against_return("prod", [run(name, "11:00:00") for name in names], "b")
    assert said in told
    assert bool(said) == bool(told)


def test_a_bare_deployment_tells_what_it_was_pinned_to() -> None:
    runs = [run("a", "11:00:00"), run("", "10:00:00", configured="b")]
    assert against_return("prod", runs, "b")


@pytest.mark.parametrize("text", ["", "{", "[]", "[1]", '["a"]', '["a","b","c","d","e","f","g"]', "null"])
def test_a_note_that_nobody_can_read_is_none(tags: Tags, text: str) -> None:
    tags["gitops:promotion"] = text
    assert noted(Move, tags) is None
