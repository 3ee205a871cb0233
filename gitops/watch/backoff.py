"""When an object that keeps changing is healed again: at once, then after 2 s, three times as long each time.

The pauses are Argo CD's; a change to an object that was quiet for long enough starts from the beginning.
"""

from __future__ import annotations

from typing import NamedTuple

_FIRST, _FACTOR, _MOST = 2.0, 3.0, 300.0
_QUIET = 30.0
# so often in a row somebody else undoes what was healed before it is worth telling a person
ALERT_AFTER = 3


class Attempts(NamedTuple):
    """How often in a row an object was healed, and when the last time was, in seconds of a steady clock."""

    times: int = 0
    last: float = 0.0

    def due(self) -> float:
        """When it may be healed again."""
        return self.last + pause(self.times)

    def seen(self, now: float) -> Attempts:
        """The same, or from the beginning when it was quiet for long enough."""
        return Attempts() if self.times and now - self.last > _QUIET + 2 * pause(self.times) else self

    def healed(self, now: float) -> Attempts:
        """After one more."""
        return Attempts(self.times + 1, now)

    @property
    def is_fight(self) -> bool:
        """Whether somebody else keeps writing what is healed."""
        return self.times >= ALERT_AFTER


def pause(times: int) -> float:
    """Seconds to wait after so many in a row."""
    return min(_MOST, _FIRST * _FACTOR ** min(times - 1, 10)) if times else 0.0


def growing(failures: int, first: float, most: float) -> float:
    """Seconds before the next try of something that failed so often in a row, twice as long each time."""
    return min(most, first * 2.0 ** min(failures - 1, 20)) if failures else 0.0
