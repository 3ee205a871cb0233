"""Starting, repairing, inspecting and stopping clusters.

Starting is repairing: every part that does not run, or runs with other arguments than it should, is started
anew, and everything else is left alone. So the same call serves a fresh folder, a half-started cluster, one
whose processes were killed, and one that is all right.
"""

from __future__ import annotations

import fcntl
import secrets
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar

from gitops.model.errors import ConfigError, TimedOutError
from sandbox.controlplane import fixtures, kubeconfig, pki, ports, stages
from sandbox.controlplane.api import Api
from sandbox.controlplane.parts import PARTS, PORTS, server
from sandbox.controlplane.processes import reap, spawn, terminate
from sandbox.controlplane.records import Record, replace
from sandbox.controlplane.values import Cluster, PartStatus, Sandbox

if TYPE_CHECKING:
    from pathlib import Path

    from sandbox.controlplane.layout import ClusterHome, Home

Say = Callable[[str], None]
T = TypeVar("T")


def _silent(_: str) -> None: ...


def start(
    home: Home, names: Sequence[str], *, kwok_module: Path, say: Say = _silent, patience: float = 120
) -> Sandbox:
    """Make the named clusters run and be ready, side by side.

    Args:
        home: the sandbox's folder; `home.bin` holds the programs.
        names: the clusters' names, which are DNS labels.
        kwok_module: the folder of kwok's Go module, for its stages.
        say: told one line for each thing done.
        patience: seconds a cluster may take until it is ready.

    Raises:
        ConfigError: a program is missing, or a name is not usable.
        TimedOutError: a cluster did not become ready; names the part and the end of its log.
    """
    for name in names:
        if not (name.replace("-", "").isalnum() and name == name.lower() and len(name) <= 40):
            raise ConfigError(f"{name!r} can't be the name of a cluster", next_step="use a-z, 0-9 and -")
    rendered = stages.render(kwok_module)
    with _locked(home, say), ThreadPoolExecutor(max_workers=max(1, len(names))) as pool:
        running = [
            pool.submit(_start_one, home, home.cluster(name), rendered, say, patience) for name in names
        ]
        clusters = tuple(future.result() for future in running)
        _write_kubeconfig(home)
    return Sandbox(home, clusters)


def stop(home: Home, *, say: Say = _silent) -> int:
    """Stop every process this sandbox started, and no other; give their number."""
    with _locked(home, say):
        records = [Record.read(home.cluster(name).record) for name in home.cluster_names()]
        stopped = 0
        for part in reversed(PARTS):  # the server last but one, so that clients don't wail into their logs
            ending = [r.processes[part.name] for r in records if part.name in r.running()]
            terminate(ending)
            stopped += len(ending)
        for record in records:
            record.processes.clear()
            record.write()
    return stopped


def status(home: Home) -> tuple[PartStatus, ...]:
    """Tell of every part of every cluster whether it runs."""
    found = []
    for name in home.cluster_names():
        record = Record.read(home.cluster(name).record)
        running = record.running()
        for part in PARTS:
            process = running.get(part.name)
            ready = process is not None
            if part.name == "kube-apiserver" and process:
                ready = _ask(home.cluster(name), record, Api.ready)
            port = record.ports.get(part.name, 0)
            found.append(PartStatus(name, part.name, process.pid if process else 0, ready, port))
    return tuple(found)


def restart_apiserver(home: Home, name: str, *, downtime: float = 0, patience: float = 60) -> None:
    """Stop one cluster's API server, wait `downtime` seconds, start it again on its port, wait until ready.

    Raises:
        ConfigError: no such cluster runs here.
        TimedOutError: it did not come back.
    """
    cluster = home.cluster(name)
    with _locked(home, _silent):
        record = Record.read(cluster.record)
        process = record.processes.get("kube-apiserver")
        if process is None:
            raise ConfigError(f"no cluster {name} was started in {home.root}")
        terminate([process])
        time.sleep(downtime)
        record.processes["kube-apiserver"] = spawn(
            process.command, log=cluster.log("kube-apiserver"), folder=cluster.root
        )
        record.write()
        _wait(cluster, record, patience, lambda api: "" if api.ready() else "a ready API server")


def _start_one(home: Home, cluster: ClusterHome, rendered: str, say: Say, patience: float) -> Cluster:
    record = Record.read(cluster.record)
    if not record.running():
        say(f"starting cluster {cluster.name}")
    if not (cluster.pki / "ca.crt").is_file():
        terminate(record.running().values())
    if pki.ensure(cluster.pki):
        # nothing written under another authority is of use, service account tokens least of all
        shutil.rmtree(cluster.data, ignore_errors=True)
    if not cluster.tokens.is_file():
        replace(cluster.tokens, f"{secrets.token_hex(16)},viewer,viewer,viewers\n")
    replace(cluster.stages, rendered)
    running = record.running()
    wanted_ports = [port for listed in PORTS.values() for port in listed]
    listening = frozenset(port for part in running for port in PORTS.get(part, ()))
    record.ports = ports.choose(wanted_ports, record.ports, listening)
    address = server(record.ports)
    for part in PARTS:
        if part.user:
            user = kubeconfig.certificate_user(cluster.pki, part.user)
            text = kubeconfig.render([kubeconfig.entry(cluster.name, address, cluster.pki, user)])
            replace(cluster.part_kubeconfig(part.user), text)
    _write_viewer(cluster, address)
    _run_parts(home, cluster, record, say)
    _wait(cluster, record, patience, lambda api: "" if api.ready() else "a ready API server")
    _ask(cluster, record, fixtures.install)
    _wait(cluster, record, patience, fixtures.missing)
    return Cluster(cluster.name, address, home.kubeconfig, cluster.part_kubeconfig("viewer"))


def _run_parts(home: Home, cluster: ClusterHome, record: Record, say: Say) -> None:
    for part in PARTS:
        command = part.command(home.bin, cluster, record.ports)
        process = record.processes.get(part.name)
        if process and process.alive():
            if process.command == command:
                continue
            terminate([process])
        if process:
            say(f"{cluster.name}: starting {part.name} again")
        try:
            record.processes[part.name] = spawn(command, log=cluster.log(part.name), folder=cluster.root)
        except OSError as error:
            raise ConfigError(
                f"{command[0]} can't be started: {error.strerror}",
                next_step="run `python -m sandbox build`",
            ) from error
        record.write()


def _wait(cluster: ClusterHome, record: Record, patience: float, lacking: Callable[[Api], str]) -> None:
    """Wait until nothing is lacking; a part that ends meanwhile is told at once, with its last words."""
    deadline = time.monotonic() + patience
    api = Api(server(record.ports), cluster.pki)
    try:
        while lack := lacking(api):
            reap(record.processes.values())
            dead = sorted(set(record.processes) - set(record.running()))
            if dead or time.monotonic() > deadline:
                raise _not_ready(cluster, dead[0] if dead else "kube-apiserver", lack, ended=bool(dead))
            time.sleep(0.1)
    finally:
        api.close()


def _not_ready(cluster: ClusterHome, part: str, lack: str, *, ended: bool) -> TimedOutError:
    log = cluster.log(part)
    with log.open("rb") as stream:
        stream.seek(max(0, log.stat().st_size - 4000))
        last = stream.read().decode(errors="replace").splitlines()[-5:]
    told = "ended by itself" if ended else f"runs, but cluster {cluster.name} still lacks {lack}"
    return TimedOutError(
        f"cluster {cluster.name}: {part} {told}; the end of {log}:\n    " + "\n    ".join(last),
        next_step="try `python -m sandbox up` again, or `python -m sandbox down --delete` for a fresh start",
    )


def _ask(cluster: ClusterHome, record: Record, question: Callable[[Api], T]) -> T:
    api = Api(server(record.ports), cluster.pki)
    try:
        return question(api)
    finally:
        api.close()


def _write_kubeconfig(home: Home) -> None:
    entries = []
    for name in home.cluster_names():
        cluster = home.cluster(name)
        known = Record.read(cluster.record)
        if "kube-apiserver" in known.ports:
            user = kubeconfig.certificate_user(cluster.pki, "admin")
            entries.append(kubeconfig.entry(name, server(known.ports), cluster.pki, user))
    replace(home.kubeconfig, kubeconfig.render(entries))


def _write_viewer(cluster: ClusterHome, address: str) -> None:
    user = {"token": cluster.tokens.read_text().split(",")[0]}
    text = kubeconfig.render([kubeconfig.entry(cluster.name, address, cluster.pki, user)])
    replace(cluster.part_kubeconfig("viewer"), text)


@contextmanager
def _locked(home: Home, say: Say) -> Iterator[None]:
    home.root.mkdir(parents=True, exist_ok=True)
    with home.lock.open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say(f"waiting: another command is starting or stopping the sandbox in {home.root}")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield
