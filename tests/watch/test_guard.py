from __future__ import annotations

import json
import os
import socket
import subprocess
import sys

import pytest

from gitops.engine.locks import Backend, Holder, backend, conflict, holders_in
from gitops.watch.guard import Guard


@pytest.fixture
def files(tmp_path):
    state = tmp_path / ".pulumi" / "stacks" / "gitops" / "home.json"
    state.parent.mkdir(parents=True)
    state.write_text("{}")
    (tmp_path / ".pulumi" / "locks" / "organization" / "gitops" / "home").mkdir(parents=True)
    return Backend("home", tmp_path)


def lock(files, name="one", **values) -> None:
    told = {
        "pid": os.getpid(),
        "username": "ann",
        "hostname": socket.gethostname(),
        "timestamp": "now",
        **values,
    }
    place = files.folder / ".pulumi" / "locks" / "organization" / "gitops" / "home" / f"{name}.json"
    place.write_text(json.dumps(told))


def test_another_run_blocks_and_what_it_wrote_is_told_once(files) -> None:
    told: list[str] = []
    guard = Guard(files, told.append)
    assert guard.blocked() == ""
    lock(files)
    assert "ann@" in guard.blocked()
    (files.folder / ".pulumi/locks/organization/gitops/home/one.json").unlink()
    (files.folder / ".pulumi/stacks/gitops/home.json").write_text('{"a": 1}')
    assert guard.blocked() == guard.blocked() == "another run has changed the stack"
    assert told == ["another run has changed the stack"]
    with pytest.raises(ValueError, match="away"), guard.looking():
        raise ValueError("away")
    assert guard.blocked()
    with guard.looking():
        pass
    assert guard.blocked() == ""


def test_a_run_of_our_own_is_no_surprise(files) -> None:
    guard = Guard(files, lambda _: pytest.fail("told"))
    with guard.own_run():
        lock(files)
        (files.folder / ".pulumi/stacks/gitops/home.json").write_text('{"a": 1}')
        assert guard.blocked() == ""
        (files.folder / ".pulumi/locks/organization/gitops/home/one.json").unlink()
    assert guard.blocked() == ""


def test_without_files_nobody_else_is_seen() -> None:
    guard = Guard(None, lambda _: None)
    assert guard.blocked() == ""
    assert not guard.is_surprised


def test_a_lock_is_stale_when_its_process_on_this_machine_is_gone(files) -> None:
    done = subprocess.Popen([sys.executable, "-c", ""])
    done.wait()
    lock(files, pid=done.pid)
    (holder,) = files.holders()
    assert holder.is_gone
    assert not Holder("ann", "elsewhere", done.pid, "now").is_gone
    assert not Holder("ann", socket.gethostname(), os.getpid(), "now").is_gone
    told = f"file:///x.json: created by ann@{socket.gethostname()} (pid {done.pid}) at now"
    assert "left over" in str(conflict("home", told))
    assert "another run holds" in str(
        conflict("home", f"{told}\nfile:///y.json: created by bob@else (pid 1) at now")
    )


def test_a_service_s_words_about_another_run_are_kept() -> None:
    told = "  code: 255\n stderr: error: [409] Conflict: Another update is currently in progress.\nTo see it: https://x"
    assert str(conflict("home", told)).splitlines() == [
        "another run holds the lock of stack 'home': [409] Conflict: Another update is currently in progress.",
        "    → wait for it; if it was killed: pulumi cancel --yes --stack home",
    ]


def test_a_half_written_lock_is_a_lock(files) -> None:
    (files.folder / ".pulumi/locks/organization/gitops/home/x.json").write_text("{")
    (holder,) = files.holders()
    assert not holder.is_gone


def test_the_engine_s_words_name_the_holder() -> None:
    text = "  file:///x.json: created by root@vm (pid 16221) at 2026-11-24T18:29:35Z\n"
    assert holders_in(text) == (Holder("root", "vm", 16221, "2026-11-24T18:29:35Z"),)


@pytest.mark.parametrize(
    ("environment", "project", "found"),
    [
        ({"PULUMI_BACKEND_URL": "file:///srv/state"}, "", "/srv/state"),
        ({"PULUMI_BACKEND_URL": "s3://bucket"}, "", None),
        ({}, "name: x\nbackend:\n  url: file:///srv/other\n", "/srv/other"),
        ({}, "name: x\n", None),
    ],
)
def test_the_backend_is_found_as_the_engine_finds_it(tmp_path, environment, project, found) -> None:
    (tmp_path / "Pulumi.yaml").write_text(project)
    place = backend("home", tmp_path, {"PULUMI_HOME": str(tmp_path), **environment})
    assert (place and str(place.folder)) == found


def test_who_is_logged_in_decides_where_nothing_else_does(tmp_path) -> None:
    (tmp_path / "credentials.json").write_text('{"current": "file:///srv/login"}')
    place = backend("home", tmp_path, {"PULUMI_HOME": str(tmp_path)})
    assert place
    assert str(place.folder) == "/srv/login"
