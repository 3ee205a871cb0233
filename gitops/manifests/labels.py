"""What this project writes on every object before anything compares or applies it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gitops.manifests.options import object_options, staying
from gitops.model.keys import (
    APPLICATION_LABEL,
    OBJECT_ANNOTATION,
    PRUNE_ANNOTATION,
    STACK_LABEL,
    TREE_ANNOTATION,
    ObjectKey,
)

if TYPE_CHECKING:
    from gitops.model.application import Application
    from gitops.model.manifest import JsonObject


def labeled(body: JsonObject, application: Application, stack: str) -> JsonObject:
    """The object with the labels that say whose it is, its identity, and the tree that it was made from."""
    metadata = body["metadata"]
    labels = {**(metadata.get("labels") or {}), STACK_LABEL: stack, APPLICATION_LABEL: application.name}
    annotations = {**(metadata.get("annotations") or {}), TREE_ANNOTATION: application.tree}
    if "name" in metadata:  # what a hook makes is named later
        annotations[OBJECT_ANNOTATION] = ObjectKey.of_body(body).resource_name
    options, _ = object_options(annotations, application.options)
    stays = staying(options, prune=application.prune)
    if stays:
        annotations[PRUNE_ANNOTATION] = stays
    return {**body, "metadata": {**metadata, "labels": labels, "annotations": annotations}}
