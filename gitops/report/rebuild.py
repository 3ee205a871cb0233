"""What a rebuild finds, and what it did and proved, as text and as JSON."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from gitops.model.synced import HELD, LEFT_OUT, SYNCED
from gitops.report.columns import aligned, counted
from gitops.report.sync import as_problems, problem_as_json

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from gitops.model.rebuilt import Place, Rebuilt
    from gitops.model.settings import Settings

SCHEMA = "gitops.internal/rebuild/v1"
_SHOWN = 20


def as_question(
    settings: Settings,
    place: Place,
    *,
    alive: int,
    others: Mapping[str, int],
    unmanaged: int,
    remembered: int,
    deployments: int,
) -> str:
    """Everything that a person should look at before the yes."""
    stacks = ", ".join(f"{counted(count, 'object')} of {name}" for name, count in others.items())
    return aligned(
        (
            ("Stack", settings.stack),
            ("Follows", f"{settings.repository.revision} of {settings.repository.url}"),
            ("Context", f"{place.context or '(current)'} at {place.server}"),
            ("Cluster", f"kube-system has uid {place.uid}"),
            ("Alive", counted(alive, "object") + (" of the stack" if alive else ": everything is made anew")),
            ("Others", stacks or "no other stack lives here"),
            ("Nobody's", counted(unmanaged, "object")),
            ("State", f"knows {counted(remembered, 'object')}" if remembered else "is empty or was lost"),
            ("History", counted(deployments, "deployment") if deployments else "is empty or was lost"),
        )
    )


def as_summary(done: Rebuilt) -> str:
    """What was done, what is not as it should be, and the verdict in the last line."""
    lines = [problems] if (problems := as_problems(done.synced)) else []
    for title, keys in (
        ("volumes that are new, and empty: restore their data", done.claims),
        ("lived before, and are other objects now", done.recreated),
        ("not in the stack's state", done.unrecorded),
    ):
        lines += _listed(title, [str(key) for key in keys])
    lines += _listed("waits", done.waiting) + _listed("differs", done.drift)
    return "\n".join([*lines, _verdict(done)])


def as_json(done: Rebuilt) -> str:
    """The documented, versioned form for machines."""
    synced = done.synced
    document = {
        "schema": SCHEMA,
        "stack": synced.stack,
        "revision": synced.revision,
        "operation": synced.operation,
        "cluster": {"context": done.place.context, "server": done.place.server, "uid": done.place.uid},
        "proven": done.exit_code == 0,
        "before": {
            "deployments": done.deployments,
            "remembered": done.remembered,
            "alive": len(done.alive),
        },
        "applications": [
            {
                "name": item.name,
                "result": item.result,
                "problems": [problem_as_json(one) for one in item.problems],
            }
            for item in synced.applications
        ],
        "created": [key.resource_name for key in done.created],
        "adopted": [key.resource_name for key in done.adopted],
        "recreated": [key.resource_name for key in done.recreated],
        "emptyVolumes": [key.resource_name for key in done.claims],
        "unrecorded": [key.resource_name for key in done.unrecorded],
        "waiting": list(done.waiting),
        "drift": list(done.drift),
        "seconds": round(done.seconds, 1),
    }
    return json.dumps(document, indent=2)


def _verdict(done: Rebuilt) -> str:
    synced = done.synced
    parts = [
        f"{counted(len(done.created), 'object')} made",
        f"{len(done.alive)} alive before and the same now" if not done.recreated else "",
        f"{len(done.adopted)} taken over" if done.adopted else "",
    ]
    at = f"{synced.stack} at {synced.revision[:12]} in {done.seconds:.0f} s: {', '.join(filter(None, parts))}"
    if not done.exit_code:
        count = counted(len(synced.having(SYNCED)), "application")
        return f"{at}\nrebuilt: {count} Synced and Healthy, nothing differs"
    return f"{at}\nnot rebuilt: {', '.join(_missing(done))}; run it again when that is mended"


def _missing(done: Rebuilt) -> Iterator[str]:
    synced = done.synced
    for result, told in ((LEFT_OUT, "left out"), (HELD, "held")):
        if synced.having(result):
            yield f"{counted(len(synced.having(result)), 'application')} {told}"
    failed = len(synced.applications) - sum(len(synced.having(r)) for r in (SYNCED, LEFT_OUT, HELD))
    for number, told in (
        (failed, "failed or waiting for what failed"),
        (len(done.waiting), "not Synced and Healthy"),
        (len(done.drift), "differing"),
        (len(done.recreated), "made anew though they lived"),
        (len(done.unrecorded), "unknown to the state"),
    ):
        if number:
            yield f"{number} {told}"


def _listed(title: str, lines: tuple[str, ...] | list[str]) -> list[str]:
    if not lines:
        return []
    more = [f"  … and {len(lines) - _SHOWN} more"] if len(lines) > _SHOWN else []
    return [f"{title}:", *(f"  {line}" for line in lines[:_SHOWN]), *more]
