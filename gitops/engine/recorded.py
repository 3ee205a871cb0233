"""The state of a stack as the engine keeps it: which resources it knows, without any of their values."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gitops.engine.stacks import exported, opened, translated
from gitops.model.keys import ObjectKey
from gitops.model.partial import Recorded

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


def recorded(stack: str, project: Path) -> tuple[Recorded, ...]:
    """Every resource of a stack's state; none when the stack was never deployed.

    Raises:
        GitOpsError: the engine can't read the state.
    """
    with translated(stack, "can't be read"):
        state = exported(opened(stack, project)).deployment or {}
    return tuple(_recorded(item) for item in state.get("resources") or ())


def _recorded(item: Mapping[str, Any]) -> Recorded:
    urn = str(item["urn"])
    name = urn.split("::", 3)[3]
    is_object = str(item["type"]).startswith("kubernetes:")
    return Recorded(
        urn,
        str(item["type"]),
        name,
        str(item.get("parent", "")),
        ObjectKey.of(name) if is_object else None,
        _serves(item.get("inputs")) if is_object else None,
        bool(item.get("retainOnDelete")),
    )


def _serves(inputs: Any) -> tuple[str, str] | None:
    match inputs:
        case {
            "kind": "CustomResourceDefinition",
            "spec": {"group": str(group), "names": {"kind": str(kind)}},
        }:
            return group, kind
        case _:
            return None
