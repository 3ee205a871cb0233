"""What the engine keeps of an object: the live object, with three keys of the provider's beside it."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sandbox.provider.annotations import annotation
from sandbox.provider.inputs import renamed, to_api_key, to_state_key, with_secret_data
from sandbox.provider.values import reveal, with_secrets_of

if TYPE_CHECKING:
    from gitops.cluster.client import Object

_INPUTS = "__inputs"
_API_VERSION = "__initialApiVersion"
_MANAGER = "__fieldManager"


@dataclass(frozen=True, slots=True)
class State:
    """One object as the engine remembers it; `inputs` and `live` spelled as in the API, secrets opened."""

    inputs: Object
    live: Object
    api_version: str = ""
    manager: str = ""


def parse(properties: Object) -> State:
    """Read a state of either layout: today's, and `{inputs, live}` of versions long gone."""
    plain = renamed(reveal(properties), to_api_key)
    if _INPUTS in plain:
        live = {k: v for k, v in plain.items() if k not in {_INPUTS, _API_VERSION, _MANAGER}}
        inputs = plain[_INPUTS] if isinstance(plain[_INPUTS], dict) else {}
        return State(inputs, live, str(plain.get(_API_VERSION) or ""), str(plain.get(_MANAGER) or ""))
    if isinstance(plain.get("inputs"), dict) and isinstance(plain.get("live"), dict):
        return State(plain["inputs"], plain["live"])
    return State({}, plain)


def outputs(inputs: Object, live: Object, *, api_version: str, manager: str, model: Object) -> Object:
    """The properties to store; `model` says by its own secrets what is secret."""
    marked = with_secrets_of(live, model)
    kept = with_secrets_of(inputs, model)
    stored: Object = {
        **with_secret_data(marked),
        _INPUTS: with_secret_data(kept),
        _API_VERSION: api_version,
        _MANAGER: manager,
    }
    result: Object = renamed(stored, to_state_key)
    return result


def manager_name(inputs: Object, state: State | None) -> str:
    """The field manager: by annotation, else the one in the state, else a new random one."""
    chosen = annotation(inputs, "pulumi.com/patchFieldManager")
    return chosen or (state.manager if state else "") or f"pulumi-kubernetes-{secrets.token_hex(4)}"


def object_id(obj: Object) -> str:
    """`namespace/name`, or `name` for an object without a namespace."""
    metadata: Any = obj.get("metadata") or {}
    namespace, name = metadata.get("namespace"), metadata.get("name", "")
    return f"{namespace}/{name}" if namespace else name
