"""The Kubernetes provider plugin: found, downloaded, or the sandbox's own."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from sandbox.toolchain.installed import PLUGIN, plugins

if TYPE_CHECKING:
    from sandbox.console import Console

VERSION = "v4.34.2"
CHOICE = "GITOPS_SANDBOX_PROVIDER"
"""`own` never looks for the upstream plugin."""
_PATIENCE = 25
_RETRY_AFTER = 86400


def place(folder: Path, cache: Path, path: str, console: Console) -> str:
    """Put the plugin into the folder of programs and say in a few words which one it is.

    Args:
        folder: where programs lie; its `pulumi` is used to download.
        cache: the folder all sandboxes share; holds a downloaded plugin, and the memory of a failed download.
        path: where to look for an installed one.
        console: told about a download.
    """
    goal = folder / PLUGIN
    if os.environ.get(CHOICE) != "own":
        homes = (cache / "pulumi", Path(os.environ.get("PULUMI_HOME") or Path.home() / ".pulumi"))
        found = next(plugins(path, homes), None)
        if found is None and _download(folder / "pulumi", cache, console):
            found = next(plugins(path, homes), None)
        if found is not None:
            link(goal, found)
            return f"upstream plugin {found}"
    _launcher(goal)
    return "the sandbox's own provider"


def link(goal: Path, source: Path) -> None:
    """Make a link in one step, replacing what is there."""
    goal.parent.mkdir(parents=True, exist_ok=True)
    if goal.is_symlink() and goal.readlink() == source:
        return
    draft = goal.with_name(f".{goal.name}.{os.getpid()}")
    draft.unlink(missing_ok=True)
    draft.symlink_to(source)
    draft.replace(goal)


def _download(pulumi: Path, cache: Path, console: Console) -> bool:
    failed = cache / "plugin-download-failed"
    if failed.exists() and time.time() - failed.stat().st_mtime < _RETRY_AFTER:
        return False
    console.say(f"looking for the Kubernetes provider plugin {VERSION} ({_PATIENCE} s at most)")
    home = cache / "pulumi"
    home.mkdir(parents=True, exist_ok=True)
    environment = {**os.environ, "PULUMI_HOME": str(home), "PULUMI_SKIP_UPDATE_CHECK": "true"}
    environment.pop("PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION", None)
    try:
        subprocess.run(
            [str(pulumi), "plugin", "install", "resource", "kubernetes", VERSION, "--non-interactive"],
            env=environment,
            capture_output=True,
            stdin=subprocess.DEVNULL,
            timeout=_PATIENCE,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        failed.touch()
        console.say("it can't be downloaded here: the sandbox's own provider takes its place")
        return False
    return True


def _launcher(goal: Path) -> None:
    checkout = Path(__file__).resolve().parents[2]
    python, source = shlex.quote(sys.executable), shlex.quote(str(checkout))
    text = (
        "#!/bin/sh\n"
        f'PYTHONPATH={source}"${{PYTHONPATH:+:$PYTHONPATH}}"\n'
        "export PYTHONPATH\n"
        f'exec {python} -m sandbox.provider "$@"\n'
    )
    if goal.is_file() and not goal.is_symlink() and goal.read_text() == text:
        return
    goal.parent.mkdir(parents=True, exist_ok=True)
    draft = goal.with_name(f".{goal.name}.{os.getpid()}")
    draft.write_text(text)
    draft.chmod(0o755)
    draft.replace(goal)
