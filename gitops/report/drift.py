"""Drift as lines, JSON or Markdown."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from gitops.drift.findings import Kind
from gitops.report.columns import counted

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from gitops.drift.findings import Finding

SCHEMA = "gitops.internal/drift/v1"
FLEET = "gitops.internal/fleet-drift/v1"
_LONGEST = 80
"""Characters of a value that are shown in a line."""


def as_text(found: Sequence[Finding]) -> str:
    """A heading for each object, its findings below it."""
    lines: list[str] = []
    heading = ""
    for finding in found:
        title = f"{finding.application or 'in no stack'}: {finding.key}"
        if title != heading:
            heading = title
            lines.append(title)
        lines.append(f"  {_sentence(finding)}")
    return "\n".join([*lines, summary(found)] if lines else [summary(found)])


def as_json(stack: str, revision: str, found: Sequence[Finding]) -> str:
    """The documented, versioned form for machines."""
    return json.dumps(
        {"schema": SCHEMA, "stack": stack, "revision": revision, "findings": entries(found)}, indent=2
    )


def fleet_as_json(stacks: Iterable[tuple[str, str, str, Sequence[Finding]]]) -> str:
    """The same for many stacks: name, revision, why one could not be looked at, and findings of each."""
    told = [
        {"stack": stack, "revision": revision, "trouble": trouble, "findings": entries(found)}
        for stack, revision, trouble, found in stacks
    ]
    return json.dumps({"schema": FLEET, "stacks": told}, indent=2)


def entries(found: Sequence[Finding]) -> list[dict[str, Any]]:
    """Findings as documents for machines have them."""
    return [
        {
            "application": finding.application,
            "object": finding.key.resource_name,
            "kind": str(finding.kind),
            "path": finding.path,
            "wanted": finding.wanted,
            "live": finding.live,
            "by": finding.by and finding.by._asdict(),
        }
        for finding in found
    ]


def as_markdown(stack: str, revision: str, found: Sequence[Finding]) -> str:
    """A report for a ticket or a pull request."""
    lines = [f"# Drift of {stack}", "", f"Compared with `{revision[:12]}`: {summary(found)}.", ""]
    if found:
        lines += ["| application | object | field | Git says | live | by |", "|---|---|---|---|---|---|"]
    for finding in found:
        whole = "" if finding.path else str(finding.kind)
        wanted = "" if finding.kind is Kind.ADDED else _short(finding.wanted)
        values = [wanted, _short(finding.live)] if not whole else ["", whole]
        cells = [finding.application, str(finding.key), finding.path, *values, _who(finding)]
        lines.append(f"| {' | '.join(map(_cell, cells))} |")
    return "\n".join(lines)


def summary(found: Sequence[Finding]) -> str:
    """Such as `3 findings in 2 applications`."""
    if not found:
        return "no drift"
    names = {finding.application for finding in found} - {""}
    places = f" in {counted(len(names), 'application')}" if names else ""
    return f"{counted(len(found), 'finding')}{places}"


def _sentence(finding: Finding) -> str:
    match finding.kind:
        case Kind.MISSING:
            return "missing: Git states it, and it does not live"
        case Kind.ORPHANED:
            return "orphaned: it lives, but is no longer in Git"
        case Kind.UNMANAGED:
            return "unmanaged: it lives, and no stack states it"
        case Kind.ADDED:
            by = f" ({_who(finding)})" if finding.by else ""
            return f"{finding.path}: added, is {_short(finding.live)}{by}"
        case _:
            by = f" ({_who(finding)})" if finding.by else ""
            return f"{finding.path}: is {_short(finding.live)}, Git says {_short(finding.wanted)}{by}"


def _who(finding: Finding) -> str:
    return ", ".join(filter(None, (finding.by.manager, finding.by.time))) if finding.by else ""


def _short(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


def _cell(text: str) -> str:
    return text.replace("\\", "\\\\").replace("|", "\\|").replace("\n", " ").replace("<", "&lt;")
