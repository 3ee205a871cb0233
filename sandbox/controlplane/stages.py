"""What kwok does with the objects of a cluster, joined from its own module and the files beside this one."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from gitops.model.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterator

FATE = "sandbox.gitops.internal/fate"
"""Annotation of pods that shall not do well: `image-pull`, `crash-loop`, `failed` or `never-ready`."""

_FROM_MODULE = (
    "node/fast/node-initialize.yaml",
    "node/heartbeat-with-lease/node-heartbeat-with-lease.yaml",
    "pod/fast/pod-ready.yaml",
    "pod/fast/pod-complete.yaml",
    "pod/fast/pod-delete.yaml",
)
_OWN = Path(__file__).parent / "stages"


def render(kwok_module: Path) -> str:
    """Join the stages to one file.

    Raises:
        ConfigError: the module folder lacks a stage.
    """
    stages = [*_documents(kwok_module / "kustomize" / "stage" / path for path in _FROM_MODULE)]
    for stage in stages:
        if stage["metadata"]["name"] in {"pod-ready", "pod-complete"}:
            stage["spec"]["selector"]["matchExpressions"].append(
                {"key": f'.metadata.annotations["{FATE}"]', "operator": "DoesNotExist"}
            )
    return yaml.safe_dump_all([*stages, *_documents(sorted(_OWN.glob("*.yaml")))], sort_keys=False)


def _documents(files: Iterator[Path] | list[Path]) -> Iterator[dict[str, Any]]:
    for file in files:
        try:
            yield from yaml.safe_load_all(file.read_text())
        except OSError as error:
            raise ConfigError(
                f"kwok's stage {file.name} can't be read: {error.strerror}",
                next_step=f"remove the folder {file.parents[2].parent.parent} and build again",
            ) from error
