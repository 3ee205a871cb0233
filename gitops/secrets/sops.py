"""Files that SOPS has encrypted, opened by the `sops` program, which finds the keys as it always does."""

from __future__ import annotations

import re
import shutil
import subprocess

from gitops.model.errors import AccessError

_MARK = re.compile(rb"^(?:sops:|\s*\"sops\":)", re.MULTILINE)
_TIMEOUT = 60.0


def decrypted(content: bytes, name: str) -> bytes:
    """The content in clear, or as it is when SOPS has not encrypted it.

    Raises:
        AccessError: `sops` is not installed, or can't open it.
    """
    if not _MARK.search(content) or b"ENC[" not in content:
        return content
    program = shutil.which("sops")
    if program is None:
        raise AccessError(
            f"{name} is encrypted with SOPS, and there is no `sops` on PATH",
            next_step="install sops, or decrypt the file yourself",
        )
    form = "json" if content.lstrip().startswith(b"{") else "yaml"
    done = subprocess.run(
        [program, "decrypt", "--input-type", form, "--output-type", form, "/dev/stdin"],
        input=content,
        capture_output=True,
        timeout=_TIMEOUT,
        check=False,
    )
    if done.returncode:
        raise AccessError(
            f"sops can't open {name}: it ended with {done.returncode}",
            next_step=f"see why: sops decrypt {name}",
        )
    return done.stdout
