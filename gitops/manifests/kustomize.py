"""Kustomize directories, rendered by the `kustomize` (or `kubectl kustomize`) binary.

The binary sees a private copy of exactly the directories that the kustomization reaches inside the
repository. Addresses outside of it are refused before it starts.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from posixpath import join, normpath
from typing import TYPE_CHECKING, Any

from gitops.manifests.raw import RawObject
from gitops.model.errors import Location
from gitops.source.commit import FOLDER, LINK, SUBMODULE
from gitops.source.yaml import YamlError, read_documents, read_with_lines

if TYPE_CHECKING:
    from gitops.manifests.cache import Cache
    from gitops.model.application import Application
    from gitops.model.errors import Problems
    from gitops.source.commit import Commit

NAMES = ("kustomization.yaml", "kustomization.yml", "Kustomization")
RENDER_TIMEOUT = 60.0
_REFERENCES = ("resources", "bases", "components")
_PLUGINS = ("helmCharts", "helmChartInflationGenerator", "generators", "transformers", "validators")


@dataclass(frozen=True, slots=True)
class Renderer:
    """The binary and its first arguments, and what tells one version of it from another."""

    command: tuple[str, ...]
    identity: str


def find_renderer() -> Renderer | None:
    """`kustomize` from PATH, else kubectl's built-in one, else None."""
    for name, arguments in (("kustomize", ("build",)), ("kubectl", ("kustomize",))):
        path = shutil.which(name)
        if path:
            status = Path(path).resolve().stat()
            return Renderer((path, *arguments), f"{name}:{status.st_size}:{status.st_mtime_ns}")
    return None


def kustomization_in(commit: Commit, folder: str) -> str:
    """The path of a folder's kustomization file, or ""."""
    return next((f"{folder}/{name}" for name in NAMES if f"{folder}/{name}" in commit.entries), "")


def kustomize_root(commit: Commit, application: Application, overlay: str) -> str:
    """The folder to build: the stack's own overlay where there is one, else the application's; or ""."""
    own = f"{application.path}/overlays/{overlay}"
    return next((folder for folder in (own, application.path) if kustomization_in(commit, folder)), "")


def render(
    commit: Commit,
    application: Application,
    root: str,
    renderer: Renderer | None,
    *,
    cache: Cache,
    problems: Problems,
) -> list[RawObject]:
    """The objects that a kustomization builds; what goes wrong goes to `problems`."""
    before = len(problems)
    folders = _reached(commit, root, application.name, problems)
    where = Location(kustomization_in(commit, root))
    if len(problems) > before:
        return []
    if renderer is None:
        problems.add(
            "needs kustomize, and neither it nor kubectl is on PATH",
            where,
            "install kustomize or kubectl",
            application.name,
        )
        return []
    key = ("kustomize", renderer.identity, root, *(f"{f}={commit.entries[f].id}" for f in sorted(folders)))
    bodies = cache.get(*key)
    if bodies is None:
        try:
            bodies = _build(commit, root, folders, renderer)
        except RenderError as error:
            problems.add(f"does not build: {error}", where, f"try: kustomize build {root}", application.name)
            return []
        cache.put(bodies, *key)
    return [RawObject(where, body) for body in bodies]


class RenderError(Exception):
    """Kustomize failed; the text is its own, with paths relative to the repository."""


def _reached(commit: Commit, root: str, application: str, problems: Problems) -> set[str]:
    """The folders a build reads, following references between kustomizations."""
    reached: set[str] = set()
    pending = [root]
    while pending:
        folder = pending.pop()
        if folder in reached:
            continue
        reached.add(folder)
        file = kustomization_in(commit, folder)
        try:
            body, lines = read_with_lines(commit.read(file))
        except YamlError as error:
            problems.add(f"can't be read: {error}", Location(file, error.line), "mend the file", application)
            continue
        for plugin in _PLUGINS:
            if isinstance(body, dict) and body.get(plugin):
                problems.add(
                    f"`{plugin}` would run code or download charts, which is not done",
                    Location(file, lines.get(plugin, 0)),
                    "commit what it generates",
                    application,
                )
        for path, reference in _references(body):
            where = Location(file, lines.get(path, 0))
            target = _inside(commit, folder, reference, where, application, problems)
            if target and commit.entries[target].mode == FOLDER:
                if kustomization_in(commit, target):
                    pending.append(target)
                else:
                    problems.add(
                        f"{reference!r} holds no kustomization",
                        where,
                        "add a kustomization.yaml",
                        application,
                    )
        for entry in commit.files_below(folder):
            if entry.mode in (LINK, SUBMODULE):
                problems.add(
                    "is a link, and links are not followed",
                    Location(entry.path),
                    "commit the file itself",
                    application,
                )
    return reached


def _references(body: Any) -> list[tuple[str, str]]:
    """Paths to other files or folders that a kustomization names, with where they stand in it."""
    if not isinstance(body, dict):
        return []
    return [
        (f"{key}[{index}]", str(item))
        for key in _REFERENCES
        for index, item in enumerate(body[key] if isinstance(body.get(key), list) else ())
        if isinstance(item, str) and "\n" not in item
    ]


def _inside(
    commit: Commit, folder: str, reference: str, where: Location, application: str, problems: Problems
) -> str:
    """The repository path that a reference names, or "" after noting what is wrong with it."""
    target = normpath(join(folder, reference))
    if target in commit.entries:
        return target
    if "://" in reference or reference.startswith(("git@", "github.com", "/")) or "?ref=" in reference:
        what, step = f"{reference!r} is outside the repository", "copy it into the repository"
    elif target == "." or target.startswith(".."):
        what, step = f"{reference!r} leaves the repository", "keep what it names in the repository"
    else:
        what, step = f"{reference!r} does not exist", "commit it, or take the line out"
    problems.add(what, where, step, application)
    return ""


def _build(commit: Commit, root: str, folders: set[str], renderer: Renderer) -> list[Any]:
    with tempfile.TemporaryDirectory(prefix="gitops-render-") as scratch:
        for folder in folders:
            for entry in commit.files_below(folder):
                target = Path(scratch, entry.path)
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(commit.read_object(entry.id))
        try:
            done = subprocess.run(
                [*renderer.command, str(Path(scratch, root))],
                capture_output=True,
                check=False,
                timeout=RENDER_TIMEOUT,
                env={"PATH": os.defpath, "HOME": scratch, "TMPDIR": scratch},
                cwd=scratch,
            )
        except subprocess.TimeoutExpired as error:
            message = f"it took longer than {RENDER_TIMEOUT:.0f} s"
            raise RenderError(message) from error
        except OSError as error:
            message = f"{renderer.command[0]} can't be started: {error.strerror}"
            raise RenderError(message) from error
        if done.returncode:
            text = done.stderr.decode(errors="replace").replace(f"{scratch}/", "").replace(scratch, "")
            raise RenderError(" ".join(text.split())[-600:])
        try:
            return [document.body for document in read_documents(done.stdout)]
        except YamlError as error:
            raise RenderError(str(error)) from error
