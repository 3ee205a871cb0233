"""Results kept by the content they were made from: they never go stale, and losing them costs only time."""

from __future__ import annotations

import hashlib
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

# Part of every key: to be raised when the form or the meaning of what is kept changes.
FORMAT = "2"


@dataclass(frozen=True, slots=True)
class Cache:
    """A folder of JSON values, safe to share between processes."""

    folder: Path

    def get(self, *key: str) -> Any:
        """The value kept under a key, or None: also when it can't be read."""
        try:
            return msgspec.json.decode(self._path(key).read_bytes())
        except (OSError, msgspec.DecodeError):
            return None

    def put(self, value: Any, *key: str) -> None:
        """Keep a value under a key; a cache that can't be written to is no failure."""
        path = self._path(key)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            handle, temporary = tempfile.mkstemp(dir=path.parent)
            with os.fdopen(handle, "wb") as file:
                file.write(msgspec.json.encode(value))
            Path(temporary).replace(path)
        except OSError:
            return

    def _path(self, key: tuple[str, ...]) -> Path:
        name = hashlib.sha256("\0".join((FORMAT, *key)).encode()).hexdigest()
        return self.folder / name[:2] / f"{name[2:]}.json"
