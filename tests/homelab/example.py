"""The example homelab as its rules see it: applications, and the objects written in their files.

Kustomizations are followed by their `resources` alone, without transformations: the rules then hold for
what people read, and checking them needs no tool.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2] / "examples" / "homelab"
INFRASTRUCTURE, APPS = "k8s/01-infrastructure", "k8s/02-apps"
STACKS = ("staging", "prod")
CLUSTER_SCOPED = {
    "ClusterRole",
    "ClusterRoleBinding",
    "CSIDriver",
    "IngressClass",
    "Namespace",
    "PriorityClass",
    "StorageClass",
}
WORKLOADS = {"Deployment", "StatefulSet", "DaemonSet", "Rollout"}


@dataclass(frozen=True)
class Found:
    """An object, the application it belongs to and the file it is written in."""

    application: str
    namespace: str
    file: Path
    body: dict[str, Any]

    @property
    def kind(self) -> str:
        return str(self.body["kind"])

    @property
    def name(self) -> str:
        return str(self.body["metadata"]["name"])

    @property
    def pod(self) -> dict[str, Any]:
        """The pod template of a workload, Job or CronJob."""
        spec = self.body["spec"]
        if self.kind == "CronJob":
            spec = spec["jobTemplate"]["spec"]
        return dict(spec["template"])

    @property
    def identity(self) -> tuple[str, str, str, str]:
        group = self.body["apiVersion"].rpartition("/")[0]
        return group, self.kind, self.namespace, self.name

    def __str__(self) -> str:
        return f"{self.kind} {self.namespace}/{self.name} ({self.file.relative_to(ROOT)})"


def directories() -> list[Path]:
    return sorted(d for part in (INFRASTRUCTURE, APPS) for d in (ROOT / part).iterdir() if d.is_dir())


def name_of(directory: Path) -> str:
    return re.sub(r"^\d+-", "", directory.name)


@cache
def descriptor(directory: Path) -> dict[str, Any]:
    file = directory / "gitops.yaml"
    return dict(yaml.safe_load(file.read_text()) or {}) if file.is_file() else {}


def wave_of(directory: Path) -> int:
    prefix = re.match(r"(\d+)-", directory.name)
    default = 10 if INFRASTRUCTURE in directory.as_posix() else 20
    usual = int(prefix[1]) if prefix else default
    return int(descriptor(directory).get("wave", usual))


def entry(directory: Path, stack: str) -> Path:
    """The folder that a stack builds: its overlay where there is one, else the application's own."""
    overlay = directory / "overlays" / stack
    return overlay if overlay.is_dir() else directory


def read(file: Path) -> list[dict[str, Any]]:
    text = file.read_text()
    documents = [json.loads(text)] if file.suffix == ".json" else list(yaml.safe_load_all(text))
    return [document for document in documents if document is not None]


@cache
def objects(stack: str) -> tuple[Found, ...]:
    """Every object that a stack is made of, in the order of the files."""
    return tuple(_placed(directory, file, body) for directory, file, body in _written(stack))


@cache
def generated(stack: str) -> dict[str, set[str]]:
    """The ConfigMaps that kustomizations generate, as application → names without hash."""
    names: dict[str, set[str]] = {}
    for directory in directories():
        for file in _kustomizations(entry(directory, stack), set()):
            made = yaml.safe_load(file.read_text()).get("configMapGenerator", ())
            names.setdefault(name_of(directory), set()).update(each["name"] for each in made)
    return names


def _placed(directory: Path, file: Path, body: dict[str, Any]) -> Found:
    usual = descriptor(directory).get("namespace", name_of(directory))
    namespace = "" if body["kind"] in CLUSTER_SCOPED else body["metadata"].get("namespace", usual)
    return Found(name_of(directory), namespace, file, body)


def _written(stack: str) -> Iterator[tuple[Path, Path, dict[str, Any]]]:
    for directory in directories():
        start = entry(directory, stack)
        files = _resources(start, set()) if (start / "kustomization.yaml").is_file() else _plain(start)
        for file in files:
            for body in read(file):
                yield directory, file, body


def _plain(directory: Path) -> Iterator[Path]:
    for file in sorted(directory.iterdir()):
        if file.suffix in {".yaml", ".yml", ".json"} and file.name != "gitops.yaml":
            yield file


def _kustomizations(folder: Path, seen: set[Path]) -> Iterator[Path]:
    file = folder / "kustomization.yaml"
    if file.is_file() and file not in seen:
        seen.add(file)
        yield file
        for each in yaml.safe_load(file.read_text()).get("resources", ()):
            yield from _kustomizations((folder / each).resolve(), seen)


def _resources(folder: Path, seen: set[Path]) -> Iterator[Path]:
    for file in _kustomizations(folder, seen):
        for each in yaml.safe_load(file.read_text()).get("resources", ()):
            if (path := (file.parent / each).resolve()).is_file():
                yield path
