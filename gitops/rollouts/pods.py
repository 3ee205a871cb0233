"""The pods of a workload, and who selects them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gitops.model.manifest import as_mapping

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gitops.model.manifest import JsonObject


def pod_labels(workload: JsonObject) -> Mapping[str, str]:
    """The labels that a workload's template gives its pods."""
    template = as_mapping(as_mapping(workload.get("spec")).get("template"))
    return as_mapping(as_mapping(template.get("metadata")).get("labels"))


def selects(selector: Mapping[str, str], labels: Mapping[str, str]) -> bool:
    """Whether a selector by plain labels selects pods with these; an empty one selects none."""
    return bool(selector) and all(labels.get(name) == value for name, value in selector.items())
