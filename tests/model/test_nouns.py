from __future__ import annotations

import pytest
from hypothesis import given as with_any
from hypothesis import strategies as st

from gitops.model.duration import parse_duration
from gitops.model.keys import ObjectKey, group_of, version_of
from tests import given


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("90s", 90),
        ("5m", 300),
        ("1h30m", 5400),
        ("1.5h", 5400),
        ("250ms", 0.25),
        ("1m1s1ms", 61.001),
        ("0.5s", 0.5),
    ],
)
def test_a_duration_is_go_s(text: str, seconds: float) -> None:
    assert parse_duration(text) == pytest.approx(seconds)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "5",
        "m",
        "5 m",
        "-5m",
        "0s",
        "0h0m",
        "5d",
        "5m ",
        "5M",
        "1h-5m",
        "soon",
        "\u0665m",
        "1e3s",
        "inf",
        "m5",
    ],
)
def test_anything_else_is_no_duration(text: str) -> None:
    with pytest.raises(ValueError, match=r"duration|longer than nothing"):
        parse_duration(text)


@with_any(st.text("0123456789.hms", max_size=8))
def test_a_text_is_a_positive_duration_or_refused(text: str) -> None:
    try:
        seconds = parse_duration(text)
    except ValueError:
        return
    assert seconds > 0


@pytest.mark.parametrize(
    ("api_version", "group", "version"),
    [("v1", "", "v1"), ("apps/v1", "apps", "v1"), ("a.b.io/v1beta1", "a.b.io", "v1beta1")],
)
def test_an_api_version_is_group_and_version(api_version: str, group: str, version: str) -> None:
    assert (group_of(api_version), version_of(api_version)) == (group, version)


@pytest.mark.parametrize(
    ("key", "name", "told"),
    [
        (ObjectKey("", "ConfigMap", "ns", "a"), "ConfigMap:ns/a", "ConfigMap ns/a"),
        (ObjectKey("apps", "Deployment", "ns", "a"), "apps/Deployment:ns/a", "Deployment ns/a"),
        (ObjectKey("", "Namespace", "", "a"), "Namespace:a", "Namespace a"),
        (
            ObjectKey("rbac.authorization.k8s.io", "ClusterRole", "", "a:b"),
            "rbac.authorization.k8s.io/ClusterRole:a:b",
            "ClusterRole a:b",
        ),
    ],
)
def test_an_identity_has_a_name_for_the_engine_and_one_for_people(
    key: ObjectKey, name: str, told: str
) -> None:
    assert (key.resource_name, str(key)) == (name, told)


def test_an_identity_outlives_application_and_version() -> None:
    one = given.manifest("CronJob", of="a", namespace="n", api="batch/v1beta1")
    other = given.manifest("CronJob", of="b", namespace="n", api="batch/v1")
    assert one.key == other.key
