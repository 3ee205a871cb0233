"""One cluster, from whatever is left of it to ready."""

from __future__ import annotations

import secrets
import shutil
from typing import TYPE_CHECKING

from gitops.model.errors import ConfigError
from sandbox.controlplane import fixtures, kubeconfig, pki, ports
from sandbox.controlplane.part import server
from sandbox.controlplane.parts import CONTROL_PLANE, PARTS, PORTS
from sandbox.controlplane.processes import spawn, terminate
from sandbox.controlplane.progressive import scraping
from sandbox.controlplane.records import Record, replace
from sandbox.controlplane.waiting import PartEndedError, ask, unready, wait

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from pathlib import Path

    from sandbox.controlplane.layout import ClusterHome
    from sandbox.controlplane.part import Part
    from sandbox.controlplane.processes import Process


def parts_of(record: Record, more: Collection[Part] = ()) -> tuple[Part, ...]:
    """What a cluster consists of: what every one does, what was started in it, and these, in order."""
    return tuple(
        part for part in PARTS if part in CONTROL_PLANE or part in more or part.name in record.processes
    )


def start_cluster(
    cluster: ClusterHome,
    parts: Collection[Part],
    binaries: Path,
    stages: str,
    say: Callable[[str], None],
    *,
    patience: float,
) -> Record:
    """Make one cluster run and be ready, and give its record.

    Args:
        cluster: the folder of the cluster.
        parts: what it shall consist of, at least.
        binaries: the folder of the programs.
        stages: what kwok does, see `stages.render`.
        say: told one line for each thing done.
        patience: seconds until it is ready.

    Raises:
        ConfigError: a program is missing.
        TimedOutError: it did not become ready.
    """
    record = Record.read(cluster.record)
    record.adopt([part.name for part in PARTS])
    if not record.running():
        say(f"starting cluster {cluster.name}")
    wanted = parts_of(record, parts)
    _prepare(cluster, record, stages)
    try:
        _run(cluster, record, wanted, binaries, say, patience)
    except PartEndedError:
        # somebody may have taken a port between its choice and its use; other causes show up again
        _run(cluster, record, wanted, binaries, say, patience)
    return record


def _prepare(cluster: ClusterHome, record: Record, stages: str) -> None:
    """Write what the processes read but the ports, and end those that read something else."""
    if not pki.complete(cluster.pki):
        terminate(record.running().values())
        # nothing written under another authority is of use, service account tokens least of all
        shutil.rmtree(cluster.data, ignore_errors=True)
        pki.create(cluster.pki)
    if not cluster.tokens.is_file():
        replace(cluster.tokens, f"{secrets.token_hex(16)},viewer,viewer,viewers\n")
    if replace(cluster.stages, stages) and "kwok" in record.processes:
        terminate([record.processes["kwok"]])


def run_parts(
    cluster: ClusterHome,
    record: Record,
    wanted: tuple[Part, ...],
    binaries: Path,
    say: Callable[[str], None],
    *,
    patience: float,
) -> None:
    """Start what does not run, or runs with other arguments than it should, on the record's ports.

    The servers come first: the controller manager gives up when its API server takes more than ten seconds.

    Raises:
        ConfigError: a program is missing.
        TimedOutError: the API server did not become ready.
    """
    commands = {part.name: part.command(binaries, cluster, record.ports) for part in wanted}
    running = record.running()
    for part in reversed(wanted):  # a server waits for its clients before it ends
        if part.name in running and running[part.name].command != commands[part.name]:
            terminate([running[part.name]])
    record.processes = record.running()
    for parts in ([p for p in wanted if not p.user], [p for p in wanted if p.user]):
        for part in parts:
            if part.name not in record.processes:
                if running:
                    say(f"{cluster.name}: starting {part.name} again")
                log = cluster.log(part.name)
                record.processes[part.name] = _spawn(commands[part.name], log, cluster.root)
                record.write()
        wait(cluster, record, unready, patience=patience)


def _run(
    cluster: ClusterHome,
    record: Record,
    wanted: tuple[Part, ...],
    binaries: Path,
    say: Callable[[str], None],
    patience: float,
) -> None:
    running = record.running()
    listening = frozenset(port for part in running for port in PORTS.get(part, ()))
    needed = [port for part in wanted for port in PORTS.get(part.name, ())]
    record.ports = ports.choose(needed, record.ports, listening)
    record.write()
    _write_kubeconfigs(cluster, server(record.ports))
    if "mesh" in record.ports:
        written = replace(cluster.scraping, scraping(f"{ports.LOOPBACK}:{record.ports['mesh']}"))
        if written and "prometheus" in running:
            terminate([running["prometheus"]])
    run_parts(cluster, record, wanted, binaries, say, patience=patience)
    ask(cluster, record, fixtures.install)
    wait(cluster, record, fixtures.missing, patience=patience)


def _spawn(command: tuple[str, ...], log: Path, folder: Path) -> Process:
    try:
        return spawn(command, log=log, folder=folder)
    except OSError as error:
        raise ConfigError(
            f"{command[0]} can't be started: {error.strerror}", next_step="run `python -m sandbox build`"
        ) from error


def _write_kubeconfigs(cluster: ClusterHome, address: str) -> None:
    users = {part.user: kubeconfig.certificate_user(cluster.pki, part.user) for part in PARTS if part.user}
    users["viewer"] = {"token": cluster.tokens.read_text().split(",")[0]}
    for name, user in users.items():
        entry = kubeconfig.entry(cluster.name, address, cluster.pki, user)
        replace(cluster.part_kubeconfig(name), kubeconfig.render([entry]))
