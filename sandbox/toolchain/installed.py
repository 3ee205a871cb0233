"""Programs that are on this machine already and can be used instead of building them."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

from sandbox.toolchain.recipes import KUBERNETES, PULUMI

if TYPE_CHECKING:
    from collections.abc import Iterator

PLUGIN = "pulumi-resource-kubernetes"
LANGUAGE_HOST = "pulumi-language-python"


def pulumi(path: str) -> Path | None:
    """Find an engine on the path that is new enough and brings its own Python language host."""
    found = shutil.which("pulumi", path=path)
    if found is None:
        return None
    real = Path(found).resolve()
    if not (real.parent / LANGUAGE_HOST).exists() and shutil.which(LANGUAGE_HOST, path=path) is None:
        return None
    return real if _numbers(_output(str(real), "version")) >= _numbers(PULUMI) else None


def kubectl(path: str) -> Path | None:
    """Find a kubectl on the path within one minor version of the servers, as its skew policy asks."""
    found = shutil.which("kubectl", path=path)
    if found is None:
        return None
    try:
        version = json.loads(_output(found, "version", "--client", "--output=json"))["clientVersion"]
        numbers = _numbers(str(version["gitVersion"]))
    except (ValueError, KeyError, TypeError):
        return None
    ours = _numbers(KUBERNETES)
    fits = numbers[:1] == ours[:1] and abs(numbers[1] - ours[1]) <= 1
    return Path(found).resolve() if fits else None


def plugins(path: str, homes: tuple[Path, ...]) -> Iterator[Path]:
    """Yield Kubernetes provider plugins of version 4: on the path, then each home, newest first."""
    found = shutil.which(PLUGIN, path=path)
    if found is not None:
        yield Path(found).resolve()
    for home in homes:
        folders = (home / "plugins").glob("resource-kubernetes-v4.*")
        complete = (f for f in folders if f.is_dir() and not f.with_name(f"{f.name}.partial").exists())
        for folder in sorted(complete, key=lambda f: _numbers(f.name), reverse=True):
            if os.access(folder / PLUGIN, os.X_OK):
                yield folder / PLUGIN


def outside(path: str, *folders: Path) -> str:
    """Drop folders from a search path, so that a sandbox never finds itself."""
    own = {folder.resolve() for folder in folders}
    return os.pathsep.join(p for p in path.split(os.pathsep) if p and Path(p).resolve() not in own)


def _output(*command: str) -> str:
    try:
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            timeout=20,
            check=False,
            env={**os.environ, "PULUMI_SKIP_UPDATE_CHECK": "true"},
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout if done.returncode == 0 else ""


def _numbers(version: str) -> tuple[int, ...]:
    found = re.search(r"(\d+)\.(\d+)\.(\d+)", version)
    return tuple(int(number) for number in found.groups()) if found else (0, 0, 0)
