"""Samples and the table that is made from them."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from statistics import median
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

FIXED = 5
"""The size whose time counts as the cost that does not depend on the number of objects."""
BASE = 200
"""The size that the others are compared with."""


@dataclass(frozen=True, slots=True)
class Sample:
    """One step, once.

    Attributes:
        objects: how many objects the repository states.
        step: what was done.
        seconds: wall time.
        load: the machine's load average over the minute before.
    """

    objects: int
    step: str
    seconds: float
    load: float


def read(file: Path) -> list[Sample]:
    """The samples kept in a file; none when there is no file."""
    return [Sample(**each) for each in json.loads(file.read_text())] if file.exists() else []


def write(file: Path, samples: Iterable[Sample]) -> None:
    """Keep samples in a file, one a line."""
    lines = ",\n".join(json.dumps(asdict(sample)) for sample in samples)
    file.write_text(f"[\n{lines}\n]\n")


def show(samples: Iterable[Sample]) -> str:
    """A Markdown table: medians, cost of an object with and without the fixed cost, ratios, kubectl beside."""
    found: dict[tuple[str, int], list[Sample]] = {}
    for sample in sorted(samples, key=lambda sample: sample.objects):
        found.setdefault((sample.step, sample.objects), []).append(sample)
    times = {key: median(sample.seconds for sample in group) for key, group in found.items()}
    lines = [
        "| step | objects | runs | median | all / object | to 200 | without fixed / object | to 200 | load |",
        "|---|---:|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for step in dict.fromkeys(step for step, _ in times):
        fixed = times.get((step, FIXED), 0.0)
        for size in (size for known, size in times if known == step):
            group, seconds = found[step, size], times[step, size]
            row = [step, f"{size:,}", str(len(group)), f"{seconds:.2f} s"]
            for less in (0.0, fixed):
                row += _cost(seconds - less, size, times.get((step, BASE), less) - less)
            loads = f"{min(s.load for s in group):.1f} to {max(s.load for s in group):.1f}"
            lines.append(f"| {' | '.join([*row, loads])} |")
    return "\n".join([*lines, "", *_beside(times)])


def _cost(seconds: float, size: int, base: float) -> list[str]:
    """Milliseconds for an object, and their ratio to those of the base size; empty for the fixed cost itself."""
    if size == FIXED:
        return ["", ""]
    each = seconds / size
    return [f"{each * 1000:.1f} ms", f"{each / (base / BASE):.2f}" if base else ""]


def _beside(times: dict[tuple[str, int], float]) -> list[str]:
    """How the engine's runs compare with kubectl's, which waits for nothing but deletion and prunes nothing."""
    pairs = (
        ("first up", "kubectl apply, first"),
        ("up, nothing changed", "kubectl apply, nothing changed"),
        ("destroy", "kubectl delete namespace"),
    )
    return [
        f"{ours}, {size:,} objects: {seconds / times[theirs, size]:.2f} times `{theirs}`"
        for ours, theirs in pairs
        for (step, size), seconds in times.items()
        if step == ours and size != FIXED and (theirs, size) in times
    ]
