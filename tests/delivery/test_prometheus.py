"""The past that a server tells, and what becomes of servers that tell none."""

import math

import pytest

from gitops.delivery.prometheus import Prometheus
from gitops.model.errors import AccessError, ConfigError, GitOpsError
from tests.prometheus_stub import Stub, serving

BEGIN = 1_700_000_000.0


def past(stub, *, moments=3, query="up", token=""):
    with serving(stub):
        return Prometheus(stub.url, token).past(query, BEGIN, 10.0, moments)


def test_each_moment_has_the_values_of_the_series_that_are_there():
    stub = Stub(lambda at: at - BEGIN, lambda at: None if at == BEGIN else 7)
    assert past(stub) == [(0.0,), (10.0, 7.0), (20.0, 7.0)]


def test_a_scalar_is_a_number_and_none_is_no_number():
    found = past(Stub(lambda at: None if at > BEGIN else 4, kind="scalar"))
    assert found[0] == 4.0
    assert all(math.isnan(number) for number in found[1:])


def test_a_query_that_never_gave_anything_is_empty_at_each_moment():
    assert past(Stub()) == [(), (), ()]


def test_a_long_time_is_asked_for_in_parts_that_the_server_takes():
    stub = Stub(lambda at: at)
    found = past(stub, moments=25_000)
    assert len(found) == 25_000
    assert found[-1] == (BEGIN + 249_990.0,)
    assert len(stub.asked) == 4


def test_not_a_number_and_infinity_are_values():
    (first, second) = past(Stub(lambda at: "NaN" if at == BEGIN else "+Inf"), moments=2)
    assert math.isnan(first[0])
    assert second == (math.inf,)


def test_a_token_goes_to_the_server_and_into_no_error():
    stub = Stub(lambda _: 1)
    past(stub, token="s3cret")
    assert set(stub.tokens) == {"Bearer s3cret"}
    stub.answer = 403, "no"
    with pytest.raises(AccessError, match="does not let us in: 403") as caught:
        past(stub, token="s3cret")
    assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        ((200, "<html>"), "answers 200 and no JSON of its API"),
        ((200, "[" * 100_000), "no JSON of its API"),
        ((502, ""), "answers 502"),
        ((302, ""), "answers 302"),
        ((200, '{"status": "success"}'), "no JSON of its API"),
        (
            (200, '{"status": "success", "data": {"resultType": "matrix", "result": []}}'),
            "type matrix gives no",
        ),
        ((400, '{"status": "error", "error": "parse error at char 3"}'), "refuses: parse error at char 3"),
    ],
)
def test_a_server_that_is_none_is_told_so(answer, message):
    stub = Stub()
    stub.answer = answer
    with pytest.raises(GitOpsError, match=message):
        past(stub)


@pytest.mark.parametrize("values", ["5", "[[1]]", '[[1, "x"]]', '[["x", "1"]]', "null"])
def test_a_series_without_numbers_is_refused(values, monkeypatch):
    stub = Stub()
    answers = iter(
        [
            (200, '{"status": "success", "data": {"resultType": "vector", "result": []}}'),
            (
                200,
                f'{{"status": "success", "data": {{"resultType": "matrix", "result": [{{"values": {values}}}]}}}}',
            ),
        ]
    )
    monkeypatch.setattr(stub, "of", lambda *_: next(answers))
    with pytest.raises(GitOpsError, match="without numbers"):
        past(stub)


def test_a_query_with_too_many_series_is_refused():
    with pytest.raises(GitOpsError, match="gives 1001 series, and at most 1000"):
        past(Stub(*[lambda _: 1] * 1001), moments=1)


def test_an_answer_that_is_too_large_is_refused(monkeypatch):
    monkeypatch.setattr("gitops.delivery.prometheus._MOST", 1000)
    with pytest.raises(GitOpsError, match="answers more than"):
        past(Stub(lambda _: 1), moments=1000)


def test_nobody_at_the_address_is_no_access():
    with pytest.raises(AccessError, match="does not answer"):
        Prometheus("http://127.0.0.1:1").past("up", BEGIN, 10.0, 1)


@pytest.mark.parametrize("address", ["", "prometheus:9090", "file:///etc/passwd", "http://ada:s3cret@p"])
def test_what_is_no_address_is_refused_and_a_password_in_it_not_told(address):
    with pytest.raises(ConfigError, match="is no address of a Prometheus server") as caught:
        Prometheus(address).past("up", BEGIN, 10.0, 1)
    assert "s3cret" not in str(caught.value)
