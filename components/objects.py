"""The one seam through which every Kubernetes object is registered with the engine."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import pulumi

from gitops.model.keys import FIELD_MANAGER, group_of, version_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gitops.model.manifest import JsonObject
    from gitops.model.plan import PlannedObject

# An object keeps its resource when its apiVersion moves between any two of these.
VERSIONS = tuple(
    "v1 v2 v1beta1 v1beta2 v1beta3 v1alpha1 v1alpha2 v1alpha3 v2beta1 v2beta2 v2alpha1 v3".split()
)


def type_token(api_version: str, kind: str) -> str:
    """The engine's type of an object, such as `kubernetes:apps/v1:Deployment`."""
    return f"kubernetes:{group_of(api_version) or 'core'}/{version_of(api_version)}:{kind}"


def provider_hints(planned: PlannedObject) -> JsonObject:
    """Annotations that tell the provider how to apply, await and delete an object."""
    hints = {
        "pulumi.com/patchFieldManager": FIELD_MANAGER,
        "pulumi.com/deletionPropagationPolicy": "background",
    }
    if not planned.readiness.wait:
        hints["pulumi.com/skipAwait"] = "true"
    elif planned.readiness.condition:
        hints["pulumi.com/waitFor"] = planned.readiness.condition
    return hints


def register(
    planned: PlannedObject,
    parent: pulumi.Resource,
    after: Sequence[pulumi.Resource],
    deleted_with: pulumi.Resource | None,
    *,
    prune: bool,
) -> pulumi.CustomResource:
    """Register one object under its application, after the resources it waits for."""
    manifest = planned.manifest
    api_version, kind = manifest.api_version, manifest.kind
    timeout = f"{math.ceil(planned.readiness.timeout)}s"
    return pulumi.CustomResource(
        type_token(api_version, kind),
        planned.name,
        _properties(planned),
        pulumi.ResourceOptions(
            parent=parent,
            depends_on=list(after),
            deleted_with=deleted_with,
            retain_on_delete=None if prune else True,
            custom_timeouts=pulumi.CustomTimeouts(create=timeout, update=timeout),
            aliases=[
                pulumi.Alias(type_=type_token(f"{group_of(api_version) or 'core'}/{version}", kind))
                for version in VERSIONS
                if version != version_of(api_version)
            ]
            if group_of(api_version)
            else None,
        ),
    )


def _properties(planned: PlannedObject) -> dict[str, Any]:
    body = planned.manifest.body
    metadata = body["metadata"]
    annotations = {**metadata.get("annotations", {}), **provider_hints(planned)}
    properties = {**body, "metadata": {**metadata, "annotations": annotations}}
    if body["kind"] == "Secret":
        for field in ("data", "stringData"):
            if field in properties:
                properties[field] = pulumi.Output.secret(properties[field])
    return properties
