"""Starting, repairing and stopping, with stand-ins for the programs and no API server."""

from __future__ import annotations

import fcntl
import os
import signal
import threading
import time
from typing import TYPE_CHECKING

import pytest

from gitops.model.errors import ConfigError, NotFoundError, TimedOutError
from sandbox.controlplane import Home, fixtures, restart_apiserver, start, status, stop
from sandbox.controlplane.api import Api
from sandbox.controlplane.parts import CONTROL_PLANE, PARTS
from sandbox.controlplane.processes import birth
from sandbox.controlplane.records import Record
from sandbox.controlplane.stages import _FROM_MODULE

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NAMES = [part.name for part in CONTROL_PLANE]


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    """A home whose programs wait for their end."""
    home = Home.at(tmp_path / "home")
    home.bin.mkdir(parents=True)
    for name in NAMES:
        program(home, name, "exec sleep 60")
    yield home
    stop(home)


@pytest.fixture
def module(tmp_path: Path) -> Path:
    """A folder like kwok's module."""
    for path in _FROM_MODULE:
        file = tmp_path / "kwok" / "kustomize" / "stage" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"metadata: {{name: {file.stem}}}\nspec: {{selector: {{matchExpressions: []}}}}\n")
    return tmp_path / "kwok"


@pytest.fixture
def answering(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever asks the API server gets the answer it wants."""
    monkeypatch.setattr(Api, "ready", lambda _: True)
    monkeypatch.setattr(fixtures, "install", lambda _: None)
    monkeypatch.setattr(fixtures, "missing", lambda _: "")


def program(home: Home, name: str, script: str) -> None:
    (home.bin / name).write_text(f"#!/bin/sh\n{script}\n")
    (home.bin / name).chmod(0o755)


def pids(home: Home, name: str = "staging") -> dict[str, int]:
    return {part: p.pid for part, p in Record.read(home.cluster(name).record).running().items()}


@pytest.mark.usefixtures("answering")
def test_starting_again_leaves_what_runs_alone(home: Home, module: Path) -> None:
    said: list[str] = []
    sandbox = start(home, ["staging", "prod"], kwok_module=module, say=said.append)
    before = pids(home)
    assert list(before) == NAMES
    assert sorted(said) == ["starting cluster prod", "starting cluster staging"]
    assert start(home, ["staging", "prod"], kwok_module=module, say=said.append) == sandbox
    assert pids(home) == before
    assert len(said) == 2
    assert all(part.ready for part in status(home))
    assert sandbox.cluster("prod").address.startswith("https://127.0.0.1:")
    assert "current-context: staging" in home.kubeconfig.read_text()


@pytest.mark.usefixtures("answering")
def test_what_was_started_in_a_cluster_stays_a_part_of_it(home: Home, module: Path) -> None:
    for name in ("rollouts-controller", "prometheus"):
        program(home, name, "exec sleep 60")
    every = [part.name for part in PARTS]
    start(home, ["staging"], kwok_module=module, parts=PARTS)
    before = pids(home)
    assert sorted(before) == sorted(every)
    ports = Record.read(home.cluster("staging").record).ports
    assert f"127.0.0.1:{ports['mesh']}" in home.cluster("staging").scraping.read_text()
    os.kill(before["mesh"], signal.SIGKILL)
    start(home, ["staging"], kwok_module=module)
    after = pids(home)
    assert {part for part in every if after[part] != before[part]} == {"mesh"}
    assert {part.part: part.port for part in status(home)}["prometheus"] == ports["prometheus"]
    assert stop(home) == len(every)
    assert [part.part for part in status(home)] == NAMES


@pytest.mark.usefixtures("answering")
def test_what_was_killed_is_started_again_and_nothing_else(home: Home, module: Path) -> None:
    start(home, ["staging"], kwok_module=module)
    before, said = pids(home), list[str]()
    for part in ("etcd", "kwok"):
        os.kill(before[part], signal.SIGKILL)
    start(home, ["staging"], kwok_module=module, say=said.append)
    after = pids(home)
    assert said == ["staging: starting etcd again", "staging: starting kwok again"]
    assert {part for part in NAMES if after[part] != before[part]} == {"etcd", "kwok"}


@pytest.mark.usefixtures("answering")
def test_changed_stages_restart_kwok_alone(home: Home, module: Path) -> None:
    start(home, ["staging"], kwok_module=module)
    before = pids(home)
    file = module / "kustomize" / "stage" / _FROM_MODULE[0]
    file.write_text(file.read_text() + "more: 1\n")
    start(home, ["staging"], kwok_module=module)
    assert {part for part in NAMES if pids(home)[part] != before[part]} == {"kwok"}


@pytest.mark.usefixtures("answering")
def test_without_its_certificates_a_cluster_is_made_anew(home: Home, module: Path) -> None:
    start(home, ["staging"], kwok_module=module)
    before, cluster = pids(home), home.cluster("staging")
    cluster.data.mkdir()
    (cluster.pki / "ca.crt").unlink()
    start(home, ["staging"], kwok_module=module)
    assert not cluster.data.exists()
    assert not set(before.values()) & set(pids(home).values())


@pytest.mark.usefixtures("answering")
def test_stopping_ends_its_own_processes_and_no_other(home: Home, module: Path, tmp_path: Path) -> None:
    neighbor = Home.at(tmp_path / "neighbor")
    neighbor.root.mkdir()
    neighbor.bin.symlink_to(home.bin)
    start(home, ["staging"], kwok_module=module)
    start(neighbor, ["staging"], kwok_module=module)
    try:
        mine = pids(home).values()
        assert stop(home) == len(NAMES)
        assert [birth(pid) for pid in mine] == [""] * len(NAMES)
        assert list(pids(neighbor)) == NAMES
        assert stop(home) == 0
        assert [part.pid for part in status(home)] == [0] * len(NAMES)
    finally:
        assert stop(neighbor) == len(NAMES)


def test_a_part_that_ends_is_told_with_its_last_words(home: Home, module: Path) -> None:
    program(home, "kube-apiserver", "echo listen tcp: address already in use; exit 1")
    with pytest.raises(TimedOutError, match="kube-apiserver ended by itself") as caught:
        start(home, ["staging"], kwok_module=module)
    assert "    listen tcp: address already in use" in str(caught.value)
    assert str(home.cluster("staging").log("kube-apiserver")) in str(caught.value)
    assert "python -m sandbox down" in str(caught.value)


def test_a_server_that_never_gets_ready_is_told(home: Home, module: Path) -> None:
    with pytest.raises(TimedOutError, match="staging still lacks a ready API server after 0 s"):
        start(home, ["staging"], kwok_module=module, patience=0.2)


def test_a_missing_program_is_named(home: Home, module: Path) -> None:
    (home.bin / "etcd").unlink()
    with pytest.raises(ConfigError, match=r"etcd can't be started: No such file.*") as caught:
        start(home, ["staging"], kwok_module=module)
    assert "python -m sandbox build" in str(caught.value)


def test_a_module_without_a_stage_is_named(home: Home, module: Path) -> None:
    (module / "kustomize" / "stage" / _FROM_MODULE[-1]).unlink()
    with pytest.raises(ConfigError, match=r"pod-delete\.yaml can't be read"):
        start(home, ["staging"], kwok_module=module)


@pytest.mark.parametrize("name", ["", "Prod", "a/b", "..", "-a", "a-", "ä", "a" * 41, "a b"])
def test_names_that_no_cluster_can_have_are_refused(home: Home, module: Path, name: str) -> None:
    with pytest.raises(ConfigError, match="can't be the name of a cluster"):
        start(home, [name], kwok_module=module)
    assert not (home.root / "clusters").exists()


@pytest.mark.usefixtures("answering")
def test_a_restart_of_the_api_server_also_starts_what_ended_meanwhile(home: Home, module: Path) -> None:
    start(home, ["staging"], kwok_module=module)
    before = pids(home)
    os.kill(before["kube-scheduler"], signal.SIGKILL)
    deadline = time.monotonic() + 10
    while birth(before["kube-scheduler"]) and time.monotonic() < deadline:
        time.sleep(0.01)
    restart_apiserver(home, "staging")
    after = pids(home)
    assert {part for part in NAMES if after[part] != before[part]} == {"kube-apiserver", "kube-scheduler"}


@pytest.mark.usefixtures("answering")
def test_only_what_runs_can_be_restarted(home: Home, module: Path) -> None:
    start(home, ["staging"], kwok_module=module)
    for name in ("prod", "staging"):
        stop(home)
        with pytest.raises(NotFoundError, match=f"no API server of a cluster {name} runs"):
            restart_apiserver(home, name)


@pytest.mark.usefixtures("answering")
def test_two_commands_take_turns_and_say_so(home: Home, module: Path) -> None:
    said: list[str] = []
    with home.lock.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        waiting = threading.Thread(
            target=start, args=(home, ["staging"]), kwargs={"kwok_module": module, "say": said.append}
        )
        waiting.start()
        deadline = time.monotonic() + 10
        while not said and time.monotonic() < deadline:
            time.sleep(0.01)
        assert said == [f"waiting: another command is starting or stopping the sandbox in {home.root}"]
        assert not (home.root / "clusters").exists()
    waiting.join(20)
    assert list(pids(home)) == NAMES


def test_where_nothing_was_started_there_is_nothing_to_stop(tmp_path: Path) -> None:
    assert stop(Home.at(tmp_path / "none")) == 0
    assert status(Home.at(tmp_path / "none")) == ()
    assert not (tmp_path / "none").exists()
