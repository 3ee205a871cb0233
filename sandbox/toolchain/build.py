"""One recipe becomes one folder with a program in it, completely or not at all."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from gitops.model.errors import GitOpsError
from sandbox.console import Console, span
from sandbox.toolchain.cache import turn
from sandbox.toolchain.recipes import Recipe, go_mod

if TYPE_CHECKING:
    from sandbox.toolchain.golang import Go
    from sandbox.toolchain.modules import Modules


def target(recipe: Recipe, go: Go, cache: Path) -> Path:
    """Give the folder that the recipe's program is, or will be, in."""
    return cache / "toolchain" / f"{recipe.name}-{recipe.key(go.identity)}"


def build(recipe: Recipe, go: Go, modules: Modules, console: Console, count: str = "") -> Path:
    """Build the recipe unless that was done before, and give the folder with the program.

    Two commands that need the same program take turns. An interrupted build leaves a draft that the next one
    removes; the folder itself appears in one step.

    Args:
        recipe: what to build.
        go: what to build it with.
        modules: where sources come from.
        console: told what happens.
        count: such as `2 of 9`, for the person who waits.

    Raises:
        GitOpsError: the build failed; tells the end of its log and where the rest is.
        AccessError: a source can't be downloaded.
    """
    done = target(recipe, go, modules.cache)
    if (done / recipe.name).is_file():
        return done
    what = f"{recipe.name} {recipe.module.partition('@')[2]}" + (f" ({count})" if count else "")

    def waiting() -> None:
        console.say(f"waiting: another command is building {recipe.name}")

    with turn(done.with_name(f"{recipe.name}.lock"), waiting):
        if (done / recipe.name).is_file():
            return done
        for stale in done.parent.glob(f".{recipe.name}-draft-*"):
            shutil.rmtree(stale, ignore_errors=True)
        began = time.monotonic()
        console.say(f"building {what}")
        draft = Path(tempfile.mkdtemp(prefix=f".{recipe.name}-draft-", dir=done.parent))
        try:
            _compile(recipe, go, modules, draft, console, what)
            for extra in recipe.extras:
                copy = draft / "out" / extra.name
                shutil.copyfile(modules.folder(extra.module) / extra.path, copy)
                copy.chmod(0o755)
            shutil.rmtree(done, ignore_errors=True)  # a folder without its program, from outside
            (draft / "out").rename(done)
        finally:
            shutil.rmtree(draft, ignore_errors=True)
        console.say(f"built {what} in {span(time.monotonic() - began)}")
    return done


def _compile(recipe: Recipe, go: Go, modules: Modules, draft: Path, console: Console, what: str) -> None:
    console.tick(f"downloading {what}")
    (draft / "go.mod").write_text(go_mod(recipe, modules.go_mod(recipe.module)))
    log = modules.cache / "logs" / f"{recipe.name}.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    command = [go.path, "build", "-mod=mod", "-buildvcs=false", "-ldflags", recipe.linker_flags]
    command += ["-o", str(draft / "out" / recipe.name), recipe.import_path]
    began = time.monotonic()
    with log.open("w") as output:
        output.write(f"$ {' '.join(command)}\n")
        output.flush()
        process = subprocess.Popen(
            command,
            cwd=draft,
            env=go.environment(),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        try:
            while _runs(process):
                console.tick(f"building {what}, {span(time.monotonic() - began)} so far")
        finally:
            if process.poll() is None:
                process.terminate()
                process.wait()
    if process.returncode or not (draft / "out" / recipe.name).is_file():
        last = log.read_text(errors="replace").splitlines()[-8:]
        raise GitOpsError(
            f"building {recipe.name} failed (exit code {process.returncode}); the end of {log}:\n    "
            + "\n    ".join(last),
            next_step=_advice("\n".join(last)),
        )


def _runs(process: subprocess.Popen[bytes]) -> bool:
    try:
        process.wait(timeout=0.25)
    except subprocess.TimeoutExpired:
        return True
    return False


def _advice(log: str) -> str:
    for sign, step in (
        ("no space left", "make room on the disk and run the command again"),
        ("signal: killed", "the machine ran out of memory: close other programs and run the command again"),
        ("dial tcp", "check this machine's access to the Go module proxy and run the command again"),
    ):
        if sign in log:
            return step
    return "run the command again; what was compiled is kept by Go's own cache"
