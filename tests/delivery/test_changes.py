from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from gitops.cluster.survey import Survey
from gitops.delivery import sync as room
from gitops.delivery.sync import Prepared, carry_out_changes
from gitops.engine.diagnostics import Failure
from gitops.engine.stacks import Outcome
from gitops.model.errors import GitOpsError
from tests import given
from tests.program.engine import plan_of

PLAN = plan_of(
    [given.application("web"), given.application("api")],
    given.manifest("ConfigMap"),
    given.manifest("ConfigMap", of="api"),
)


def changes(monkeypatch: pytest.MonkeyPatch, outcome: Outcome) -> tuple[Any, dict[str, Any]]:
    told: dict[str, Any] = {}

    def up(*_: object, **options: Any) -> Outcome:
        told.update(options)
        return outcome

    monkeypatch.setattr(room, "up", up)
    monkeypatch.setattr(room, "tell_failure", lambda *_: None)
    prepared = Prepared(given.settings(), Path(), None, Survey({}, {}), PLAN)
    return carry_out_changes(prepared, ["web"]), told


def test_the_engine_passes_over_everything_else(monkeypatch: pytest.MonkeyPatch) -> None:
    done, told = changes(monkeypatch, Outcome({"update": 1}))
    assert any(urn.endswith("ConfigMap:api/x") for urn in told["exclude"])
    assert not any("web" in urn for urn in told["exclude"])
    assert {item.result for item in done.applications} == {"Synced"}


def test_a_failure_that_is_nobody_s_is_an_error_and_no_success(monkeypatch: pytest.MonkeyPatch) -> None:
    failed = Outcome(failed=(Failure("pulumi:index:Stash", "wave-20", "will be destroyed"),))
    with pytest.raises(GitOpsError, match="wave-20: will be destroyed"):
        changes(monkeypatch, failed)
