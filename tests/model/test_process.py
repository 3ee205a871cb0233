from __future__ import annotations

import os
import socket
import subprocess

import pytest

from gitops.model.process import has_ended

HERE = socket.gethostname()


def test_a_process_runs_until_it_has_ended() -> None:
    with subprocess.Popen(["sleep", "60"]) as sleeping:
        assert not has_ended(HERE, sleeping.pid)
        sleeping.kill()
        os.waitid(os.P_PID, sleeping.pid, os.WEXITED | os.WNOWAIT)
        assert has_ended(HERE, sleeping.pid)  # nobody has waited for it yet
        sleeping.wait()
        assert has_ended(HERE, sleeping.pid)


def test_what_runs_and_what_nobody_can_tell_has_not_ended() -> None:
    assert not has_ended(HERE, os.getpid())
    assert not has_ended(HERE, 1)
    assert not has_ended("elsewhere", 2**22 + 1)


@pytest.mark.parametrize("pid", [2**22 + 1, 10**30])
def test_a_number_that_no_process_has_is_one_that_ended(pid: int) -> None:
    assert has_ended(HERE, pid)
