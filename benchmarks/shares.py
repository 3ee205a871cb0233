"""Whose the time of a sync is: moments of it, as the engine's trace and the API server's audit log tell them."""

from __future__ import annotations

import json
import os
from datetime import datetime
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from tests.live.stack_project import StackProject

API, PROVIDER, SERVING, PROGRAM, ENGINE = "API server", "provider", "serving", "program and SDK", "engine"
REST = "loop"
_INNERMOST_FIRST = (API, PROVIDER, SERVING, PROGRAM, ENGINE)
_POLICY = {
    "apiVersion": "audit.k8s.io/v1",
    "kind": "Policy",
    "omitStages": ["RequestReceived", "ResponseStarted"],
    "rules": [{"level": "Metadata"}],
}


class Span(NamedTuple):
    """Somebody was at work between two moments, in seconds since 1970."""

    who: str
    begin: float
    end: float


def shares(begin: float, end: float, spans: Iterable[Span]) -> dict[str, float]:
    """The seconds of a stretch of time that are each one's; where spans lie in each other the inner one counts.

    The engine answers the program's calls (`serving`) while that waits, so both are the engine's.
    """
    inside = [
        Span(s.who, max(s.begin, begin), min(s.end, end)) for s in spans if s.end > begin and s.begin < end
    ]
    edges = sorted({begin, end, *(edge for s in inside for edge in (s.begin, s.end))})
    found = dict.fromkeys((REST, ENGINE, PROGRAM, PROVIDER, API), 0.0)
    for left, right in pairwise(edges):
        at_work = {s.who for s in inside if s.begin <= left and s.end >= right}
        who = next((name for name in _INNERMOST_FIRST if name in at_work), REST)
        found[ENGINE if who == SERVING else who] += right - left
    return found


def trace(project: StackProject, folder: Path) -> None:
    """Have every run of the engine write its spans to a folder, and when its process began."""
    folder.mkdir()
    real = next(p for p in project.environment["PATH"].split(os.pathsep) if os.access(f"{p}/pulumi", os.X_OK))
    wrapper = folder / "pulumi"
    wrapper.write_text(
        f"#!/bin/sh\ndate +%s.%N > {folder}/$$.begun\n"
        f'exec {real}/pulumi --otel-traces file://{folder}/$$.json "$@"\n'
    )
    wrapper.chmod(0o755)
    project.environment["PATH"] = f"{folder}{os.pathsep}{project.environment['PATH']}"


def traced(folder: Path) -> Iterator[Span]:
    """What the engine's traces tell: an OTLP message a line, as `pulumi --otel-traces file://` writes them."""
    for file in folder.glob("*.json"):
        begun = float(file.with_suffix(".begun").read_text())
        for line in file.read_text().splitlines():
            for resource in json.loads(line)["resourceSpans"]:
                for scope in resource["scopeSpans"]:
                    for span in scope["spans"]:
                        times = (int(span[key]) / 1e9 for key in ("startTimeUnixNano", "endTimeUnixNano"))
                        began, ended = times
                        who = _who(span)
                        if who:
                            yield Span(who, begun if span["name"] == "pulumi" else began, ended)


def audited(lines: Iterable[str]) -> Iterator[Span]:
    """The requests in an audit log of everybody but the cluster's own parts and who may only look; no watches."""
    for line in lines:
        event = json.loads(line)
        name = event["user"]["username"]
        if event["verb"] != "watch" and name != "viewer" and not name.startswith("system:"):
            begin, end = (
                datetime.fromisoformat(event[key]).timestamp()
                for key in ("requestReceivedTimestamp", "stageTimestamp")
            )
            yield Span(API, begin, end)


def audit(policy: Path) -> None:
    """Have a cluster's API server keep an audit log, from its next start on."""
    policy.parent.mkdir(parents=True, exist_ok=True)
    policy.write_text(json.dumps(_POLICY))


def _who(span: dict[str, str]) -> str:
    name = span["name"]
    if name.startswith("pulumirpc.ResourceProvider/") or (name == "newPlugin" and "(resource)" in str(span)):
        return PROVIDER
    if name.startswith(("pulumirpc.ResourceMonitor/", "pulumirpc.Engine/")):
        return SERVING
    return {"pulumirpc.LanguageRuntime/Run": PROGRAM, "pulumi": ENGINE}.get(name, "")
