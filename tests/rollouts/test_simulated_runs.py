"""Runs end as the controller ends them, and what many of them say of a metric."""

import math

import pytest

from gitops.model.keys import ObjectKey
from gitops.rollouts.simulation.judgement import judged
from gitops.rollouts.simulation.metrics import Metric
from gitops.rollouts.simulation.runs import Past, Phase, resolution, runs

KEY = ObjectKey("argoproj.io", "Rollout", "shop", "web")
NAN = math.nan


def metric(**changes):
    told = {"success": "result[0] >= 1", "interval": 60.0, "count": 3, **changes}
    return Metric(KEY, "orders", "web-orders", **told)


def past(*values, step=60.0):
    """One value each moment; None for an empty answer."""
    return Past(0.0, step, [() if value is None else (value,) for value in values])


def ends(wanted, found, lasts=0.0):
    return [str(run.phase) for run in runs(wanted, found, 60.0, lasts)]


def test_a_run_takes_its_count_and_none_is_told_that_the_past_cuts_off():
    assert ends(metric(), past(1, 1, 1, 1)) == ["Successful"] * 2


@pytest.mark.parametrize(
    ("limit", "outcome"), [(0, "Failed"), (1, "Failed"), (2, "Successful"), (-1, "Successful")]
)
def test_failures_above_the_limit_fail(limit, outcome):
    assert ends(metric(failures=limit), past(0, 0, 1))[:1] == [outcome]


@pytest.mark.parametrize(("limit", "outcome"), [(0, "Inconclusive"), (1, "Successful")])
def test_what_neither_condition_holds_of_is_inconclusive(limit, outcome):
    unsure = metric(failure="result[0] < 0.5", inconclusives=limit)
    assert ends(unsure, past(0.7, 1, 1)) == [outcome]


def test_a_rate_of_nothing_is_inconclusive_with_two_conditions_and_fails_with_one():
    assert ends(metric(failure="result[0] < 1"), past(NAN, 1, 1))[0] == "Inconclusive"
    assert ends(metric(), past(NAN, 1, 1))[0] == "Failed"


def test_errors_are_tried_again_after_ten_seconds_and_count_only_in_a_row():
    errors = past(None, None, 1, 1, step=10.0)
    once = metric(count=1, errors=1, interval=0.0)
    assert [run.phase for run in runs(once, errors, 10.0, 0)][:2] == [Phase.ERROR, Phase.SUCCESSFUL]
    (first, *_) = runs(metric(count=1, errors=2, interval=0.0), errors, 10.0, 0)
    assert (first.phase, first.end) == (Phase.SUCCESSFUL, 20.0)


def test_a_metric_without_a_count_is_measured_as_long_as_the_rollout_lasts():
    endless = metric(count=None)
    assert ends(endless, past(1, 1, 1, 0, 1), lasts=120) == ["Successful", "Failed", "Failed", "Failed"]


def test_the_first_measurement_waits_for_the_initial_delay():
    (run,) = runs(metric(delay=120.0, count=1), past(0, 0, 1), 60.0, 0)
    assert (run.begin, run.end, run.phase) == (0.0, 120.0, Phase.SUCCESSFUL)


def test_moments_lie_so_that_all_measurements_and_retries_fall_on_one():
    assert resolution(metric()) == 10.0
    assert resolution(metric(interval=45.0, delay=2.5)) == 2.5
    assert resolution(metric(interval=0.0)) == 10.0


def test_a_metric_that_was_always_good_has_passed():
    found = judged(metric(), past(*range(1, 21)), 60.0, 0)
    assert found.passed
    assert (found.spread.least, found.spread.median, found.spread.p95, found.spread.most) == (1, 10.5, 19, 20)
    assert (found.flips, found.empty, found.bad) == (0, 0, ())


def test_a_noisy_metric_has_failed_and_tells_when_it_was_at_its_worst():
    values = [2.0] * 30
    values[5] = values[20] = values[21] = 0.5
    found = judged(metric(), past(*values), 60.0, 0)
    assert found.passed is False
    assert found.runs == {Phase.SUCCESSFUL: 21, Phase.FAILED: 7}
    assert found.measured == {Phase.SUCCESSFUL: 27, Phase.FAILED: 3}
    assert found.flips == 4
    worst, other = found.bad
    assert (worst.runs, worst.first, worst.last, worst.result) == (4, 1200.0, 1260.0, (0.5,))
    assert (other.runs, other.first, other.last) == (3, 300.0, 300.0)


def test_nothing_is_said_of_a_time_without_numbers_or_shorter_than_a_run():
    assert judged(metric(), past(NAN, None, NAN), 60.0, 0).passed is None
    assert "no number" in judged(metric(), past(NAN, None, NAN), 60.0, 0).obstacle
    assert judged(metric(), past(1, 1), 60.0, 0).obstacle == "no run ends within that time: one takes 120 s"


def test_gaps_are_told_and_end_in_errors():
    values = [*[1.0] * 10, *[None] * 60, *[1.0] * 10]
    found = judged(metric(errors=4), past(*values, step=10.0), 60.0, 0)
    assert found.empty == 10
    assert found.runs[Phase.ERROR]
    assert found.bad[0].phase == Phase.ERROR
