"""How long a drift check takes, and that it leaves the engine's state alone: `gitops stack drift` of 1,000 objects."""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from sandbox.console import Console
from sandbox.controlplane.clusters import stop
from sandbox.controlplane.layout import Home
from sandbox.demo import bring_up
from sandbox.synthetic import write_repository
from tests.live.stack_project import StackProject

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sandbox.controlplane.values import Sandbox

CLUSTER = "drift"
OBJECTS_PER_APPLICATION = 5
VARIANTS = ((), ("--strict",), ("--unmanaged",))


def measure(objects: int, runs: int, sandbox: Sandbox, folder: Path) -> None:
    """Put the objects into the cluster as a sync would, change one by hand, look `runs` times in each way."""
    repository = folder / "repository.git"
    applications = objects // OBJECTS_PER_APPLICATION
    write_repository(
        repository, applications=applications, objects_per_application=OBJECTS_PER_APPLICATION, revision=0
    )
    project = StackProject(
        folder / "project", sandbox, stack="drift", context=CLUSTER, repository=repository.as_uri()
    )
    environment = {**project.environment, "XDG_CACHE_HOME": str(folder / "cache")}
    gitops = [sys.executable, "-m", "gitops.cli.main", "--project", str(project.folder)]
    rendered = _run([*gitops, "render", "--stack", "drift", "--show-secrets"], environment)
    apply = ["kubectl", "--context", CLUSTER, "apply", "--server-side", "--field-manager=gitops", "-f", "-"]
    _run([*apply, "--force-conflicts"], environment, stdin=rendered)
    state = _listing(sandbox.home.state)
    for variant in VARIANTS:
        took = []
        for _ in range(runs):
            load, began = os.getloadavg()[0], time.monotonic()
            told = _run([*gitops, "stack", "drift", "--stack", "drift", *variant], environment, codes=(0, 1))
            took.append(time.monotonic() - began)
        last = told.strip().splitlines()[-1]
        print(
            f"{objects} objects, stack drift {' '.join(variant):12} median {statistics.median(took):.2f} s,"
            f" {min(took):.2f} to {max(took):.2f} s in {runs} runs, load {load:.1f}: {last}",
            flush=True,
        )
    if _listing(sandbox.home.state) != state:
        sys.exit("the engine's state was touched")
    print("the engine's state was not touched")


def _listing(folder: Path) -> dict[str, int]:
    return {str(path): path.stat().st_mtime_ns for path in folder.rglob("*") if path.is_file()}


def _run(
    command: list[str], environment: Mapping[str, str], *, stdin: str = "", codes: tuple[int, ...] = (0,)
) -> str:
    done = subprocess.run(command, env=environment, input=stdin, capture_output=True, text=True, check=False)
    if done.returncode not in codes:
        sys.exit(f"{' '.join(command)[:200]} ended with {done.returncode}:\n{done.stderr[-2000:]}")
    return done.stdout


def main() -> None:
    """Start a cluster, measure, stop it."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.drift", description=__doc__)
    parser.add_argument("--objects", type=int, default=1000)
    parser.add_argument("--runs", type=int, default=5)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        home = Home.at(Path(folder) / "sandbox")
        try:
            sandbox = bring_up(home, Console(), (CLUSTER,), with_repository=False)
            home.state.mkdir(parents=True, exist_ok=True)
            measure(chosen.objects, chosen.runs, sandbox, Path(folder))
        finally:
            stop(home)


if __name__ == "__main__":
    main()
