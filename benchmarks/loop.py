"""What the loop costs: how soon a change by hand is gone, how soon a commit is live, and what it takes while idle."""

from __future__ import annotations

import argparse
import hashlib
import hmac
import json
import os
import random
import socket
import sys
import tempfile
import time
import urllib.request
from datetime import datetime
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

from benchmarks.chaos import PATHS, Fleet
from benchmarks.shares import audit, audited, shares, trace, traced
from benchmarks.soak import Watched
from gitops.cluster.client import Client
from gitops.cluster.kubeconfig import load
from sandbox.console import Console
from sandbox.controlplane.clusters import stop
from sandbox.controlplane.layout import Home
from sandbox.demo import bring_up
from tests.git_repository import GitRepository
from tests.live.stack_project import StackProject

if TYPE_CHECKING:
    from collections.abc import Callable

CLUSTER = STACK = "loop"
_SECRET = "of the benchmark"  # noqa: S105 - made up
_CHANGES: dict[str, dict[str, Any]] = {
    "ConfigMap": {"data": {"setting": "by hand"}},
    "Service": {"spec": {"selector": {"app": "nobody"}}},
    "Deployment": {"spec": {"replicas": 3}},
    "Role": {"rules": []},
}
_PATIENCE = 30.0


def heal(client: Client, names: list[str], number: int, chance: random.Random) -> list[float]:
    """Seconds from a change being accepted until the object is again as it was, one object after another."""
    found = []
    chosen = chance.sample([(kind, name) for kind in (*_CHANGES, "deleted") for name in names], number)
    for kind, name in chosen:
        deleted = kind == "deleted"
        path = PATHS["ConfigMap" if deleted else kind].format(name, name)
        before = _stated(client.get(path))
        if deleted:
            client.delete(path)
        else:
            client.patch(path, _CHANGES[kind], field_manager="bench")
        began = time.monotonic()
        _until(lambda path=path, before=before: _stated(_get(client, path)) == before)
        found.append(time.monotonic() - began)
        time.sleep(0.05)
    return sorted(found)


def commit_to_live(
    client: Client, fleet: Fleet, watched: Watched, port: int, runs: int
) -> list[dict[str, float]]:
    """Seconds of each part of the way of a commit to one application, begun by a webhook's call."""
    found = []
    for run in range(runs):
        name = fleet.names[run]
        value = f"commit {time.time()}"
        fleet.settings[name] = value
        fleet.write(name)
        fleet.repository.commit(f"Change {name}")
        told = len(watched.told())
        began, clock = time.monotonic(), time.time()
        _call(port)
        path = PATHS["ConfigMap"].format(name, name)
        _until(lambda path=path, value=value: client.get(path)["data"]["setting"] == value)
        live = time.monotonic() - began
        _until(lambda told=told: any(line["message"] == "sync ended" for line in watched.told()[told:]))
        times = {str(line["message"]): _seconds(line) - clock for line in watched.told()[told:]}
        found.append(
            {
                "begun": clock,
                "fetch, survey and plan": times["sync begins"],
                "engine until the change is live": live - times["sync begins"],
                "commit to live": live,
                "engine until it has ended": times["sync ended"] - live,
            }
        )
        time.sleep(1)
    return found


def idle(watched: Watched, seconds: float) -> dict[str, float]:
    """Processor seconds in each minute, and resident memory in MiB, while nothing happens."""

    def used() -> float:
        fields = Path(f"/proc/{watched.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    before = used()
    time.sleep(seconds)
    watched.sample()
    return {
        "cpu_seconds_each_minute": (used() - before) * 60 / seconds,
        "memory_mib": float(watched.memory[-1][-1]),
    }


def measure(folder: Path, applications: int, heals: int, commits: int, quiet: float) -> dict[str, Any]:
    """Everything, on a cluster of its own."""
    home = Home.at(folder / "sandbox")
    audit(home.cluster(CLUSTER).audit_policy)
    try:
        sandbox = bring_up(home, Console(), (CLUSTER,), with_repository=False)
        home.state.mkdir(parents=True, exist_ok=True)
        fleet = Fleet(GitRepository(folder / "repository"), [f"app-{n:03}" for n in range(applications)])
        for name in fleet.names:
            fleet.write(name)
        fleet.repository.commit("Start")
        url = fleet.repository.url
        project = StackProject(folder / "project", sandbox, stack=STACK, context=CLUSTER, repository=url)
        port = _free_port()
        project.environment["GITOPS_WEBHOOK_SECRET"] = _SECRET
        watched = Watched(project, folder / "watch.log", "3m", ("--listen", f"127.0.0.1:{port}"))
        watched.start()
        watched.wait_for("sync ended", 300)
        time.sleep(5)
        client = Client(load(str(sandbox.kubeconfig), CLUSTER))
        # who only looks is not in the shares
        viewer = Client(load(str(home.cluster(CLUSTER).part_kubeconfig("viewer")), CLUSTER))
        healing = time.time()
        latencies = heal(client, fleet.names, heals, random.Random(1))  # noqa: S311 - a fair choice is enough
        healed = time.time()
        own = sorted(float(str(line["seconds"])) for line in watched.told() if line["message"] == "healed")
        ways = commit_to_live(viewer, fleet, watched, port, commits)
        rest = idle(watched, quiet)
        code = watched.end()
        trace(project, folder / "trace")
        watched = Watched(project, folder / "traced.log", "3m", ("--listen", f"127.0.0.1:{port}"))
        watched.start()
        watched.wait_for("sync ended", 300)
        time.sleep(5)
        again = commit_to_live(viewer, fleet, watched, port, commits)
        drift = _drift(project)
        watched.end()
        requests = home.cluster(CLUSTER).audit_log.read_text().splitlines()
        told = [*audited(requests), *traced(folder / "trace")]
        return {
            "objects": applications * len(PATHS),
            "load": os.getloadavg()[0],
            "heal": {
                "objects_changed": len(latencies),
                "median": median(latencies),
                "p95": latencies[int(len(latencies) * 0.95)],
                "most": latencies[-1],
                "median_in_the_loop": median(own),
                "median_of_a_request": median(_applies(requests, healing, healed)),
            },
            "commit_to_live": _medians([{k: v for k, v in way.items() if k != "begun"} for way in ways])
            | {"runs": len(ways)},
            "shares_of_commit_to_live": _medians(
                [shares(way["begun"], way["begun"] + way["commit to live"], told) for way in again]
            ),
            "shares_of_a_drift_check": _medians([shares(begin, end, told) for begin, end in drift]),
            "idle": rest,
            "exit_code_of_the_loop": code,
        }
    finally:
        stop(home)


def _drift(project: StackProject) -> list[tuple[float, float]]:
    """When drift checks began and ended."""
    found = []
    for _ in range(5):
        began = time.time()
        project.gitops("stack", "drift", "--stack", STACK)
        found.append((began, time.time()))
    return found


def _medians(rows: list[dict[str, float]]) -> dict[str, float]:
    return {name: median(row[name] for row in rows) for name in rows[0]}


def _applies(requests: list[str], begin: float, end: float) -> list[float]:
    """How long the API server took for each request by which the loop healed, which is all that it did then."""
    ours = [line for line in requests if '"verb":"patch"' in line and "fieldManager=gitops" in line]
    spans = audited(ours)
    return [span.end - span.begin for span in spans if begin < span.begin < end]


def _stated(live: dict[str, Any] | None) -> Any:
    return live and [live.get(part) for part in ("data", "rules", "spec")]


def _get(client: Client, path: str) -> dict[str, Any] | None:
    from gitops.cluster.errors import ApiError

    try:
        return client.get(path)
    except ApiError:
        return None


def _until(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + _PATIENCE
    while not holds():
        if time.monotonic() > end:
            sys.exit(f"nothing happened in {_PATIENCE:.0f} s")
        time.sleep(0.004)


def _call(port: int) -> None:
    signature = hmac.new(_SECRET.encode(), b"{}", hashlib.sha256).hexdigest()
    headers = {"X-Hub-Signature-256": f"sha256={signature}"}
    request = urllib.request.Request(f"http://127.0.0.1:{port}/webhook", b"{}", headers)
    with urllib.request.urlopen(request, timeout=5) as answer:  # noqa: S310 - this machine
        answer.read()


def _seconds(line: dict[str, object]) -> float:
    return datetime.fromisoformat(str(line["time"])).timestamp()


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def main() -> None:
    """Measure and print, as JSON."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.loop", description=__doc__)
    parser.add_argument("--applications", type=int, default=200, help="of five objects each")
    parser.add_argument("--heals", type=int, default=200)
    parser.add_argument("--commits", type=int, default=7)
    parser.add_argument("--idle", type=float, default=60, help="seconds")
    parser.add_argument("--json", type=Path, default=Path("benchmarks/loop.json"), help="where to keep it")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="loop-") as folder:
        found = measure(Path(folder), chosen.applications, chosen.heals, chosen.commits, chosen.idle)
    text = json.dumps(found, indent=2)
    chosen.json.write_text(f"{text}\n")
    print(text)
    for what in ("commit_to_live", "a_drift_check"):
        found_shares = found[f"shares_of_{what}"]
        whole = sum(found_shares.values())
        print(f"\n| {what.replace('_', ' ')} | seconds | share |\n|---|---:|---:|")
        for who, seconds in found_shares.items():
            print(f"| {who} | {seconds:.3f} | {seconds / whole:.0%} |")


if __name__ == "__main__":
    main()
