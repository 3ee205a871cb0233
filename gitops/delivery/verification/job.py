"""The Job of a check, as it is made in the cluster."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gitops.model.errors import ConfigError, Location
from gitops.source.yaml import YamlError, read_documents

if TYPE_CHECKING:
    from gitops.model.manifest import JsonObject

VERIFIED_ANNOTATION = "gitops.internal/verifies"


def job_body(content: bytes, file: str, stack: str) -> JsonObject:
    """The one Job that the file states, marked with the stack that it verifies.

    Raises:
        ConfigError: the file states something else.
    """
    step = "state one Job, with apiVersion batch/v1, a name and a namespace"
    try:
        found = [document.body for document in read_documents(content)]
    except YamlError as error:
        raise ConfigError(str(error), where=Location(file), next_step=step) from error
    match found:
        case [
            {"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": str(), "namespace": str()}} as body
        ]:
            metadata = body["metadata"]
            annotations = {**(metadata.get("annotations") or {}), VERIFIED_ANNOTATION: stack}
            return {**body, "metadata": {**metadata, "annotations": annotations}}
    raise ConfigError("is not the Job of a check", where=Location(file), next_step=step)
