"""Conditions give what the evaluator of the real controller gives, and what it knows and we don't is refused."""

import math

import pytest

from gitops.rollouts.simulation.condition import condition

RESULTS = ((), (0.5,), (1.0,), (2.0, 3.0), (math.nan,), 0.5, math.nan)
# what `EvalCondition` of Argo Rollouts 1.9.1 answers for each of these results: true, false or an error
REAL = [
    ("result[0] >= 0.95", "EFTTFEE"),
    ("result < 0.6", "EEEEETF"),
    ("!isNaN(result[0]) && result[0] < 0.9", "ETFFFEE"),
    ("not (result[0] > 1) or false", "ETTFTEE"),
    ("len(result) == 0 || result[0] >= 1", "TFTTFEE"),
    ("all(result, {# > 1})", "TFFTFEE"),
    ("all(result, # > 1)", "TFFTFEE"),
    ("any(result, {# == 0.5})", "FTFFFEE"),
    ("none(result, {# > 1})", "TTTFTEE"),
    ("one(result, {# > 2})", "FFFTFEE"),
    ("result[1] - result[0] * 2 / 4 > -1", "EEETEEE"),
    ("result[0] / 0 > 1", "ETTTFEE"),
    ("isInf(result[0] / 0)", "ETTTFEE"),
    ("isNil(result)", "FFFFFFF"),
    ("default(result, 0)[0] < 1", "ETFFFEE"),
    ("asFloat(result) < 0.6", "EEEEETF"),
    ("result", "EEEEEEE"),
    ("true", "TTTTTTT"),
    ("!true == false", "TTTTTTT"),
    ("-result[0] < 0", "ETTTFEE"),
    ("result[0] != 1", "ETFTTEE"),
    ("isNaN(result)", "EEEEEFT"),
    ("result[0] < 1e3", "ETTTFEE"),
    ("result[0] == .5", "ETFFFEE"),
]


def answer(text, result):
    try:
        return "T" if condition(text)(result) else "F"
    except ValueError:
        return "E"


@pytest.mark.parametrize(("text", "answers"), REAL, ids=[text for text, _ in REAL])
def test_a_condition_gives_what_the_real_evaluator_gives(text, answers):
    assert "".join(answer(text, result) for result in RESULTS) == answers


@pytest.mark.parametrize(
    "text",
    [
        "result[0] in [1, 2]",
        "len(filter(result, {# > 1})) > 2",
        "result[0] > 1 ? true : false",
        "1 < result[0] < 3",
        "asInt(result[0]) == 1",
        "result.p95 < 3",
        "results[0] > 1",
        "result[0] >",
        "",
        "(" * 51 + "true" + ")" * 51,
        "!" * 60 + "true",
        "result[0] > 1 && " * 100 + "true",
    ],
)
def test_what_is_not_understood_is_refused_and_not_guessed(text):
    with pytest.raises(ValueError, match=r"can't be judged here|is not read here"):
        condition(text)
