"""Frozen dataclasses read strictly from plain values: camelCase keys, no unknown ones, the bounds of `metadata`."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from operator import or_
from types import GenericAlias, MappingProxyType, UnionType
from typing import Annotated, Any, TypeVar, Union, get_args, get_origin, get_type_hints

import msgspec

from gitops.source.shaped import shaped

T = TypeVar("T")
_BOUNDS = {int: ("ge", "le"), float: ("ge", "le"), str: ("pattern",), tuple: ("min_length",)}
# evaluates every annotation anew each time it is asked
_hints = functools.cache(get_type_hints)


def read_typed(value: Any, model: type[T]) -> T:
    """The value as the dataclass.

    Raises:
        msgspec.ValidationError: a key is unknown or missing, or a value is of another type or out of bounds.
    """
    made: T = _dataclass(shaped(value, _struct(model)), model)  # type: ignore[arg-type]  # it has a hash
    return made


def keys(model: type, path: str) -> list[str]:
    """The keys that a dataclass has at a path such as `canary.steps[0].setMirrorRoute`, sorted."""
    names = [name.partition("[")[0] for name in path.split(".") if name]
    for name in names:
        inner = _inner(model, name)
        if inner is None:
            break
        model = inner
    return sorted(field.encode_name for field in msgspec.structs.fields(_struct(model)))


def _inner(model: type, name: str) -> type | None:
    """The dataclass that stands, in whatever form, under a key."""
    hints = _hints(model)
    attribute = {field.encode_name: field.name for field in msgspec.structs.fields(_struct(model))}.get(name)
    return _dataclass_in(hints[attribute]) if attribute else None


def _dataclass_in(hint: Any) -> type | None:
    if is_dataclass(hint):
        return hint if isinstance(hint, type) else None
    return next((found for inner in get_args(hint) if (found := _dataclass_in(inner))), None)


@functools.cache
def _struct(model: Any) -> type[msgspec.Struct]:
    """The dataclass as a reader that knows its keys."""
    hints = _hints(model)
    stated: list[tuple[str, Any] | tuple[str, Any, Any]] = []
    for field in fields(model):
        if not field.metadata.get("read", True):
            continue
        hint = _read_as(hints[field.name], field.metadata)
        if field.default is MISSING and field.default_factory is MISSING:
            stated.append((field.name, hint))
        else:
            # what is not stated is left to the dataclass
            stated.append((field.name, hint | msgspec.UnsetType, msgspec.UNSET))
    return msgspec.defstruct(
        model.__name__, stated, frozen=True, forbid_unknown_fields=True, rename="camel", kw_only=True
    )


def _read_as(hint: Any, bounds: Mapping[str, Any] = MappingProxyType({})) -> Any:
    """The type with readers in place of dataclasses, and the bounds that concern it."""
    if isinstance(hint, type) and is_dataclass(hint):
        return _struct(hint)
    origin, arguments = get_origin(hint), get_args(hint)
    if origin in {UnionType, Union}:
        return functools.reduce(or_, (_read_as(one, bounds) for one in arguments))
    if origin is tuple:
        hint = GenericAlias(tuple, (_read_as(arguments[0]), ...))
    elif origin is Mapping:
        hint = GenericAlias(dict, (str, _read_as(arguments[1])))
    own = {name: bounds[name] for name in _BOUNDS.get(origin or hint, ()) if name in bounds}
    return Annotated[hint, msgspec.Meta(**own)] if own else hint


def _dataclass(read: Any, model: Any) -> Any:
    """What was read, as the dataclasses that it stands for."""
    if isinstance(read, msgspec.Struct):
        hints = _hints(model)
        given = {name: getattr(read, name) for name in read.__struct_fields__}
        return model(
            **{
                name: _dataclass(value, _dataclass_in(hints[name]))
                for name, value in given.items()
                if value is not msgspec.UNSET
            }
        )
    if isinstance(read, tuple):
        return tuple(_dataclass(item, model) for item in read)
    if isinstance(read, dict):
        return {key: _dataclass(item, model) for key, item in read.items()}
    return read
