"""The state of a stack as the engine keeps it: which resources it knows, without any of their values."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from gitops.engine.stacks import opened, translated
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
        workspace = opened(stack, project).workspace
        told = workspace.pulumi_command.run(
            ["stack", "export", "--stack", stack], workspace.work_dir, workspace.env_vars
        )
    deployment = json.loads(told.stdout).get("deployment") or {}
    return tuple(_recorded(item) for item in deployment.get("resources") or ())


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
