from __future__ import annotations

import pytest

from gitops.watch.backoff import Attempts, growing, pause


def test_the_first_change_is_healed_at_once_and_then_ever_later_up_to_five_minutes() -> None:
    assert [pause(times) for times in range(8)] == [0, 2, 6, 18, 54, 162, 300, 300]
    assert pause(10_000) == 300


def test_an_object_that_was_quiet_starts_from_the_beginning() -> None:
    fought = Attempts(times=2, last=100.0)
    assert fought.due() == 106
    assert fought.seen(107) == fought
    assert fought.seen(143) == Attempts()


def test_a_fight_is_three_times_in_a_row() -> None:
    attempts = Attempts()
    for now in (1.0, 3.0, 9.0):
        assert not attempts.is_fight
        attempts = attempts.healed(now)
    assert attempts.is_fight
    assert attempts.due() == 9 + 18


@pytest.mark.parametrize(("failures", "seconds"), [(0, 0), (1, 5), (2, 10), (4, 40), (50, 180)])
def test_failures_are_tried_again_twice_as_late_each_time(failures: int, seconds: float) -> None:
    assert growing(failures, 5, 180) == seconds
