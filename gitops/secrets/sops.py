"""Files that SOPS has encrypted, opened by the `sops` program, which finds the keys as it always does."""

from __future__ import annotations

import json
import re
import shutil
import subprocess

from gitops.model.errors import AccessError

_YAML, _DOTENV = (re.compile(mark, re.MULTILINE) for mark in (rb"^sops:", rb"^sops_version="))
_TIMEOUT = 60.0


def form_of(content: bytes) -> str:
    """The form in which SOPS encrypted a file: `yaml`, `json`, `dotenv`, `binary`, or "" when it did not.

    Source: the stores of SOPS 3; a binary file is JSON with the content as its one value.
    """
    if b"ENC[" not in content:
        return ""
    if content.lstrip().startswith(b"{"):
        try:
            body = json.loads(content)
        except (ValueError, RecursionError):
            return ""
        if "sops" not in body:
            return ""
        return "binary" if body.keys() == {"data", "sops"} and isinstance(body["data"], str) else "json"
    return "yaml" if _YAML.search(content) else "dotenv" if _DOTENV.search(content) else ""


def decrypted(content: bytes, name: str) -> bytes:
    """The content in clear, or as it is when SOPS has not encrypted it.

    Raises:
        AccessError: `sops` is not installed, or can't open it.
    """
    form = form_of(content)
    if not form:
        return content
    program = shutil.which("sops")
    if program is None:
        raise AccessError(
            f"{name} is encrypted with SOPS, and there is no `sops` on PATH",
            next_step="install sops, or decrypt the file yourself",
        )
    try:
        done = subprocess.run(
            [program, "--decrypt", "--input-type", form, "--output-type", form, "/dev/stdin"],
            input=content,
            capture_output=True,
            timeout=_TIMEOUT,
            check=False,
        )
        told = f"it ended with {done.returncode}" if done.returncode else ""
    except subprocess.TimeoutExpired:
        told = f"it did not end within {_TIMEOUT:.0f} s"
    if told:
        raise AccessError(f"sops can't open {name}: {told}", next_step=f"see why: sops decrypt {name}")
    return done.stdout
