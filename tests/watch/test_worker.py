from __future__ import annotations

import copy
import os
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path

import pytest

from gitops.cluster.errors import ApiError
from gitops.cluster.survey import Survey
from gitops.delivery import sync
from gitops.delivery.apart import Failure, start_method
from gitops.delivery.sync import Prepared
from gitops.model.errors import AccessError, ConflictError, GitOpsError
from gitops.watch import worker as room
from gitops.watch.worker import Job, Worker, run
from tests import given
from tests.program.engine import plan_of

PLAN = plan_of([given.application("web")], given.manifest("ConfigMap", data={"a": "1"}))


def job(tmp_path: Path) -> Job:
    prepared = Prepared(given.settings(), tmp_path, None, Survey({}, {}), PLAN, operation="1")
    return Job(prepared, None, refresh=False, by="ann")


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (ConflictError("held"), ConflictError),
        (ConflictError("killed", left_over=True), ConflictError),
        (AccessError("away"), AccessError),
        (ApiError(500, "x", "y", {}, "/z"), GitOpsError),
    ],
)
def test_an_error_comes_back_as_what_it_is_to_the_loop(tmp_path, monkeypatch, error, kind) -> None:
    def fails(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(sync, "carry_out", fails)
    monkeypatch.setattr(room.signal, "signal", lambda *_: None)
    failure = run(job(tmp_path))
    assert isinstance(failure, Failure)
    monkeypatch.setattr(room, "pool", lambda *_: Pool(failure))
    with pytest.raises(kind) as caught:
        Worker().do(job(tmp_path))
    assert type(caught.value) is kind
    assert str(error) in str(caught.value)
    assert getattr(caught.value, "left_over", None) == getattr(error, "left_over", None)


class Pool:
    def __init__(self, answer: object) -> None:
        self.answer = answer

    def submit(self, *_: object) -> Pool:
        return self

    def result(self) -> object:
        return self.answer


def test_each_job_travels_to_a_process_of_its_own_and_one_that_dies_is_told(tmp_path: Path) -> None:
    worker = Worker()
    try:
        assert worker._pool.submit(copy.copy, job(tmp_path)).result() == job(tmp_path)
        first, second = (worker._pool.submit(os.getpid).result() for _ in range(2))
        assert len({first, second, os.getpid()}) == 3
        worker._pool.submit(os._exit, 9)
        with pytest.raises(GitOpsError, match="ended from outside"):
            worker.do(None)  # type: ignore[arg-type]
        assert worker._pool.submit(os.getpid).result() != second
    finally:
        worker.close()


def test_a_long_path_for_temporary_files_is_no_hindrance(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / ("deep" * 20)
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    assert (start_method("/run"), start_method(str(folder))) == ("forkserver", "spawn")
    pool = room.pool(1, [])
    try:
        assert pool.submit(os.getpid).result() != os.getpid()
    finally:
        pool.shutdown()


def _living(session: int) -> list[str]:
    """The processes of a session that have not ended."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            state, _, _, its_session = stat.read_text().rpartition(")")[2].split()[:4]
            if int(its_session) == session and state != "Z":
                found.append(stat.parent.name)
    return found


def test_nothing_is_left_of_a_loop_that_was_killed() -> None:
    program = (
        "import os, time; from gitops.watch.worker import Worker; worker = Worker();"
        "print(worker._pool.submit(os.getpid).result(), flush=True); time.sleep(60)"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, text=True, start_new_session=True
    ) as loop:
        assert loop.stdout
        assert int(loop.stdout.readline()) != loop.pid
        assert len(_living(loop.pid)) > 1
        loop.kill()
        loop.wait()
        end = time.monotonic() + 20
        while _living(loop.pid):
            assert time.monotonic() < end, _living(loop.pid)
            time.sleep(0.05)
