"""The demo's Git repository: the example homelab, completed with definitions that other projects publish."""

from __future__ import annotations

import tempfile
from pathlib import Path
from shutil import copytree
from types import MappingProxyType
from typing import TYPE_CHECKING

from gitops.model.errors import Location, NotFoundError
from sandbox.bare import publish
from sandbox.crds import MODULES, definitions

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["EXAMPLE", "MODULES", "create_repository"]

EXAMPLE = Path(__file__).parent.parent / "examples" / "homelab"
_DEFINITIONS = "k8s/01-infrastructure/00-crds"


def create_repository(
    destination: Path,
    *,
    modules: Mapping[str, Path],
    example: Path = EXAMPLE,
    more: Mapping[str, str] = MappingProxyType({}),
) -> str:
    """Make or renew the bare repository at `destination` and return the commit that `main` is at.

    The same example and modules give the same commit; a changed example gives a new commit on top. Commits
    that somebody else put on `main` stay: the new version then waits on branch `example`.

    Args:
        destination: where the repository is or is to be.
        modules: the folder of each of MODULES.
        example: the folder that becomes the repository's content.
        more: files by path that are put into it or take the place of the example's.

    Raises:
        AccessError: the destination is something else, or can't be written.
        NotFoundError: a module, the example or git is missing.
    """
    if not (example / "k8s").is_dir():
        raise NotFoundError(
            "there is no example here to make a repository from",
            where=Location(str(example)),
            next_step="run from a checkout of the project",
        )
    with tempfile.TemporaryDirectory(prefix="homelab-") as scratch:
        content = Path(scratch) / "content"
        copytree(example, content, symlinks=True)
        folder = content / _DEFINITIONS
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in definitions(modules):
            (folder / name).write_bytes(text)
        for path, words in more.items():
            (content / path).write_text(words)
        return publish(destination, content, message="Describe the homelab")
