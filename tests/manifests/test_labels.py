"""What is written on every object, and what only on those that are to be kept."""

from gitops.manifests.labels import labeled
from gitops.model.keys import APPLICATION_LABEL, PRUNE_ANNOTATION, STACK_LABEL, TREE_ANNOTATION
from tests.given import application

BODY = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "x", "labels": {"own": "label"}}}


def test_an_object_says_whose_it_is_and_keeps_its_own_labels() -> None:
    metadata = labeled(BODY, application("shop", 20), "prod")["metadata"]
    assert metadata["labels"] == {"own": "label", STACK_LABEL: "prod", APPLICATION_LABEL: "shop"}
    assert set(metadata["annotations"]) == {TREE_ANNOTATION}


def test_an_object_of_an_application_that_prunes_nothing_says_so_itself() -> None:
    metadata = labeled(BODY, application("shop", 20, prune=False), "prod")["metadata"]
    assert metadata["annotations"][PRUNE_ANNOTATION] == "false"
