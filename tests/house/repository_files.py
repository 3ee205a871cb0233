"""The files of this checkout that are, or are about to be, part of the repository."""

from __future__ import annotations

import subprocess
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]


@cache
def repository_files() -> tuple[Path, ...]:
    """Tracked files and new ones that are not ignored, sorted."""
    command = ["git", "-C", str(ROOT), "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    listing = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return tuple(
        file for name in sorted(filter(None, listing.split("\0"))) if (file := ROOT / name).is_file()
    )


@cache
def python_files() -> tuple[Path, ...]:
    """Those that are Python."""
    return tuple(file for file in repository_files() if file.suffix == ".py")


def shown(files: list[Path]) -> list[str]:
    """Files as a reader calls them."""
    return [str(file.relative_to(ROOT)) for file in files]
