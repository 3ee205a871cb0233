"""Steps of a plan as the engine's registration requests: the form of every resource is decided here.

The requests are the engine's own protocol (`pulumi/resource.proto`). Going through the SDK's resource classes
instead costs one future for each value of each object, which a CRD's schema turns into tens of seconds.
"""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any

from google.protobuf import struct_pb2
from pulumi.runtime.proto import alias_pb2, resource_pb2

from gitops.manifests.options import staying
from gitops.model.keys import FIELD_MANAGER, PRUNE_ANNOTATION, UNUSED, group_of, version_of

if TYPE_CHECKING:
    from gitops.model.manifest import JsonObject
    from gitops.model.plan import PlannedObject

STASH_TYPE = "pulumi:index:Stash"
# An object keeps its resource when its apiVersion moves between any two of these.
VERSIONS = tuple(
    "v1 v2 v1beta1 v1beta2 v1beta3 v1alpha1 v1alpha2 v1alpha3 v2beta1 v2beta2 v2alpha1 v3".split()
)
# No value comes from what a resource waits for. Saying nothing would say that all of them do, and the engine
# would make anew whatever waits for an object that it makes anew.
_ORDER_ONLY = {"kind": resource_pb2.RegisterResourceRequest.PropertyDependencies()}
# How the engine's protocol marks a secret value.
_SIGNATURE = "4dabf18193072939515e22adb298388d"
_SECRET = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105 - a constant of the protocol


def type_token(api_version: str, kind: str) -> str:
    """The engine's type of an object, such as `kubernetes:apps/v1:Deployment`."""
    return f"kubernetes:{group_of(api_version) or 'core'}/{version_of(api_version)}:{kind}"


def provider_hints(planned: PlannedObject) -> JsonObject:
    """Annotations that tell the provider how to apply, await and delete an object."""
    hints = {
        "pulumi.com/patchFieldManager": FIELD_MANAGER,
        "pulumi.com/deletionPropagationPolicy": planned.options.propagation,
    }
    if planned.manifest.kind == "Namespace":
        return (
            hints  # nothing to await when it is made, but its end has to be seen before what it rests on goes
        )
    if not planned.readiness.wait:
        hints["pulumi.com/skipAwait"] = "true"
    elif planned.readiness.condition:
        hints["pulumi.com/waitFor"] = planned.readiness.condition
    return hints


def stash_request(
    name: str,
    parent: str,
    dependencies: list[str],
    value: Any,
    hooks: resource_pb2.RegisterResourceRequest.ResourceHooksBinding | None = None,
) -> resource_pb2.RegisterResourceRequest:
    """A gate or hook: it exists when its dependencies are ready, and changes when its value does."""
    return resource_pb2.RegisterResourceRequest(
        type=STASH_TYPE,
        name=name,
        parent=parent,
        custom=True,
        object=_struct({"input": value}),
        dependencies=dependencies,
        propertyDependencies=_ORDER_ONLY,
        hooks=hooks,
        acceptSecrets=True,
        acceptResources=True,
        supportsPartialValues=True,
        supportsResultReporting=True,
    )


def object_request(
    planned: PlannedObject,
    parent: str,
    provider: str,
    dependencies: list[str],
    *,
    deleted_with: str,
    prune: bool,
    hooks: resource_pb2.RegisterResourceRequest.ResourceHooksBinding | None = None,
) -> resource_pb2.RegisterResourceRequest:
    """An object under its application, after the resources it waits for; all references are URNs."""
    api_version, kind = planned.manifest.api_version, planned.manifest.kind
    group, timeout = group_of(api_version), f"{math.ceil(planned.readiness.timeout)}s"
    anew = planned.options.replace and planned.options.force
    other_versions = [v for v in VERSIONS if group and v != version_of(api_version)]
    return resource_pb2.RegisterResourceRequest(
        type=type_token(api_version, kind),
        name=planned.name,
        parent=parent,
        custom=True,
        object=_struct(properties(planned)),
        provider=provider,
        dependencies=dependencies,
        propertyDependencies=_ORDER_ONLY,
        aliases=[
            alias_pb2.Alias(spec=alias_pb2.Alias.Spec(type=type_token(f"{group}/{version}", kind)))
            for version in other_versions
        ],
        customTimeouts=resource_pb2.RegisterResourceRequest.CustomTimeouts(create=timeout, update=timeout),
        deletedWith=deleted_with,
        retainOnDelete=_stays(planned, prune=prune) or None,
        ignoreChanges=[property_path(pointer) for pointer in planned.ignored],
        replaceOnChanges=_content(planned) if anew else [],
        # both have one name: made first, the new one would be deleted with the old one
        deleteBeforeReplace=anew,
        deleteBeforeReplaceDefined=anew,
        hooks=hooks,
        acceptSecrets=True,
        acceptResources=True,
        supportsPartialValues=True,
        supportsResultReporting=True,
    )


def property_path(pointer: str) -> str:
    """A JSON pointer (RFC 6901) as the engine's path of a property."""
    keys = [part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/")[1:]]
    return "".join(f"[{key}]" if key.isdecimal() else f"[{json.dumps(key)}]" for key in keys)


def _stays(planned: PlannedObject, *, prune: bool) -> bool:
    """Whether the engine forgets an object that leaves Git instead of deleting it: whoever prunes knows when to."""
    told = planned.manifest.annotations.get(PRUNE_ANNOTATION)
    return told == UNUSED or staying(planned.options, prune=prune) != ""


def _content(planned: PlannedObject) -> list[str]:
    """What has to change for an object to be made anew: not what this project notes in its metadata."""
    return sorted(planned.manifest.body.keys() - {"apiVersion", "kind", "metadata"})


def applied(planned: PlannedObject) -> JsonObject:
    """An object as the provider applies it: what Git states, and the hints; a Secret's values in clear."""
    body = planned.manifest.body
    metadata = body["metadata"]
    annotations = {**metadata.get("annotations", {}), **provider_hints(planned)}
    return {**body, "metadata": {**metadata, "annotations": annotations}}


def properties(planned: PlannedObject) -> JsonObject:
    """An object's inputs: as `applied`, with a Secret's values marked as secrets."""
    result = applied(planned)
    if planned.manifest.kind == "Secret":
        for field in ("data", "stringData"):
            if field in result:
                result[field] = secret(result[field])
    return result


def secret(value: Any) -> JsonObject:
    """A value that the engine encrypts in its state and never shows."""
    return {_SIGNATURE: _SECRET, "value": value}


def _struct(value: JsonObject) -> struct_pb2.Struct:
    message = struct_pb2.Struct()
    for key, item in value.items():
        _fill(message.fields[key], item)
    return message


def _fill(message: struct_pb2.Value, value: Any) -> None:
    match value:
        case None:
            message.null_value = struct_pb2.NULL_VALUE
        case bool():
            message.bool_value = value
        case int() | float():
            message.number_value = value
        case str():
            message.string_value = value
        case dict():
            fields = message.struct_value.fields
            message.struct_value.SetInParent()
            for key, item in value.items():
                _fill(fields[key], item)
        case _:
            message.list_value.SetInParent()
            values = message.list_value.values
            for item in value:
                _fill(values.add(), item)
