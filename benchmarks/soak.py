"""A soak: a loop keeps many applications while everything around it is changed, restarted, taken away and killed."""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

from benchmarks.chaos import Fleet, Vandal
from benchmarks.witness import Witness, differences
from gitops.cluster.client import Client
from gitops.cluster.kubeconfig import load
from gitops.model.errors import GitOpsError
from sandbox.console import Console
from sandbox.controlplane.clusters import restart_apiserver, stop
from sandbox.controlplane.layout import Home
from sandbox.demo import bring_up
from tests.git_repository import GitRepository
from tests.live.stack_project import StackProject

if TYPE_CHECKING:
    from collections.abc import Callable

CLUSTER = STACK = "soak"
_SETTLED = 240.0
_MOST_MIB = 143  # 150 MB
_BYSTANDERS = "/api/v1/namespaces/default/configmaps"


@dataclass
class Watched:
    """The loop as a process, killed and started again; its memory in each of its lives, and its log."""

    project: StackProject
    log: Path
    interval: str = "5s"
    options: tuple[str, ...] = ()
    kills: int = 0
    memory: list[list[int]] = field(default_factory=lambda: [[]])

    def start(self) -> None:
        """Start it."""
        command = [sys.executable, "-m", "gitops.cli.main", "--project", str(self.project.folder), "watch"]
        options = ["--stack", self.project.stack, "--log-format", "json", "--clear-stale-locks"]
        with self.log.open("ab") as out:
            self.process = subprocess.Popen(
                [*command, *options, *self.options],
                env={**self.project.environment, "SYNC_INTERVAL": self.interval},
                stdout=out,
                stderr=out,
                start_new_session=True,
            )

    def kill(self) -> None:
        """Kill it without a word, and start it again."""
        self.process.kill()
        self.process.wait()
        self.kills += 1
        self.memory.append([])
        self.start()

    def end(self) -> int:
        """End it in good order; gives its exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=120)

    def sample(self) -> None:
        """Note its resident memory, in MiB."""
        try:
            pages = int(Path(f"/proc/{self.process.pid}/statm").read_text().split()[1])
        except (OSError, IndexError):
            return
        self.memory[-1].append(pages * os.sysconf("SC_PAGE_SIZE") // 2**20)

    def told(self) -> list[dict[str, object]]:
        """The lines of its log."""
        lines = self.log.read_text(errors="replace").splitlines()
        return [json.loads(line) for line in lines if line.startswith("{")]

    def left(self) -> int:
        """How many processes of it or its killed predecessors there are, half a minute after the end at most."""
        end = time.monotonic() + 30
        while True:
            found = 0
            for out in Path("/proc").glob("[0-9]*/fd/1"):
                with suppress(OSError):
                    found += out.readlink() == self.log
            if not found or time.monotonic() > end:
                return found
            time.sleep(1)

    def wait_for(self, message: str, seconds: float) -> None:
        """Until the log has a line with this message."""
        end = time.monotonic() + seconds
        while not any(line.get("message") == message for line in self.told()):
            if time.monotonic() > end or self.process.poll() is not None:
                sys.exit(f"{message!r} was not told in {seconds:.0f} s:\n{self.log.read_text()[-3000:]}")
            time.sleep(0.5)


def soak(minutes: float, applications: int, folder: Path, seed: int) -> dict[str, object]:
    """Run it; gives the report."""
    chance = random.Random(seed)  # noqa: S311 - chaos, not cryptography
    home = Home.at(folder / "sandbox")
    try:
        sandbox = bring_up(home, Console(), (CLUSTER,), with_repository=False)
        home.state.mkdir(parents=True, exist_ok=True)
        repository = GitRepository(folder / "repository")
        fleet = Fleet(repository, [f"app-{number:03}" for number in range(applications)])
        for name in fleet.names:
            fleet.write(name)
        repository.commit("Start")
        project = StackProject(
            folder / "project", sandbox, stack=STACK, context=CLUSTER, repository=repository.url
        )
        client = Client(load(str(sandbox.kubeconfig), CLUSTER), patience=60)
        for number in range(20):
            body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": f"bystander-{number}"}}
            client.create(_BYSTANDERS, body)
        watched = Watched(project, folder / "watch.log")
        watched.start()
        watched.wait_for("sync ended", 300)
        vandal, witness = Vandal(client, fleet.names, chance), Witness(client)
        witness.start()
        events = _rage(minutes * 60, chance, watched, fleet, vandal, home, repository)
        settled, drift = _settle(project, watched)
        others = len([i for i in client.list(_BYSTANDERS) if i["metadata"]["name"].startswith("bystander-")])
        code = watched.end()
        witness.end()
        return _report(watched, vandal, events) | {
            "minutes": minutes,
            "applications": applications,
            "seed": seed,
            "settled_after_seconds": settled,
            "drift": drift,
            "objects_not_as_git_says": [*differences(client, fleet, STACK)],
            "deletions_seen": len(witness.deletions),
            "deletions_unexplained": [" ".join(gone) for gone in witness.unexplained(vandal, fleet)],
            "bystanders_left": others,
            "exit_code_of_the_loop": code,
            "processes_left": watched.left(),
        }
    finally:
        stop(home)


def _rage(
    seconds: float,
    chance: random.Random,
    watched: Watched,
    fleet: Fleet,
    vandal: Vandal,
    home: Home,
    repository: GitRepository,
) -> dict[str, int]:
    aside = repository.path.with_name("away")

    def outage() -> None:
        repository.path.rename(aside)
        time.sleep(12)
        aside.rename(repository.path)

    heavy: dict[str, tuple[float, Callable[[], object]]] = {
        "commit": (20, lambda: fleet.commit(chance)),
        "kill": (180, watched.kill),
        "outage": (130, outage),
        "restart": (150, lambda: restart_apiserver(home, CLUSTER, downtime=3)),
    }
    due = {name: every * chance.uniform(0.4, 0.9) for name, (every, _) in heavy.items()}
    counts = dict.fromkeys(heavy, 0)
    began = time.monotonic()
    while (now := time.monotonic() - began) < seconds:
        watched.sample()
        for name in [name for name, when in due.items() if when <= now]:
            print(f"  {now:5.0f} s  {name}", file=sys.stderr, flush=True)
            heavy[name][1]()
            counts[name] += 1
            due[name] = time.monotonic() - began + heavy[name][0] * chance.uniform(0.7, 1.3)
        try:
            vandal.strike()
        except GitOpsError as error:
            print(f"  {now:5.0f} s  {str(error).splitlines()[0]}", file=sys.stderr, flush=True)
        time.sleep(chance.uniform(0.1, 1.0))
    return counts


def _settle(project: StackProject, watched: Watched) -> tuple[float, str]:
    """Seconds until the cluster is equal to Git, and what still differs when it never is."""
    began = time.monotonic()
    while True:
        watched.sample()
        found = project.gitops("stack", "drift", "--stack", STACK)
        seconds = round(time.monotonic() - began, 1)
        if found.code == 0 or seconds > _SETTLED:
            return seconds, "" if found.code == 0 else found.text[-2000:]
        time.sleep(2)


def _report(watched: Watched, vandal: Vandal, events: dict[str, int]) -> dict[str, object]:
    told = watched.told()
    latencies = sorted(float(str(line["seconds"])) for line in told if line["message"] == "healed")
    syncs = sorted(float(str(line["seconds"])) for line in told if line["message"] == "sync ended")
    return {
        "changes_by_hand": dict(sorted(vandal.done.items())),
        "events": events,
        "heals": len(latencies),
        "heal_median_seconds": median(latencies) if latencies else None,
        "heal_p95_seconds": latencies[int(len(latencies) * 0.95)] if latencies else None,
        "syncs": len(syncs),
        "sync_median_seconds": median(syncs) if syncs else None,
        "errors_told": sum(line["level"] == "error" for line in told),
        "memory_mib_most": max(map(max, filter(None, watched.memory))),
        "memory_mib_of_each_life_at_a_third_and_at_its_end": [
            (life[len(life) // 3], life[-1]) for life in watched.memory if life
        ],
    }


def main() -> None:
    """Soak, print the report, and end with 1 when something is not as it has to be."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=20)
    parser.add_argument("--applications", type=int, default=200)
    parser.add_argument("--seed", type=int, default=int(time.time()) % 10**6)
    parser.add_argument("--report", type=Path, help="where to keep the report, as JSON")
    parser.add_argument("--keep", type=Path, help="an empty folder to work in, which is left as it is")
    chosen = parser.parse_args()
    if chosen.keep:
        chosen.keep.mkdir(parents=True, exist_ok=True)
        report = soak(chosen.minutes, chosen.applications, chosen.keep, chosen.seed)
    else:
        with tempfile.TemporaryDirectory(prefix="soak-") as folder:
            report = soak(chosen.minutes, chosen.applications, Path(folder), chosen.seed)
    text = json.dumps(report, indent=2)
    if chosen.report:
        chosen.report.write_text(f"{text}\n")
    print(text)
    none = ("drift", "objects_not_as_git_says", "deletions_unexplained", "processes_left")
    bad = [key for key in none if report[key]]
    if report["bystanders_left"] != 20 or report["exit_code_of_the_loop"]:
        bad.append("bystanders or exit code")
    if report["memory_mib_most"] > _MOST_MIB:
        bad.append("memory")
    if bad:
        sys.exit(f"not as it has to be: {', '.join(bad)}")


if __name__ == "__main__":
    main()
