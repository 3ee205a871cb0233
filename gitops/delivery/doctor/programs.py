"""The programs that a sync starts."""

from __future__ import annotations

import shutil
import subprocess
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from gitops.model.check import Check, failure, fine, warning

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_PATIENCE = 20.0
_ENGINE_HOME = "PULUMI_HOME"
PLUGIN = "pulumi-resource-kubernetes"
# what a repository needs only when it has such applications
_RENDERERS = {"kustomize": ("kustomize", "kubectl"), "helm": ("helm",)}


def programs(environment: Mapping[str, str]) -> Iterator[Check]:
    """Engine, language host, plugin, Git and the renderers, as the environment's PATH finds them."""
    path = environment.get("PATH")
    yield _engine(path)
    yield _language_host(path)
    yield _plugin(path, environment)
    yield _git(path)
    for name, alternatives in _RENDERERS.items():
        found = next(filter(None, (shutil.which(program, path=path) for program in alternatives)), "")
        if found:
            yield fine(name, found)
        else:
            wanted = " or ".join(alternatives)
            step = f"install {wanted} if the repository has applications for it"
            yield warning(name, f"no {wanted} on PATH", step)


def _engine(path: str | None) -> Check:
    found = shutil.which("pulumi", path=path)
    if not found:
        return failure("engine", "no pulumi on PATH", "install Pulumi, or use `make shell`", 4)
    engine, library = _said(found, "version").removeprefix("v"), version("pulumi")
    if engine.split(".")[:2] == library.split(".")[:2]:
        return fine("engine", f"pulumi {engine}")
    return warning(
        "engine",
        f"pulumi {engine or 'of no known version'} with the Python library {library}",
        f"install pulumi {library}: the two are made for each other",
    )


def _language_host(path: str | None) -> Check:
    found = shutil.which("pulumi-language-python", path=path)
    if found:
        return fine("language host", found)
    step = "install Pulumi with its Python language host"
    return failure("language host", "no pulumi-language-python on PATH", step, 4)


def _plugin(path: str | None, environment: Mapping[str, str]) -> Check:
    found = shutil.which(PLUGIN, path=path)
    if found:
        return fine("plugin", found)
    home = Path(environment.get(_ENGINE_HOME) or Path.home() / ".pulumi")
    installed = sorted((home / "plugins").glob("resource-kubernetes-v*[0-9]"))
    if installed:
        return fine("plugin", installed[-1].name)
    step = f"pulumi plugin install resource kubernetes {version('pulumi-kubernetes')}"
    return warning("plugin", "no Kubernetes plugin is installed; the engine will look for one itself", step)


def _git(path: str | None) -> Check:
    found = shutil.which("git", path=path)
    if found:
        return fine("git", _said(found, "--version").removeprefix("git version "))
    return failure("git", "no git on PATH", "install Git", 3)


def _said(*command: str) -> str:
    """The first line a program prints, "" when it fails."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_PATIENCE, check=True)
    except (OSError, subprocess.SubprocessError):
        return ""
    return (done.stdout.splitlines() or [""])[0].strip()
