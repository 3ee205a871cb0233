"""What the engine printed about a run that failed, as values: which resource, and why."""

from __future__ import annotations

import re
from dataclasses import dataclass

# `  kubernetes:apps/v1:Deployment (apps/Deployment:web/web):`
_RESOURCE = re.compile(r"^  (\S+) \((\S+)\):$")
# which of the program's callbacks said it
_HOOK = re.compile(r'^before hook "[^"]*" failed: ')
_NOISE = re.compile(r"^(update failed|preview failed|resource registration failed|\d+ errors? occurred:)$")


@dataclass(frozen=True, slots=True)
class Failure:
    """A resource that could not be brought up.

    Attributes:
        type: the engine's type of the resource.
        name: its name; for an object, its identity in the cluster.
        reason: what the engine, the provider or the cluster said.
    """

    type: str
    name: str
    reason: str


def failures(printed: str) -> tuple[Failure, ...]:
    """The errors in the `Diagnostics` section of what the engine printed, one a resource."""
    found: dict[tuple[str, str], list[str]] = {}
    lines: list[str] = []
    told = False
    for line in _section(printed).splitlines():
        resource = _RESOURCE.match(line)
        if resource:
            lines, told = found.setdefault((resource[1], resource[2]), []), False
        elif line.startswith("    "):
            text = line.strip()
            if re.match(r"(error|warning|info|debug): ", text):
                told = text.startswith("error: ")
            text = _HOOK.sub("", text.removeprefix("error: "))
            if told and text and not _NOISE.match(text):
                lines.append(text.removeprefix("* "))
    return tuple(
        Failure(kind, name, "; ".join(reason)) for (kind, name), reason in sorted(found.items()) if reason
    )


def _section(printed: str) -> str:
    section = printed.partition("\n stderr:")[0].partition("\nDiagnostics:\n")[2]
    return re.split(r"^\S", section, maxsplit=1, flags=re.MULTILINE)[0]
