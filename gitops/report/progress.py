"""How far a run is: applications done of all, the wave it is in, and what it waits for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gitops.model.plan import application_of

if TYPE_CHECKING:
    from collections.abc import Collection

    from gitops.model.plan import Plan


class Progress:
    """The applications of a plan, all or those that are named, while the engine goes through them.

    An application is done when every one of its steps was seen to end; what has failed stays open.
    """

    def __init__(self, plan: Plan, names: Collection[str] = ()) -> None:
        chosen = [item for item in plan.applications if not names or item.name in names]
        self._waves = {item.name: item.wave for item in chosen}
        self._of = {step.name: name for step in plan.steps if (name := application_of(step)) in self._waves}
        self._left: dict[str, set[str]] = {name: set() for name in self._waves}
        for step, name in self._of.items():
            self._left[name].add(step)
        self._done = {name for name, steps in self._left.items() if not steps}
        self._begun: dict[str, str] = {}

    @property
    def count(self) -> str:
        """Such as `[7/12]`."""
        return f"[{len(self._done)}/{len(self._waves)}]"

    def begins(self, step: str) -> None:
        """A step has begun."""
        if step in self._of:
            self._begun.setdefault(step, "")

    def told(self, step: str, why: str) -> None:
        """A step waits, and says what for."""
        if step in self._begun:
            self._begun[step] = why

    def warning(self, step: str, text: str) -> str:
        """A line for a warning of one of these applications, else ""."""
        return f"warning: {_shown(step)}: {text}" if step in self._of else ""

    def ends(self, step: str, *, well: bool) -> str:
        """A step has ended; gives a line when its application is done or has failed, else ""."""
        self._begun.pop(step, None)
        name = self._of.get(step)
        if name is None:
            return ""
        if not well:
            return f"{self.count} {name} fails: {_shown(step)}"
        self._left[name].discard(step)
        if self._left[name] or name in self._done:
            return ""
        self._done.add(name)
        return f"{self.count} {name} is done, wave {self._waves[name]}"

    def waiting(self) -> str:
        """The wave that is under way and the step that has been so for longest, with its reason; "" for none."""
        if not self._begun:
            return ""
        step = next((step for step, why in self._begun.items() if why), next(iter(self._begun)))
        more = f", and {len(self._begun) - 1} more" if len(self._begun) > 1 else ""
        why = f" ({self._begun[step]})" if self._begun[step] else ""
        return f"wave {self._waves[self._of[step]]}, waiting for {_shown(step)}{why}{more}"


def _shown(step: str) -> str:
    """An object as people write it: `apps/Deployment:shop/web` is `Deployment shop/web`."""
    kind, colon, rest = step.partition(":")
    return f"{kind.rpartition('/')[2]} {rest}" if colon else step
