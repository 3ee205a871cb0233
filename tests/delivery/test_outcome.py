from __future__ import annotations

from gitops.delivery.outcome import outcomes
from gitops.engine.diagnostics import Failure
from gitops.model.errors import Problem
from gitops.model.partial import LeftOut
from gitops.model.synced import Synced
from tests import given
from tests.program.engine import plan_of

PLAN = plan_of(
    [given.application("db", 5), given.application("cache", 5), given.application("web", 20)],
    given.manifest("ConfigMap", of="db"),
    given.manifest("ConfigMap", of="cache"),
    given.manifest("ConfigMap", of="web"),
)
FAILED = Failure("kubernetes:core/v1:ConfigMap", "ConfigMap:db/x", "it is wrong")
BROKEN = LeftOut("bad", (Problem("can't be read"),))


def results(*failures: Failure, left_out: tuple[LeftOut, ...] = ()) -> dict[str, str]:
    return {item.name: item.result for item in outcomes(PLAN, left_out, failures)}


def test_a_failure_fails_its_application_and_holds_later_waves_but_no_neighbor() -> None:
    assert results(FAILED) == {"cache": "Synced", "db": "Failed", "web": "Waiting"}


def test_a_left_out_application_holds_nobody() -> None:
    found = results(left_out=(BROKEN,))
    assert found == {"bad": "LeftOut", "cache": "Synced", "db": "Synced", "web": "Synced"}


def test_a_failure_is_told_with_object_reason_place_and_next_step() -> None:
    [problem] = next(item for item in outcomes(PLAN, (), [FAILED]) if item.name == "db").problems
    assert str(problem).startswith("db/x.yaml:1: ConfigMap db/x: it is wrong\n    → mend it")


def test_the_exit_code_is_that_of_the_worst() -> None:
    def code(*failures: Failure, left_out: tuple[LeftOut, ...] = ()) -> int:
        return Synced("s", "r", {}, outcomes(PLAN, left_out, failures)).exit_code

    assert (code(), code(left_out=(BROKEN,)), code(FAILED)) == (0, 2, 4)
    assert code(FAILED, left_out=(BROKEN,)) == 4
