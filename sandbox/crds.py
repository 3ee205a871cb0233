"""Definitions of other projects' custom resources, from the Go modules that publish them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gitops.model.errors import Location, NotFoundError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

_DEFINITIONS = {
    "istio.io/api@v1.31.4": ("istio", "kubernetes/customresourcedefinitions.gen.yaml"),
    "github.com/argoproj/argo-rollouts@v1.9.1": ("argo-rollouts", "manifests/crds/*-crd.yaml"),
    "github.com/bitnami-labs/sealed-secrets@v0.32.2": ("sealed-secrets", "helm/sealed-secrets/crds/*.yaml"),
}

MODULES = tuple(_DEFINITIONS)


def definitions(modules: Mapping[str, Path]) -> Iterator[tuple[str, bytes]]:
    """Yield the definitions as (file name, content), one file for each that the projects publish.

    `modules` gives the folder of each of MODULES, such as `go mod download -json` prints it.

    Raises:
        NotFoundError: a module is not given, or its folder does not hold what it should.
    """
    for module, (project, pattern) in _DEFINITIONS.items():
        if module not in modules:
            raise NotFoundError(
                f"the folder of Go module {module} is not known",
                next_step=f"run `go mod download -json {module}` and pass its Dir",
            )
        folder = modules[module]
        files = sorted(folder.glob(pattern))
        if not files:
            raise NotFoundError(
                f"Go module {module} has no {pattern}",
                where=Location(str(folder)),
                next_step="run `go clean -modcache` if the download was cut off, then try again",
            )
        for file in files:
            yield f"{project}.{file.name}", file.read_bytes()
