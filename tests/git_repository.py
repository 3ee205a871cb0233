"""A Git repository of a few lines, for tests: write files, commit, hand out the address."""

import os
import shutil
import subprocess
from pathlib import Path
from textwrap import dedent

_AUTHOR = "Test Author"
_EMAIL = "author@example.test"
_FIRST_COMMIT_AT = 1_700_000_000


class GitRepository:
    """A working tree with one branch, whose commits depend on nothing but what a test writes.

    Author, dates and settings are fixed, so equal steps give equal commit ids on every machine. Every
    method that changes files returns the repository, so that steps can be chained.
    """

    def __init__(self, path: Path, *, branch: str = "main") -> None:
        self.path = path
        self._commits = 0
        path.mkdir(parents=True, exist_ok=True)
        self.git("init", "--quiet", f"--initial-branch={branch}")

    @property
    def url(self) -> str:
        """The address to clone from."""
        return self.path.resolve().as_uri()

    @property
    def head(self) -> str:
        """The id of the newest commit on the branch that is checked out."""
        return self.git("rev-parse", "HEAD")

    def write(self, path: str, text: str | bytes) -> "GitRepository":
        """Write a file, with its folders; text is dedented, so that it can be indented in the test."""
        file = self.path / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(text if isinstance(text, bytes) else dedent(text).lstrip("\n").encode())
        return self

    def copy(self, source: Path, path: str = ".") -> "GitRepository":
        """Copy a folder of this machine into the repository."""
        shutil.copytree(source, self.path / path, dirs_exist_ok=True)
        return self

    def move(self, source: str, target: str) -> "GitRepository":
        """Move a file or folder."""
        destination = self.path / target
        destination.parent.mkdir(parents=True, exist_ok=True)
        (self.path / source).rename(destination)
        return self

    def remove(self, path: str) -> "GitRepository":
        """Remove a file, or a folder with everything in it."""
        target = self.path / path
        if target.is_dir() and not target.is_symlink():
            shutil.rmtree(target)
        else:
            target.unlink()
        return self

    def commit(self, message: str = "Change") -> str:
        """Commit the whole working tree, also when nothing changed, and return the commit's id."""
        self.git("add", "--all", "--force")
        self.git("commit", "--quiet", "--allow-empty", f"--message={message}")
        self._commits += 1
        return self.head

    def branch(self, name: str) -> "GitRepository":
        """Switch to a branch, made here when it does not exist."""
        exists = self.git("branch", "--list", name)
        self.git("checkout", "--quiet", *([name] if exists else ["-b", name]))
        return self

    def tag(self, name: str) -> "GitRepository":
        """Put an annotated tag on the newest commit."""
        self.git("tag", "--annotate", f"--message={name}", name)
        return self

    def git(self, *arguments: str) -> str:
        """Run git here, away from the settings of whoever runs the tests, and return what it printed."""
        date = f"{_FIRST_COMMIT_AT + self._commits} +0000"
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.path),
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_AUTHOR_NAME": _AUTHOR,
            "GIT_AUTHOR_EMAIL": _EMAIL,
            "GIT_AUTHOR_DATE": date,
            "GIT_COMMITTER_NAME": _AUTHOR,
            "GIT_COMMITTER_EMAIL": _EMAIL,
            "GIT_COMMITTER_DATE": date,
        }
        command = ["git", "-C", str(self.path), *arguments]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        if done.returncode:
            raise AssertionError(f"{' '.join(command)} failed:\n{done.stderr}{done.stdout}")
        return done.stdout.strip()
