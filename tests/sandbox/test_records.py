from __future__ import annotations

import json
import stat
import sys
import time
from pathlib import Path

import pytest

from sandbox.controlplane.processes import Process, running_in, spawn, terminate
from sandbox.controlplane.records import Record, replace


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    record = Record(tmp_path / "cluster.json", {"etcd": 1}, {"etcd": Process(7, "boot/9", ("etcd", "--x=1"))})
    record.write()
    assert Record.read(record.file) == record


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "null",
        '"text"',
        '{"ports": {}}',
        '{"ports": [], "processes": {}}',
        '{"ports": {"etcd": "many"}, "processes": {}}',
        '{"ports": {}, "processes": {"etcd": 7}}',
        '{"ports": {}, "processes": {"etcd": {"pid": 7}}}',
        '{"ports": {}, "processes": {"etcd": {"pid": 7, "started": "x", "command": null}}}',
        "\udcff",
    ],
)
def test_a_file_that_cannot_be_read_means_that_nothing_is_known(tmp_path: Path, text: str) -> None:
    file = tmp_path / "cluster.json"
    file.write_bytes(text.encode(errors="surrogateescape"))
    assert Record.read(file) == Record(file)
    file.write_text(json.dumps({"ports": {"etcd": 1}, "processes": {}})[:-9])
    assert Record.read(file) == Record(file)


def test_a_missing_file_means_the_same(tmp_path: Path) -> None:
    assert Record.read(tmp_path / "none.json").running() == {}


def test_files_are_private_and_replaced_in_one_step_only_when_they_differ(tmp_path: Path) -> None:
    file = tmp_path / "folder" / "file"
    assert replace(file, "a")
    before = file.stat()
    assert stat.S_IMODE(before.st_mode) == 0o600
    assert not replace(file, "a")
    after = file.stat()  # all but the time of reading, which is another
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)
    assert replace(file, "b")
    assert file.stat().st_ino != before.st_ino
    assert [f.name for f in file.parent.iterdir()] == ["file"]
    file.write_bytes(b"\xff")
    assert replace(file, "c")


def test_processes_that_no_record_knows_are_adopted_and_doubles_ended(tmp_path: Path) -> None:
    name = Path(sys.executable).name
    command = (sys.executable, "-c", "import time; time.sleep(60)", f"--config={tmp_path}/x")
    first, second = (spawn(command, log=tmp_path / "log", folder=tmp_path) for _ in range(2))
    deadline = time.monotonic() + 10
    try:
        while len(list(running_in(tmp_path, [name]))) < 2 and time.monotonic() < deadline:
            time.sleep(0.01)  # a process that was just spawned does not always show its arguments yet
        record = Record(tmp_path / "cluster.json")
        record.adopt([name])
        (adopted,) = record.processes.values()
        assert adopted in {first, second}
        assert sum(process.alive() for process in (first, second)) == 1
        known = Record(record.file, {}, {name: adopted})
        known.adopt([name])
        assert known.running() == {name: adopted}
    finally:
        terminate([first, second])
