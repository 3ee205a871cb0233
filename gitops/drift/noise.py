"""What controllers and the API server own even where Git states it: as rules, so that it is no drift.

What one object leaves to another, such as an autoscaler that names it, is in `gitops.waves.steered`.
"""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING, Any

from gitops.model.manifest import as_list, as_mapping
from gitops.model.sync import IgnoreDifference

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gitops.model.paths import Path

Object = dict[str, Any]

_CA_INJECTED = ("cert-manager.io/inject-ca-from", "service.beta.openshift.io/inject-cabundle")
# Containers that admission puts into pods, by the names that Istio, Linkerd and Vault give them.
INJECTED = frozenset(
    "istio-proxy istio-init istio-validation linkerd-proxy linkerd-init linkerd-network-validator"
    " vault-agent vault-agent-init".split()
)
_GROWING = {"Pod": {"spec"}, "ServiceAccount": {"secrets", "imagePullSecrets"}}


def may_grow(kind: str, path: Path) -> bool:
    """Whether a list may hold more than Git states.

    Nobody can add to a pod that runs, so that what only lives there was put in on its creation (tokens, sidecars);
    the names of a service account's tokens are put in by a controller.
    """
    return path[0] in _GROWING.get(kind, ())


def rules_about(wanted: Object) -> tuple[IgnoreDifference, ...]:
    """The rules that follow from an object alone."""
    pointers = tuple(_pointers(wanted))
    return (IgnoreDifference("*", "*", json_pointers=pointers),) if pointers else ()


def _pointers(wanted: Object) -> Iterator[str]:
    if "status" in wanted:
        yield "/status"
    kind, spec = wanted.get("kind"), as_mapping(wanted.get("spec"))
    annotations = as_mapping(as_mapping(wanted.get("metadata")).get("annotations"))
    if kind == "Service":
        yield from (f"/spec/{field}" for field in ("clusterIP", "clusterIPs") if not spec.get(field))
        yield from (
            f"/spec/ports/{place}/nodePort"
            for place, port in enumerate(as_list(spec.get("ports")))
            if not as_mapping(port).get("nodePort")
        )
    elif kind == "ClusterRole" and wanted.get("aggregationRule"):
        yield "/rules"
    else:
        injected = any(name.startswith(_CA_INJECTED) for name in annotations)
        for pointer, config in _bundles(wanted, spec):
            if injected or _is_placeholder(as_mapping(config).get("caBundle")):
                yield f"{pointer}/caBundle"


def _bundles(wanted: Object, spec: Object) -> Iterator[tuple[str, Any]]:
    """Where an object states how to trust a webhook or an API's server."""
    match wanted.get("kind"):
        case "MutatingWebhookConfiguration" | "ValidatingWebhookConfiguration":
            for place, webhook in enumerate(as_list(wanted.get("webhooks"))):
                yield f"/webhooks/{place}/clientConfig", as_mapping(webhook).get("clientConfig")
        case "CustomResourceDefinition":
            webhook = as_mapping(as_mapping(spec.get("conversion")).get("webhook"))
            yield "/spec/conversion/webhook/clientConfig", webhook.get("clientConfig")
        case "APIService":
            yield "/spec", spec


def _is_placeholder(bundle: Any) -> bool:
    """Nothing, or white space in base64, as manifests state it that wait for an injector."""
    try:
        return not base64.b64decode(str(bundle or "")).strip()
    except (binascii.Error, ValueError):
        return False
