"""What an object costs: stacks of 200, 500 and 1,000 objects, next to `kubectl apply --server-side`."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.table import Sample, read, show, write
from gitops.model.settings import Repository
from gitops.source.git import fetch
from sandbox.console import Console
from sandbox.controlplane.clusters import stop
from sandbox.controlplane.layout import Home
from sandbox.demo import bring_up
from sandbox.synthetic import write_repository
from tests.live.stack_project import StackProject

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sandbox.controlplane.values import Sandbox

CLUSTER = "bench"
CHANGED = "up, one application changed"
OBJECTS_PER_APPLICATION = 5
SIZES = (5, 200, 500, 1000)
"""Objects that the repository states, each size's applications' namespaces beside them; 5 is the fixed cost."""


def steps(stack: str, plain: Path, namespaces: list[str]) -> list[tuple[str, list[str], str]]:
    """What is done, with which command, and what it has to print; a commit comes before what is `CHANGED`."""
    up = ["pulumi", "up", "--yes", "--skip-preview", "--suppress-outputs", "--stack", stack]
    preview = ["pulumi", "preview", "--refresh", "--expect-no-changes", "--stack", stack]
    kubectl = ["kubectl", "--context", CLUSTER]
    apply = [*kubectl, "apply", "--server-side", "--filename", str(plain)]
    return [
        ("first up", up, " created"),
        ("up, nothing changed", [*up, "--expect-no-changes"], " unchanged"),
        ("preview --refresh", preview, " unchanged"),
        (CHANGED, up, " updated"),
        ("destroy", ["pulumi", "destroy", "--yes", "--skip-preview", "--stack", stack], " deleted"),
        ("kubectl apply, first", apply, "serverside-applied"),
        ("kubectl apply, nothing changed", apply, "serverside-applied"),
        ("kubectl delete namespace", [*kubectl, "delete", "namespace", *namespaces], "deleted"),
    ]


def measure(size: int, runs: int, sandbox: Sandbox, folder: Path) -> Iterator[Sample]:
    """Every step, `runs` times, each time from an empty cluster and an empty cache to an empty cluster."""
    repository, applications = folder / "repository.git", size // OBJECTS_PER_APPLICATION

    def commit(revision: int) -> None:
        write_repository(
            repository,
            applications=applications,
            objects_per_application=OBJECTS_PER_APPLICATION,
            revision=revision,
        )

    commit(0)
    url, stack = repository.as_uri(), f"objects-{size}"
    project = StackProject(folder / "project", sandbox, stack=stack, context=CLUSTER, repository=url)
    items = _listed(url, folder / "cache")
    plain = folder / "objects.json"
    plain.write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": items}))
    namespaces = [item["metadata"]["name"] for item in items[:applications]]
    for run in range(runs):
        environment = {**project.environment, "XDG_CACHE_HOME": str(folder / f"cache-{run}")}
        for step, command, expected in steps(stack, plain, namespaces):
            if step == CHANGED:
                commit(run + 1)
            load, began = os.getloadavg()[0], time.monotonic()
            _run(command, project.folder, environment, expected)
            sample = Sample(size, step, round(time.monotonic() - began, 3), round(load, 2))
            print(
                f"  {size:5} {step:32} {sample.seconds:7.2f} s   load {load:.1f}", file=sys.stderr, flush=True
            )
            yield sample


def _listed(url: str, cache: Path) -> list[dict[str, Any]]:
    """The namespaces that the repository's applications need, then its objects, for kubectl."""
    commit = fetch(Repository(url, "main"), cache)
    namespaces, objects = [], []
    for entry in commit.files_below("k8s"):
        name = entry.path.split("/")[-2].partition("-")[2]
        namespaces.append({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
        for text in commit.read(entry.path).decode().split("---\n"):
            item = json.loads(text)
            item["metadata"]["namespace"] = name
            objects.append(item)
    return [*namespaces, *objects]


def _run(command: list[str], folder: Path, environment: Mapping[str, str], expected: str) -> None:
    done = subprocess.run(
        command,
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode or expected not in done.stdout:
        sys.exit(
            f"{' '.join(command)[:200]} ended with {done.returncode}:\n{done.stdout[-2000:]}{done.stderr[-2000:]}"
        )


def main() -> None:
    """Measure the sizes asked for, keep earlier measurements of the others, print the table of all."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.objects", description=__doc__)
    parser.add_argument("--objects", type=int, nargs="*", choices=SIZES, default=list(SIZES))
    parser.add_argument("--runs", type=int, default=3, help="runs of each step (default: 3)")
    parser.add_argument(
        "--json", type=Path, default=Path("benchmarks/objects.json"), help="where to keep them"
    )
    chosen = parser.parse_args()
    kept = [sample for sample in read(chosen.json) if sample.objects not in chosen.objects]
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        home = Home.at(Path(folder) / "sandbox")
        try:
            sandbox = bring_up(home, Console(), (CLUSTER,), with_repository=False)
            home.state.mkdir(parents=True, exist_ok=True)
            for size in chosen.objects:
                place = Path(folder) / str(size)
                place.mkdir()
                kept.extend(measure(size, chosen.runs, sandbox, place))
                write(chosen.json, kept)
        finally:
            stop(home)
    print(show(kept))


if __name__ == "__main__":
    main()
