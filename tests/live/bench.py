"""A repository, and both ways to render what is in it: the project's and the reference tools'."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import yaml

from gitops.manifests.sources import read
from gitops.model.errors import Problems
from gitops.model.settings import Repository
from gitops.source.git import fetch
from tests import given

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from gitops.manifests.rendering import Rendering
    from gitops.model.sources import Source
    from tests.git_repository import GitRepository


@dataclass
class Bench:
    repository: GitRepository
    rendering: Rendering
    tools: dict[str, str]
    home: Path

    def write(self, folder: str, files: Mapping[str, str | bytes]) -> None:
        for path, text in files.items():
            self.repository.write(f"{folder}/{path}", text)

    def ours(self, *sources: Source, **changes: Any) -> tuple[list[Any], list[str]]:
        """What the project makes of the repository as it is now, as it would be committed."""
        sha = self.repository.commit()
        commit = fetch(Repository(self.repository.url, sha), self.home / "git")
        problems = Problems()
        application = given.application(sources=sources, **changes)

        def other(url: str, revision: str) -> Any:
            return fetch(Repository(url or self.repository.url, revision), self.home / "git")

        found = read(commit, application, self.rendering, other, problems)
        return found, [str(problem) for problem in problems]

    def bodies(self, *sources: Source, **changes: Any) -> list[Any]:
        found, told = self.ours(*sources, **changes)
        assert told == []
        return [raw.body for raw in found]

    def run(self, tool: str, *arguments: str, folder: Path | None = None) -> str:
        done = subprocess.run(
            [self.tools[tool], *arguments],
            cwd=folder or self.repository.path,
            env={"PATH": os.environ["PATH"], "HOME": str(self.home)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout


def normal(documents: Any) -> str:
    return yaml.safe_dump_all(documents, sort_keys=True)


def theirs(output: str) -> str:
    return normal([document for document in yaml.safe_load_all(output) if document is not None])
