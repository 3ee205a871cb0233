"""Values of the model spelled as Argo Rollouts' and Istio's objects spell them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gitops.model.manifest import JsonObject

ROLLOUTS = "argoproj.io/v1alpha1"
ISTIO = "networking.istio.io/v1"


def spelled(value: Any, *, but: Sequence[str] = ()) -> Any:
    """The value in JSON: fields in camelCase, without those that say nothing and without those named in `but`."""
    if is_dataclass(value):
        stated = {f.name: getattr(value, f.name) for f in fields(value) if f.name not in but}
        return {
            _camel(name): spelled(item) for name, item in stated.items() if item not in (None, (), {}, "")
        }
    if isinstance(value, tuple):
        return [spelled(item) for item in value]
    if isinstance(value, Mapping):
        return {key: spelled(item) for key, item in value.items()}
    return value


def made(api_version: str, kind: str, name: str, namespace: str, spec: JsonObject) -> JsonObject:
    """An object; one without a namespace gets its application's later."""
    metadata = {"name": name, **({"namespace": namespace} if namespace else {})}
    return {"apiVersion": api_version, "kind": kind, "metadata": metadata, "spec": spec}


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(part.capitalize() for part in rest)
