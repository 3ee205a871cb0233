"""A signal reaches what the sandbox started, and never a stranger with the same number."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from sandbox.controlplane.processes import Process, birth, running_in, spawn, terminate

if TYPE_CHECKING:
    from collections.abc import Iterator

SLEEP = ("sleep", "60")


@pytest.fixture
def stranger() -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(SLEEP)
    yield process
    process.kill()
    process.wait()


def test_what_was_spawned_lives_in_a_session_of_its_own_and_is_ended(tmp_path: Path) -> None:
    process = spawn(SLEEP, log=tmp_path / "logs" / "sleep.log", folder=tmp_path)
    assert process.alive()
    assert process.command == SLEEP
    terminate([process])
    assert not process.alive()
    assert birth(process.pid) == ""


def test_its_output_is_appended_to_the_log(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text("before\n")
    process = spawn(["sh", "-c", "echo out; echo err >&2"], log=log, folder=tmp_path)
    deadline = time.monotonic() + 10
    while process.alive() and time.monotonic() < deadline:
        time.sleep(0.01)
    terminate([process])
    assert log.read_text() == "before\nout\nerr\n"


def test_it_gets_no_environment_but_the_little_it_needs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PULUMI_CONFIG_PASSPHRASE", "hush")
    process = spawn(["env"], log=tmp_path / "log", folder=tmp_path)
    deadline = time.monotonic() + 10
    while process.alive() and time.monotonic() < deadline:
        time.sleep(0.01)
    assert "PATH=" in (tmp_path / "log").read_text()
    assert "hush" not in (tmp_path / "log").read_text()


def test_a_number_that_was_given_out_again_is_never_signaled(stranger: subprocess.Popen[bytes]) -> None:
    reused = Process(stranger.pid, "another boot/123", SLEEP)
    assert not reused.alive()
    reused.send(signal.SIGKILL)
    terminate([reused])
    time.sleep(0.05)
    assert stranger.poll() is None


def test_a_record_without_a_moment_of_birth_names_nobody(stranger: subprocess.Popen[bytes]) -> None:
    assert not Process(stranger.pid, "", SLEEP).alive()
    assert not Process(2**22 + 1, "", SLEEP).alive()


def test_a_zombie_does_not_live() -> None:
    child = subprocess.Popen(["true"])
    deadline = time.monotonic() + 10
    while birth(child.pid) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert birth(child.pid) == ""
    child.wait()


def test_what_does_not_listen_is_killed(tmp_path: Path) -> None:
    deaf = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(1, flush=True); time.sleep(60)"
    log = tmp_path / "log"
    process = spawn([sys.executable, "-c", deaf], log=log, folder=tmp_path)
    deadline = time.monotonic() + 10
    while not log.read_text() and time.monotonic() < deadline:
        time.sleep(0.01)
    terminate([process], patience=0.2)
    assert not process.alive()


def test_unknown_processes_are_found_by_program_and_folder(tmp_path: Path) -> None:
    here, there = tmp_path / "here", tmp_path / "elsewhere" / "here"
    name, program = Path(sys.executable).name, (sys.executable, "-c", "import time; time.sleep(60)")
    mine, other, neighbor = (
        spawn([*program, f"--data-dir={folder}/etcd"], log=tmp_path / "log", folder=tmp_path)
        for folder in (here, tmp_path / "here-2", there)
    )
    deadline = time.monotonic() + 10
    try:
        while not (found := list(running_in(here, [name]))) and time.monotonic() < deadline:
            time.sleep(0.01)  # a process that was just spawned has not always become its program yet
        assert [(program_name, p.pid) for program_name, p in found] == [(name, mine.pid)]
        assert list(running_in(here, ["etcd"])) == []
    finally:
        terminate([mine, other, neighbor])
