from __future__ import annotations

import pytest

from gitops.delivery.retry import pause, with_retries
from gitops.model.errors import Problem
from gitops.model.sync import Retry
from gitops.model.synced import FAILED, LEFT_OUT, SYNCED, ApplicationOutcome, Synced


def run(*results: str, retry: Retry = Retry()) -> tuple[Synced, list[float]]:  # noqa: B008 - a value
    """Syncs that end so, one after the other; the last result and the pauses."""
    waiting = iter(results)
    pauses: list[float] = []

    def attempt() -> Synced:
        problem = Problem("refused")
        return Synced("test", "c0ffee", {}, (ApplicationOutcome("web", next(waiting), (problem,), retry),))

    done = with_retries(attempt, lambda *_: None, pauses.append)
    assert next(waiting, "over") == "over"
    return done, pauses


def test_a_failed_application_is_tried_again_with_argo_cds_pauses_and_gives_up_after_five() -> None:
    done, pauses = run(*[FAILED] * 6)

    assert pauses == [5, 10, 20, 40, 80]
    assert done.having(FAILED)


def test_the_first_success_ends_it() -> None:
    done, pauses = run(FAILED, FAILED, SYNCED)

    assert pauses == [5, 10]
    assert not done.having(FAILED)


@pytest.mark.parametrize("result", [SYNCED, LEFT_OUT])
def test_what_did_not_fail_in_the_cluster_is_not_tried_again(result: str) -> None:
    assert run(result)[1] == []


def test_an_application_may_ask_for_no_retry_or_for_endless_ones() -> None:
    assert run(FAILED, retry=Retry(limit=0))[1] == []
    assert run(*[FAILED] * 9, SYNCED, retry=Retry(limit=-1, first=100))[1] == [100, *[180] * 8]


def test_a_pause_is_never_longer_than_the_longest() -> None:
    assert pause(Retry(), 10_000) == 180
    assert pause(Retry(first=7, factor=3, most=50), 2) == 50


def test_the_pause_is_told_before_it_is_made() -> None:
    told: list[tuple[str, float]] = []
    results = iter([FAILED, SYNCED])

    def attempt() -> Synced:
        return Synced("test", "c0ffee", {}, (ApplicationOutcome("web", next(results)),))

    with_retries(
        attempt, lambda done, seconds: told.append((done.applications[0].name, seconds)), lambda _: None
    )

    assert told == [("web", 5)]
