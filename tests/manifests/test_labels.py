"""What is written on every object, and what only on those that are to be kept."""

from gitops.manifests.labels import labeled
from gitops.model.keys import (
    APPLICATION_LABEL,
    OBJECT_ANNOTATION,
    PRUNE_ANNOTATION,
    STACK_LABEL,
    TREE_ANNOTATION,
)
from tests.given import application

BODY = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "x", "labels": {"own": "label"}}}


def test_an_object_says_whose_it_is_and_keeps_its_own_labels() -> None:
    metadata = labeled(BODY, application("shop", 20), "prod")["metadata"]
    assert metadata["labels"] == {"own": "label", STACK_LABEL: "prod", APPLICATION_LABEL: "shop"}
    assert set(metadata["annotations"]) == {TREE_ANNOTATION, OBJECT_ANNOTATION}


def test_an_object_says_which_one_it_is_unless_its_name_is_not_known_yet() -> None:
    elsewhere = {**BODY, "metadata": {"name": "x", "namespace": "n", "annotations": {OBJECT_ANNOTATION: "y"}}}
    for body, told in ((BODY, "ConfigMap:x"), (elsewhere, "ConfigMap:n/x")):
        metadata = labeled(body, application("shop", 20), "prod")["metadata"]
        assert metadata["annotations"][OBJECT_ANNOTATION] == told
    made = labeled({**BODY, "metadata": {"generateName": "x-"}}, application("shop", 20), "prod")
    assert OBJECT_ANNOTATION not in made["metadata"]["annotations"]


def test_an_object_of_an_application_that_prunes_nothing_says_so_itself() -> None:
    metadata = labeled(BODY, application("shop", 20, prune=False), "prod")["metadata"]
    assert metadata["annotations"][PRUNE_ANNOTATION] == "false"
