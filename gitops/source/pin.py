"""`gitops:revision` of a stack's file, changed as a person would: one line, and every comment stays."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from gitops.model.errors import ConfigError, Location
from gitops.source.stackfile import stack_values

if TYPE_CHECKING:
    from pathlib import Path

_LINE = re.compile(
    r"""^(?P<head>[ \t]+["']?gitops:revision["']?[ \t]*:[ \t]+)(?P<value>[^#\n]*?)(?P<tail>[ \t]*(#.*)?)$""",
    re.MULTILINE,
)
# what YAML would take for one, as it may be of a commit's id
_NUMBER = re.compile(r"[0-9]+(e[0-9]+)?")
_CONFIG = re.compile(r"^config:[ \t]*(#.*)?$", re.MULTILINE)
_INDENT = re.compile(r"^config:[^\n]*\n(?:[ \t]*(?:#[^\n]*)?\n)*([ \t]+)", re.MULTILINE)


def pin(stack: str, project: Path, revision: str) -> str:
    """Make a stack follow a revision; gives what it followed before, "" for the default.

    Raises:
        NotFoundError: there is no such stack.
        ConfigError: the file is not written in a way that one line can change; it stays as it was.
    """
    file = project / f"Pulumi.{stack}.yaml"
    before = str(stack_values(stack, project).get("revision", ""))
    text = file.read_text()
    value = f'"{revision}"' if _NUMBER.fullmatch(revision) else revision
    changed, found = _LINE.subn(rf"\g<head>{value}\g<tail>", text, count=1)
    if not found:
        indent = _INDENT.search(text)
        line = f"\n{indent[1] if indent else '  '}gitops:revision: {value}"
        changed = _CONFIG.sub(lambda match: match[0] + line, text, count=1)
    file.write_text(changed)
    try:
        if str(stack_values(stack, project).get("revision", "")) == revision:
            return before
    except ConfigError:
        pass
    file.write_text(text)
    raise ConfigError(
        "gitops:revision can't be changed by changing one line",
        where=Location(file.name),
        next_step=f"set it by hand: pulumi config set gitops:revision {revision} --stack {stack}",
    )
