from __future__ import annotations

from typing import Any

import pytest

from gitops.manifests.overlay import OverlayError, overlaid
from gitops.model.sources import Kustomize

DIGEST = "sha256:" + "a" * 64


def edited(body: Any, **options: Any) -> Any:
    return overlaid(body, Kustomize(**options), lambda text: text.replace("$ARGOCD_APP_NAME", "web"))


def test_without_options_the_kustomization_stays_the_very_same() -> None:
    body = {"resources": ["a.yaml"], "images": "strange"}
    assert edited(body) is body
    assert edited(None) is None
    assert edited(["no", "kustomization"], name_prefix="x-") == ["no", "kustomization"]


def test_names_and_namespace_are_set() -> None:
    assert edited({"namePrefix": "old-", "resources": []}, name_prefix="a-", name_suffix="-b", namespace="c") == {
        "resources": [], "namePrefix": "a-", "nameSuffix": "-b", "namespace": "c",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("image", "entry"),
    [
        ("nginx:1.2", {"name": "nginx", "newTag": "1.2"}),
        (f"nginx@{DIGEST}", {"name": "nginx", "digest": DIGEST}),
        (f"nginx:1.2@{DIGEST}", {"name": "nginx", "newTag": "1.2", "digest": DIGEST}),
        ("nginx=r.io:5000/n", {"name": "nginx", "newName": "r.io:5000/n"}),
        ("nginx=r.io:5000/n:1", {"name": "nginx", "newName": "r.io:5000/n", "newTag": "1"}),
        ("r.io:5000/a/nginx:1", {"name": "r.io:5000/a/nginx", "newTag": "1"}),
        ("nginx:$ARGOCD_APP_NAME", {"name": "nginx", "newTag": "web"}),
    ],
)
def test_an_image_is_read_as_by_kustomize_edit(image: str, entry: dict[str, str]) -> None:
    assert edited({}, images=(image,)) == {"images": [entry]}


def test_images_replace_those_of_their_name_and_a_star_keeps_a_part() -> None:
    old = [
        {"name": "b", "newName": "kept", "newTag": "1"},
        {"name": "a", "newTag": "2"},
        {"name": "z", "newTag": "3"},
    ]
    assert edited({"images": old}, images=("b=*:9", "a=x/a:*", "c=*"))["images"] == [
        {"name": "a", "newName": "x/a", "newTag": "2"},
        {"name": "b", "newName": "kept", "newTag": "9"},
        {"name": "c"},
        {"name": "z", "newTag": "3"},
    ]


def test_an_image_that_says_nothing_is_refused() -> None:
    with pytest.raises(OverlayError, match="image 'nginx' says neither"):
        edited({}, images=("nginx",))


def test_replicas_replace_those_of_their_name() -> None:
    old = [{"name": "z", "count": 1}, {"name": "a", "count": 1}]
    assert edited({"replicas": old}, replicas=(("a", 3), ("b", 2)))["replicas"] == [
        {"name": "a", "count": 3}, {"name": "b", "count": 2}, {"name": "z", "count": 1},
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("key", "option"), [("commonLabels", "labels"), ("commonAnnotations", "annotations")]
)
def test_labels_and_annotations_are_added_and_overwritten_only_by_force(key: str, option: str) -> None:
    given = {f"common_{option}": (("a", "2"), ("b", "3"))}
    assert edited({key: {"z": "1"}}, **given) == {key: {"z": "1", "a": "2", "b": "3"}}
    with pytest.raises(OverlayError, match="a is in the kustomization already"):
        edited({key: {"a": "1"}}, **given)
    assert edited({key: {"a": "1"}}, **given, **{f"force_common_{option}": True}) == {
        key: {"a": "2", "b": "3"}
    }


def test_labels_are_filled_in_always_and_annotations_where_asked() -> None:
    options = {
        "common_labels": (("a", "$ARGOCD_APP_NAME"),),
        "common_annotations": (("b", "$ARGOCD_APP_NAME"),),
    }
    assert edited({}, **options)["commonLabels"] == {"a": "web"}
    assert edited({}, **options)["commonAnnotations"] == {"b": "$ARGOCD_APP_NAME"}
    assert edited({}, **options, annotation_env_substitute=True)["commonAnnotations"] == {"b": "web"}


def test_labels_without_selectors_join_a_group_of_the_same_settings() -> None:
    option = {"common_labels": (("a", "1"),), "label_without_selector": True}
    assert edited({}, **option) == {"labels": [{"pairs": {"a": "1"}}]}
    groups = [{"pairs": {"x": "1"}, "includeSelectors": True}, {"pairs": {"y": "1"}}]
    assert edited({"labels": groups}, **option)["labels"] == [groups[0], {"pairs": {"y": "1", "a": "1"}}]
    assert edited({"labels": groups}, **option, label_include_templates=True)["labels"] == [
        *groups, {"pairs": {"a": "1"}, "includeTemplates": True},
    ]  # fmt: skip


def test_patches_and_components_come_last_and_a_component_once() -> None:
    patch = {"patch": "- op: remove", "target": {"kind": "Deployment"}}
    assert edited({"patches": [{"path": "a"}]}, patches=(patch,))["patches"] == [{"path": "a"}, patch]
    assert edited({"components": ["a"]}, components=("b", "a"))["components"] == ["a", "b"]
