"""A deployment's progress, told from the engine's events.

Format: one JSON object a line, as `pulumi up --json` writes them (`sdk/go/common/apitype/events.go` of the
engine). A wave has passed when the gate below it is there: the only `pulumi:index:Stash` whose parent is a wave.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sandbox.console import span

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_WAVE, _GATE, _OBJECT = "gitops:index:Wave", "pulumi:index:Stash", "kubernetes:"
_SAID = {"create": "created", "update": "updated", "delete": "deleted", "same": "unchanged"}
_AROUND = "from $PATH at"
"""Part of the engine's warnings about programs of the sandbox, which are as they should be."""


def told(done: Mapping[str, int]) -> str:
    """Say what was done to how many objects, such as `3 created, 1 updated`."""
    changes = [f"{number} {_SAID.get(op, op)}" for op, number in sorted(done.items()) if op != "same"]
    return ", ".join(changes) or f"nothing to change in {done.get('same', 0)} objects"


@dataclass(slots=True)
class Progress:
    """What has happened so far.

    Attributes:
        done: how many objects the engine is through with, by operation.
    """

    done: Counter[str] = field(default_factory=Counter)
    _parents: dict[str, str] = field(default_factory=dict)
    _waves: dict[str, Counter[str]] = field(default_factory=dict)
    _busy: dict[str, str] = field(default_factory=dict)
    _opened: float | None = None

    def take(self, event: Mapping[str, Any], now: float) -> Iterator[str]:
        """Take the next event at a moment in seconds, and yield the lines that a person should see."""
        match event:
            case {"resourcePreEvent": {"metadata": step}}:
                self._begin(step, now)
            case {"resOutputsEvent": {"metadata": step}}:
                yield from self._end(step, now)
            case {"resOpFailedEvent": {"metadata": step}}:
                self._busy.pop(step["urn"], None)
            case {"diagnosticEvent": {"severity": "info", "urn": urn, "message": str(text)}}:
                if urn in self._busy:
                    self._busy[urn] = text.strip()
            case {"diagnosticEvent": {"severity": "error" | "warning" | "info#err", "message": str(text)}}:
                if text.strip() and _AROUND not in text:
                    yield text.rstrip()

    def now(self) -> str:
        """Say in one line what goes on."""
        if not self._parents:
            return "the program reads the repository"
        wave = f"wave {min(map(_number, self._waves))}: " if self._waves else ""
        waiting = next((f"; {text}" for text in self._busy.values() if text), "")
        return f"{wave}{self.done.total()} objects done, {len(self._busy)} in work{waiting}"

    def _begin(self, step: Mapping[str, Any], now: float) -> None:
        urn, state = step["urn"], step.get("new") or step.get("old") or {}
        self._parents[urn] = state.get("parent", "")
        if step["type"] == _WAVE and step["op"] != "delete":
            self._waves[urn] = Counter()
        elif step["type"].startswith(_OBJECT):
            self._busy[urn] = ""
            self._opened = self._opened or now

    def _end(self, step: Mapping[str, Any], now: float) -> Iterator[str]:
        urn, operation = step["urn"], step["op"]
        parent = self._parents.get(urn, "")
        if step["type"].startswith(_OBJECT):
            self._busy.pop(urn, None)
            self.done[operation] += 1
            self._waves.get(self._parents.get(parent, ""), Counter())[operation] += 1
        elif step["type"] == _GATE and parent in self._waves:
            changes = self._waves.pop(parent)
            if set(changes) - {"same"}:
                yield f"wave {_number(parent)} ready in {span(now - (self._opened or now))}: {told(changes)}"
            self._opened = now


def _number(wave: str) -> int:
    """The number in the URN of a wave, `…::wave-20`."""
    return int(wave.rpartition("::wave-")[2])
