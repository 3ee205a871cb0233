"""How one object is synced: its application's options, and its own annotation's, in Argo CD's words."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from gitops.source.argo.objects import OPTIONS_ANNOTATION
from gitops.source.argo.syncoptions import annotated_options

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gitops.model.sync import SyncOptions

HELM_POLICY = "helm.sh/resource-policy"


def object_options(
    annotations: Mapping[str, object], application: SyncOptions
) -> tuple[SyncOptions, tuple[str, ...]]:
    """The options of an object with these annotations, and what is wrong with what they say.

    Helm's policy to keep an object is `Delete=false`.
    """
    if annotations.get(HELM_POLICY) == "keep":
        application = replace(application, delete="false")
    return annotated_options(str(annotations.get(OPTIONS_ANNOTATION, "")), application)


def staying(options: SyncOptions, *, prune: bool) -> str:
    """When an object stays though Git no longer states it, as the live object itself has to say it.

    "false": always. "confirm": unless deletions are allowed explicitly. "object-only": when its whole
    application has left. "": never.
    """
    if not prune or options.prune == "false":
        return "false"
    if "confirm" in {options.prune, options.delete}:
        return "confirm"
    return "object-only" if options.delete == "false" else ""
