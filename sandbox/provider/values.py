"""The engine's property values as Python values, and back.

The wire format is a protobuf Struct with signature keys (Pulumi's `sdk/go/common/resource/plugin/rpc.go`).
A secret becomes a `Secret`; an unknown stays the sentinel string it is; whole numbers become ints.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sandbox.provider.protos import struct_pb2

if TYPE_CHECKING:
    from gitops.cluster.client import Object

_SIGNATURE = "4dabf18193072939515e22adb298388d"
_SECRET = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105 - a marker of the wire format
_UNKNOWNS = frozenset(
    {
        "04da6b54-80e4-46f7-96ec-b56ff0331ba9",
        "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",
        "3eeb2bf0-c639-47a8-9e75-3b44932eb421",
        "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",
        "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",
    }
)


@dataclass(frozen=True, slots=True)
class Secret:
    """A value that the engine keeps encrypted; its repr does not show it."""

    value: Any

    def __repr__(self) -> str:
        return "Secret()"


def decode(struct: Any) -> Object:
    """The properties of a Struct."""
    return {key: _decode(value) for key, value in struct.fields.items()}


def _decode(value: Any) -> Any:
    kind = value.WhichOneof("kind")
    if kind == "string_value":
        return value.string_value
    if kind == "struct_value":
        content = decode(value.struct_value)
        return Secret(content.get("value")) if content.get(_SIGNATURE) == _SECRET else content
    if kind == "list_value":
        return [_decode(item) for item in value.list_value.values]
    if kind == "number_value":
        number: float = value.number_value
        return int(number) if number.is_integer() else number
    return value.bool_value if kind == "bool_value" else None


def encode(properties: Object) -> Any:
    """The Struct of some properties."""
    struct = struct_pb2.Struct()
    _fill(struct, properties)
    return struct


def _fill(struct: Any, properties: Object) -> None:
    for key, value in properties.items():
        _encode(struct.fields[key], value)


def _encode(target: Any, value: Any) -> None:
    if isinstance(value, str):
        target.string_value = value
    elif isinstance(value, dict):
        target.struct_value.SetInParent()
        _fill(target.struct_value, value)
    elif isinstance(value, list):
        target.list_value.SetInParent()
        for item in value:
            _encode(target.list_value.values.add(), item)
    elif isinstance(value, bool):
        target.bool_value = value
    elif isinstance(value, int | float):
        target.number_value = value
    elif isinstance(value, Secret):
        _fill(target.struct_value, {_SIGNATURE: _SECRET, "value": value.value})
    else:
        target.null_value = 0


def reveal(value: Any) -> Any:
    """The same value with every secret opened."""
    if isinstance(value, dict):
        return {key: reveal(item) for key, item in value.items()}
    if isinstance(value, list):
        return [reveal(item) for item in value]
    return reveal(value.value) if isinstance(value, Secret) else value


def without_nulls(value: Any) -> Any:
    """The same value without the keys that are null: to the engine they were never set."""
    if isinstance(value, dict):
        return {key: without_nulls(item) for key, item in value.items() if item is not None}
    if isinstance(value, list):
        return [without_nulls(item) for item in value]
    return Secret(without_nulls(value.value)) if isinstance(value, Secret) else value


def has_unknowns(value: Any) -> bool:
    """Whether a value is not known before another resource exists."""
    if isinstance(value, dict):
        return any(map(has_unknowns, value.values()))
    if isinstance(value, list):
        return any(map(has_unknowns, value))
    if isinstance(value, Secret):
        return has_unknowns(value.value)
    return isinstance(value, str) and value in _UNKNOWNS


def has_secrets(value: Any) -> bool:
    """Whether there is a secret in a value, at any depth."""
    if isinstance(value, dict):
        return any(map(has_secrets, value.values()))
    if isinstance(value, list):
        return any(map(has_secrets, value))
    return isinstance(value, Secret)


def with_secrets_of(value: Any, model: Any) -> Any:
    """`value`, secret wherever `model` is; a list with one secret in it is secret as a whole."""
    if isinstance(value, Secret):
        return value
    if isinstance(model, Secret) or (isinstance(model, list) and has_secrets(model)):
        return Secret(value)
    if isinstance(value, dict) and isinstance(model, dict):
        return {
            key: with_secrets_of(item, model[key]) if key in model else item for key, item in value.items()
        }
    return value
