"""Kubernetes objects as resources of a component, each named by what it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pulumi

from components.objects import type_token
from gitops.model.keys import ObjectKey

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gitops.model.manifest import JsonObject


def stated(
    parent: pulumi.ComponentResource, bodies: Iterable[JsonObject], after: Iterable[pulumi.Resource] = ()
) -> list[pulumi.CustomResource]:
    """The objects as children of a component, which are made after some others."""
    options = pulumi.ResourceOptions(parent=parent, depends_on=list(after))
    return [
        pulumi.CustomResource(
            type_token(body["apiVersion"], body["kind"]), ObjectKey.of_body(body).resource_name, body, options
        )
        for body in bodies
    ]
