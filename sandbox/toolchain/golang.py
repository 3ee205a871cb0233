"""The `go` command of this machine."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from gitops.model.errors import ConfigError, GitOpsError
from sandbox.toolchain.cache import recall, remember

OLDEST = (1, 26)
_DECISIVE = ("GOVERSION", "GOOS", "GOARCH", "CGO_ENABLED", "GOFLAGS")


@dataclass(frozen=True, slots=True)
class Go:
    """A usable `go`.

    Attributes:
        path: the command.
        identity: what it says about itself as far as that decides what it builds.
    """

    path: str
    identity: str

    def environment(self) -> dict[str, str]:
        """Give the environment to run it in."""
        return {**os.environ, "GOWORK": "off"}


def find(cache: Path) -> Go:
    """Find `go` on PATH; what it said is remembered as long as the command stays the same file.

    Raises:
        ConfigError: there is none, or it is too old.
    """
    path = shutil.which("go")
    need = (
        "Go builds the engine and the control plane, since they are not installed here; "
        f"install Go {OLDEST[0]}.{OLDEST[1]} or newer from https://go.dev/dl"
    )
    if path is None:
        raise ConfigError("`go` is not on PATH", next_step=need)
    file = Path(path).resolve()
    settings = {name: os.environ.get(name, "") for name in ("GOFLAGS", "CGO_ENABLED", "GOTOOLCHAIN")}
    asked = json.dumps([str(file), file.stat().st_size, file.stat().st_mtime_ns, settings], sort_keys=True)
    known = recall(cache / "go.json")
    if known.get("asked") != asked:
        known = {"asked": asked, "identity": _ask(path)}
    identity = str(known["identity"])
    version = re.match(r"go(\d+)\.(\d+)", identity)
    if not version or (int(version[1]), int(version[2])) < OLDEST:
        told = version[0] if version else "of no known version"
        raise ConfigError(f"{path} is {told}", next_step=need)
    remember(cache / "go.json", known)
    return Go(path, identity)


def _ask(path: str) -> str:
    try:
        answer = subprocess.run(
            [path, "env", *_DECISIVE], capture_output=True, text=True, check=True, timeout=60
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise GitOpsError(
            f"`{path} env` does not work: {getattr(error, 'stderr', '') or error}",
            next_step="mend or reinstall Go from https://go.dev/dl",
        ) from error
    return " ".join(answer.stdout.split("\n")).strip()
