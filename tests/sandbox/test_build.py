from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from gitops.model.errors import AccessError, GitOpsError
from sandbox.console import Console
from sandbox.toolchain import build as building
from sandbox.toolchain.build import build, target
from tests.house.repository_files import ROOT
from tests.sandbox.fake_go import RECIPE, lines, workshop

if TYPE_CHECKING:
    from pathlib import Path

    from sandbox.toolchain.golang import Go
    from sandbox.toolchain.modules import Modules

# A test run in the background of a shell has SIGINT ignored, and so would have what it starts.
IN_ANOTHER_PROCESS = """
import signal, sys
from pathlib import Path
signal.signal(signal.SIGINT, signal.default_int_handler)
from sandbox.console import Console
from sandbox.toolchain.build import build
from tests.sandbox.fake_go import RECIPE, workshop
go, modules = workshop(Path(sys.argv[1]))
build(RECIPE, go, modules, Console())
"""


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Go, Modules]:
    monkeypatch.setenv("FAKE_GO_HOME", str(tmp_path))
    return workshop(tmp_path)


def in_toolchain(modules: Modules) -> list[str]:
    return sorted(f.name for f in (modules.cache / "toolchain").iterdir() if not f.name.endswith(".lock"))


def start_and_send(folder: Path, number: signal.Signals) -> None:
    """A build in another process that gets a signal while `go` runs."""
    process = subprocess.Popen(
        [sys.executable, "-c", IN_ANOTHER_PROCESS, str(folder)],
        cwd=ROOT,
        env={**os.environ, "FAKE_GO_SECONDS": "5"},
        stderr=subprocess.DEVNULL,
    )
    deadline = time.monotonic() + 20
    while not lines(folder / "builds"):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    process.send_signal(number)
    assert process.wait(timeout=20)


def test_a_build_is_a_folder_with_the_program_and_what_belongs_beside_it(
    shop: tuple[Go, Modules], tmp_path: Path
) -> None:
    go, modules = shop
    said = io.StringIO()
    done = build(RECIPE, go, modules, Console(said), "2 of 3")
    assert done == target(RECIPE, go, modules.cache)
    assert (done / "tool").read_text() == "program\n"
    assert os.access(done / "extra", os.X_OK)
    assert in_toolchain(modules) == [done.name]
    first, last = said.getvalue().splitlines()
    assert first == "building tool v1.2.3 (2 of 3)"
    assert last.startswith("built tool v1.2.3 (2 of 3) in 0.")
    assert len(lines(tmp_path / "builds")) == 1


def test_what_is_built_is_not_built_again(shop: tuple[Go, Modules], tmp_path: Path) -> None:
    go, modules = shop
    said = io.StringIO()
    build(RECIPE, go, modules, Console())
    build(RECIPE, go, modules, Console(said))
    assert len(lines(tmp_path / "builds")) == 1
    assert said.getvalue() == ""


def test_a_folder_that_lost_its_program_is_made_again(shop: tuple[Go, Modules]) -> None:
    go, modules = shop
    done = build(RECIPE, go, modules, Console())
    (done / "tool").unlink()
    assert (build(RECIPE, go, modules, Console()) / "tool").is_file()


def test_long_builds_say_how_long_they_take(
    shop: tuple[Go, Modules], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAKE_GO_SECONDS", "0.6")
    said: list[str] = []
    console = Console(io.StringIO())
    monkeypatch.setattr(Console, "tick", lambda _, line, **_options: said.append(line))
    build(RECIPE, *shop, console)
    assert said[0] == "downloading tool v1.2.3"
    assert said[1].startswith("building tool v1.2.3, 0.")
    assert said[1].endswith(" s so far")


def test_a_failure_tells_the_last_lines_the_log_and_one_step(
    shop: tuple[Go, Modules], monkeypatch: pytest.MonkeyPatch
) -> None:
    go, modules = shop
    monkeypatch.setenv(
        "FAKE_GO_WORDS", "".join(f"line {n}\\n" for n in range(20)) + "main.go:7: no such name\\n"
    )
    with pytest.raises(GitOpsError) as caught:
        build(RECIPE, go, modules, Console(io.StringIO()))
    told = str(caught.value)
    assert "building tool failed (exit code 1)" in told
    assert "main.go:7: no such name" in told
    assert "line 12\n" not in told
    assert str(modules.cache / "logs" / "tool.log") in told
    assert "run the command again" in told
    assert "line 3\n" in (modules.cache / "logs" / "tool.log").read_text()
    assert in_toolchain(modules) == []


@pytest.mark.parametrize(
    ("words", "step"),
    [
        ("write /x: no space left on device", "make room on the disk"),
        ("compile: signal: killed", "ran out of memory"),
        ("dial tcp: lookup proxy.golang.org: no such host", "access to the Go module proxy"),
    ],
)
def test_a_failure_that_is_known_gets_a_step_of_its_own(
    shop: tuple[Go, Modules], monkeypatch: pytest.MonkeyPatch, words: str, step: str
) -> None:
    monkeypatch.setenv("FAKE_GO_WORDS", words)
    with pytest.raises(GitOpsError, match=step):
        build(RECIPE, *shop, Console(io.StringIO()))


def test_a_program_that_go_did_not_write_is_a_failure(
    shop: tuple[Go, Modules], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(building, "_runs", lambda process: bool(process.kill()))
    with pytest.raises(GitOpsError, match="building tool failed"):
        build(RECIPE, *shop, Console(io.StringIO()))


def test_a_source_that_cannot_be_had_is_named(
    shop: tuple[Go, Modules], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAKE_GO_OFFLINE", "1")
    with pytest.raises(AccessError, match=r"example.org/tool@v1.2.3 can't be downloaded: dial tcp"):
        build(RECIPE, *shop, Console(io.StringIO()))
    assert in_toolchain(shop[1]) == []


def test_modules_are_downloaded_once(shop: tuple[Go, Modules], tmp_path: Path) -> None:
    _, modules = shop
    for _ in range(3):
        assert modules.folder("example.org/a@v1").is_dir()
    assert lines(tmp_path / "downloads") == ["example.org/a@v1"]
    (modules.cache / "modules.json").write_text('{"example.org/a@v1": {"Dir": 7')
    assert modules.folders(["example.org/a@v1"])
    assert len(lines(tmp_path / "downloads")) == 2


def test_an_interrupted_build_leaves_nothing(shop: tuple[Go, Modules], tmp_path: Path) -> None:
    start_and_send(tmp_path, signal.SIGINT)
    assert in_toolchain(shop[1]) == []


def test_a_killed_build_leaves_nothing_that_counts_and_the_next_one_clears_it_away(
    shop: tuple[Go, Modules], tmp_path: Path
) -> None:
    go, modules = shop
    start_and_send(tmp_path, signal.SIGKILL)
    assert not target(RECIPE, go, modules.cache).exists()
    assert all(name.startswith(".tool-draft-") for name in in_toolchain(modules))
    done = build(RECIPE, go, modules, Console(io.StringIO()))
    assert in_toolchain(modules) == [done.name]


def test_two_at_once_make_one_result(
    shop: tuple[Go, Modules], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAKE_GO_SECONDS", "0.5")
    said = io.StringIO()
    with ThreadPoolExecutor(2) as pool:
        futures = [pool.submit(build, RECIPE, *shop, Console(said)) for _ in range(2)]
        results = {future.result() for future in futures}
    assert len(results) == 1
    assert len(lines(tmp_path / "builds")) == 1
    assert "waiting: another command is building tool" in said.getvalue()
