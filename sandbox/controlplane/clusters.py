"""Starting, repairing, inspecting and stopping the clusters of a sandbox.

Starting is repairing: every part that does not run, or runs with other arguments than it should, is started
anew, and everything else is left alone. So the same call serves a fresh folder, a half-started cluster, one
whose processes were killed, and one that is all right.
"""

from __future__ import annotations

import fcntl
import re
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING

from gitops.model.errors import ConfigError, NotFoundError
from sandbox.controlplane import kubeconfig, pki, stages
from sandbox.controlplane.api import Api
from sandbox.controlplane.part import server
from sandbox.controlplane.parts import CONTROL_PLANE, PARTS, PORTS
from sandbox.controlplane.processes import terminate
from sandbox.controlplane.records import Record, replace
from sandbox.controlplane.startup import parts_of, run_parts, start_cluster
from sandbox.controlplane.values import Cluster, PartStatus, Sandbox
from sandbox.controlplane.waiting import ask

if TYPE_CHECKING:
    from pathlib import Path

    from sandbox.controlplane.layout import Home
    from sandbox.controlplane.part import Part

Say = Callable[[str], None]
_NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?")


def _silent(_: str) -> None: ...


def start(
    home: Home,
    names: Sequence[str],
    *,
    kwok_module: Path,
    parts: Collection[Part] = CONTROL_PLANE,
    say: Say = _silent,
    patience: float = 120,
) -> Sandbox:
    """Make the named clusters run and be ready, side by side.

    Args:
        home: the sandbox's folder; `home.bin` holds the programs.
        names: the clusters' names, which are DNS labels; the first one's context is the current one.
        kwok_module: the folder of kwok's Go module, for its stages.
        parts: what each of them consists of, at least; what was started in one stays a part of it.
        say: told one line for each thing done.
        patience: seconds a cluster may take until it is ready.

    Raises:
        ConfigError: a program is missing, or a name is not usable.
        TimedOutError: a cluster did not become ready; names the part and the end of its log.
    """
    for name in names:
        if not _NAME.fullmatch(name):
            raise ConfigError(f"{name!r} can't be the name of a cluster", next_step="use a-z, 0-9 and -")
    rendered = stages.render(kwok_module)
    with _locked(home, say), ThreadPoolExecutor(max_workers=max(1, len(names))) as pool:
        futures = [
            pool.submit(start_cluster, home.cluster(name), parts, home.bin, rendered, say, patience=patience)
            for name in names
        ]
        records = [future.result() for future in futures]
        _write_kubeconfig(home, names)
    clusters = tuple(
        Cluster(name, server(record.ports), home.kubeconfig, home.cluster(name).part_kubeconfig("viewer"))
        for name, record in zip(names, records, strict=True)
    )
    return Sandbox(home, clusters)


def stop(home: Home, *, say: Say = _silent) -> int:
    """Stop every process this sandbox started, and no other; give their number."""
    if not home.root.is_dir():
        return 0
    with _locked(home, say):
        return _stop(home)


def status(home: Home) -> tuple[PartStatus, ...]:
    """Tell of every part of every cluster whether it runs."""
    found = []
    for name in home.cluster_names():
        record = Record.read(home.cluster(name).record)
        running = record.running()
        for part in parts_of(record):
            process = running.get(part.name)
            ready = process is not None
            if process and part.name == "kube-apiserver":
                ready = ask(home.cluster(name), record, Api.ready)
            port = record.ports.get(PORTS.get(part.name, ("",))[0], 0)
            found.append(PartStatus(name, part.name, process.pid if process else 0, ready, port))
    return tuple(found)


def restart_apiserver(home: Home, name: str, *, downtime: float = 0, patience: float = 60) -> None:
    """Stop one cluster's API server, wait `downtime` seconds, start it again on its port, wait until ready.

    Whatever else of the cluster ended meanwhile is started too.

    Raises:
        NotFoundError: no such cluster runs here.
        TimedOutError: it did not come back.
    """
    cluster = home.cluster(name)
    with _locked(home, _silent):
        record = Record.read(cluster.record)
        record.adopt([part.name for part in PARTS])
        if "kube-apiserver" not in record.running():
            raise NotFoundError(
                f"no API server of a cluster {name} runs in {home.root}",
                next_step="run `python -m sandbox up`",
            )
        terminate([record.processes["kube-apiserver"]])
        time.sleep(downtime)
        run_parts(cluster, record, parts_of(record), home.bin, _silent, patience=patience)


def _stop(home: Home) -> int:
    records = [Record.read(home.cluster(name).record) for name in home.cluster_names()]
    for record in records:
        record.adopt([part.name for part in PARTS])
    stopped = 0
    for part in reversed(PARTS):  # servers last, so that their clients don't wail into the logs
        ending = [r.processes[part.name] for r in records if part.name in r.running()]
        terminate(ending)
        stopped += len(ending)
    for record in records:
        record.processes.clear()
        record.write()
    return stopped


def _write_kubeconfig(home: Home, names: Sequence[str]) -> None:
    entries = []
    for name in sorted(home.cluster_names(), key=lambda n: (n not in names[:1], n)):
        known, folder = Record.read(home.cluster(name).record), home.cluster(name).pki
        if "kube-apiserver" in known.ports and pki.complete(folder):
            user = kubeconfig.certificate_user(folder, "admin")
            entries.append(kubeconfig.entry(name, server(known.ports), folder, user))
    replace(home.kubeconfig, kubeconfig.render(entries))


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
