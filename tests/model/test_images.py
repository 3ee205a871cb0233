"""Images of containers, and what their names say."""

from __future__ import annotations

import pytest

from gitops.model.images import images, is_older, moves


def test_images_are_found_however_deep_a_kind_keeps_its_pods() -> None:
    pod = {
        "initContainers": [{"name": "i", "image": "a:1"}],
        "containers": [{"name": "c", "image": "b:1"}, {"name": "none"}, "odd"],
    }
    body = {"spec": {"jobTemplate": {"spec": {"template": {"spec": pod}}}}}
    assert sorted(images(body)) == [("c", "b:1"), ("i", "a:1")]


@pytest.mark.parametrize(
    ("image", "moving"),
    [
        ("web", True),
        ("web:latest", True),
        ("localhost:5000/web", True),
        ("web:1", False),
        ("web:main-4f2a9c1", False),
        ("web:latest@sha256:" + "0" * 64, False),
        ("::::", True),
    ],
)
def test_a_name_without_a_version_may_be_another_image_tomorrow(image: str, moving: bool) -> None:
    assert moves(image) is moving


@pytest.mark.parametrize(
    ("before", "after", "older"),
    [
        ("web:1.10.0", "web:1.9.9", True),
        ("web:1.9.9", "web:1.10.0", False),
        ("web:v2", "web:v1", True),
        ("web:2.0.0-alpine", "web:1.0.0", False),
        ("web:2.0", "web:1.0.0", False),
        ("a:2", "b:1", False),
        ("", "b:1", False),
        ("web:" + "9" * 5000, "web:1", False),
    ],
)
def test_only_versions_of_one_shape_are_compared(before: str, after: str, older: bool) -> None:
    assert is_older(before, after) is older
