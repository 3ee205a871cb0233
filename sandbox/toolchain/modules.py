"""Folders of Go modules, downloaded by Go itself and so verified by its checksum database."""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gitops.model.errors import AccessError
from sandbox.toolchain.cache import recall, remember

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from sandbox.toolchain.golang import Go


@dataclass(frozen=True, slots=True)
class Modules:
    """Downloaded modules; where they lie is remembered, so that asking again costs nothing.

    Attributes:
        cache: the folder all sandboxes share.
        go: gives the `go` command; asked only when something has to be downloaded.
    """

    cache: Path
    go: Callable[[], Go]

    def folder(self, module: str) -> Path:
        """Give the folder of `path@version`; its content is read-only.

        Raises:
            AccessError: it can't be downloaded.
        """
        return Path(self._known(module)["Dir"])

    def go_mod(self, module: str) -> str:
        """Give the text of the module's go.mod."""
        return Path(self._known(module)["GoMod"]).read_text()

    def folders(self, modules: Iterable[str]) -> dict[str, Path]:
        """Give the folders of several modules."""
        return {module: self.folder(module) for module in modules}

    def _known(self, module: str) -> dict[str, str]:
        file = self.cache / "modules.json"
        found = recall(file).get(module)
        if not isinstance(found, dict) or not _usable(found):
            found = self._download(module)
            remember(file, {**recall(file), module: found})
        return {name: str(found[name]) for name in ("Dir", "GoMod")}

    def _download(self, module: str) -> dict[str, str]:
        go = self.go()
        self.cache.mkdir(parents=True, exist_ok=True)
        answer = subprocess.run(
            [go.path, "mod", "download", "-json", module],
            capture_output=True,
            text=True,
            check=False,
            cwd=self.cache,
            env=go.environment(),
        )
        try:
            found = json.loads(answer.stdout or "{}")
        except ValueError:
            found = {}
        if answer.returncode or not _usable(found):
            reason = str(found.get("Error") or answer.stderr).strip() or "no reason given"
            raise AccessError(
                f"Go module {module} can't be downloaded: {reason}",
                next_step="check the access to the Go module proxy (`go env GOPROXY`) and try again",
            )
        return {name: str(found[name]) for name in ("Dir", "GoMod")}


def _usable(found: dict[str, Any]) -> bool:
    return all(isinstance(found.get(name), str) and Path(found[name]).exists() for name in ("Dir", "GoMod"))
