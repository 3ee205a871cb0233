"""An application with a `rollout:` section, from its files to its objects and problems."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from gitops.manifests.build import manifests
from gitops.manifests.raw import RawObject
from gitops.model.errors import Location, Problems
from gitops.source.layout import find_applications
from gitops.source.yaml import read_documents
from tests.given import commit, settings

if TYPE_CHECKING:
    from gitops.model.manifest import Manifest

GOLDEN = Path(__file__).parent / "golden"
PROMETHEUS = "http://prometheus.monitoring:9090"
FOLDER = "k8s/02-apps/shop"

DEPLOYMENT = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 3
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers: [{name: web, image: "shop/web:1"}]
---
"""
SERVICE = """
apiVersion: v1
kind: Service
metadata: {name: web}
spec:
  selector: {app: web}
  ports: [{name: http, port: 80, targetPort: 8080}]
---
"""


def built(
    objects: str, section: str = "", *, also: dict[str, str] | None = None, **changes: Any
) -> tuple[tuple[Manifest, ...], list[str]]:
    """The manifests of an application, and of others beside it, and what is told of their problems."""
    files = {f"{FOLDER}/all.yaml": objects, f"{FOLDER}/gitops.yaml": section} if section else {}
    files |= {f"{FOLDER}/all.yaml": objects}
    for name, text in (also or {}).items():
        files[f"k8s/02-apps/{name}/all.yaml"] = text
    problems = Problems()
    found = commit(files)
    applications = find_applications(found, settings(**{"prometheus": PROMETHEUS, **changes}), problems)
    stated = {
        application: [
            RawObject(Location(file, document.line), document.body)
            for file in files
            if file.startswith(f"{application.path}/all")
            for document in read_documents(found.read(file))
        ]
        for application in applications
    }
    return manifests(stated, "test", None, problems, Problems()), [str(problem) for problem in problems]


def golden(name: str) -> tuple[str, str]:
    """The objects and the section of a golden case."""
    folder = GOLDEN / name
    return (folder / "objects.yaml").read_text(), (folder / "gitops.yaml").read_text()


def shown(found: tuple[Manifest, ...]) -> str:
    """Objects as a golden file shows them: without what this project writes on each."""
    bodies = []
    for manifest in found:
        if manifest.kind == "Namespace":
            continue
        metadata = {k: v for k, v in manifest.body["metadata"].items() if k != "annotations"}
        labels = {k: v for k, v in metadata.pop("labels", {}).items() if not k.startswith("gitops.internal/")}
        annotations = {k: v for k, v in manifest.annotations.items() if not k.startswith("gitops.internal/")}
        metadata |= {"labels": labels} if labels else {}
        metadata |= {"annotations": annotations} if annotations else {}
        bodies.append({**manifest.body, "metadata": metadata})
    return yaml.safe_dump_all(bodies, sort_keys=False, width=110)
