"""Sealed files, written whole or not at all."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from gitops.model.errors import ConfigError


def write(file: Path, text: str, *, private: bool = False) -> None:
    """Put text into a file, in one step; a new one can be read by its owner only if it is `private`.

    Raises:
        ConfigError: it can't be written.
    """
    try:
        mode = file.stat().st_mode & 0o777 if file.exists() else 0o644
        target = file.resolve()
        handle, temporary = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as out:
                out.write(text)
            Path(temporary).chmod(0o600 if private else mode)
            Path(temporary).replace(target)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise ConfigError(
            f"{file} can't be written: {error.strerror}", next_step="check the folder"
        ) from None
