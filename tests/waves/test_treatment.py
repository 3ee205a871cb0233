from __future__ import annotations

from typing import Any

import pytest

from gitops.model.sync import IgnoreDifference, SyncOptions
from gitops.waves.treatment import planned_object
from tests import given

RESPECT = SyncOptions(respect_ignore_differences=True)
REPLICAS = ("/spec/replicas",)


def ignored(*rules: IgnoreDifference, options: SyncOptions = RESPECT, **annotations: str) -> tuple[str, ...]:
    manifest = given.manifest("Deployment", api="apps/v1", annotations=annotations)
    application = given.application(options=options, ignore_differences=rules)
    return planned_object(manifest, application, 20, ()).ignored


@pytest.mark.parametrize(
    ("rule", "is_about"),
    [
        (("apps", "Deployment"), True),
        (("apps", "Deployment", "x", "web"), True),
        (("*", "*"), True),
        (("apps", "StatefulSet"), False),
        (("", "Deployment"), False),
        (("apps", "Deployment", "y"), False),
        (("apps", "Deployment", "x", "other"), False),
    ],
)
def test_a_sync_leaves_alone_what_the_rules_of_an_object_ignore(
    rule: tuple[Any, ...], is_about: bool
) -> None:
    assert ignored(IgnoreDifference(*rule, json_pointers=REPLICAS)) == (REPLICAS if is_about else ())


def test_without_being_told_to_a_sync_applies_what_is_ignored() -> None:
    rule = IgnoreDifference("*", "*", json_pointers=REPLICAS)
    assert ignored(rule, options=SyncOptions()) == ()


def test_an_object_can_tell_it_for_itself() -> None:
    rule = IgnoreDifference("*", "*", json_pointers=REPLICAS)
    respect = {"argocd.argoproj.io/sync-options": "RespectIgnoreDifferences=true"}
    assert ignored(rule, options=SyncOptions(), **respect) == REPLICAS


def test_several_rules_are_one_sorted_list() -> None:
    rules = (
        IgnoreDifference("*", "*", json_pointers=("/spec/b", "/spec/a")),
        IgnoreDifference("apps", "*", json_pointers=("/spec/a",)),
    )
    assert ignored(*rules) == ("/spec/a", "/spec/b")
