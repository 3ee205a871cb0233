"""Sync windows: schedules in cron's five fields, read from an AppProject or a stack's file, and when they are open."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec
from cronsim import CronSim, CronSimError

from gitops.model.duration import parse_duration
from gitops.model.project import SyncWindow
from gitops.source.argo.projectspec import Window

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from gitops.source.argo.projectspec import OwnWindow

# a window that opens again before it closes, so often in a row, counts as one without an end
_MOST_OPENINGS = 500
_FIELD = re.compile(r"[0-9A-Za-z*?,/-]+")
# Source: the parser of github.com/robfig/cron, with which Argo CD reads schedules
_DESCRIPTORS = {
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
    "@monthly": "0 0 1 * *",
    "@weekly": "0 0 * * 0",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@hourly": "0 * * * *",
}


def windows_of(stated: Iterable[Window]) -> tuple[SyncWindow, ...]:
    """The windows that a list states; `complaints` has found nothing wrong with it."""
    return tuple(
        SyncWindow(
            kind=window.kind,
            schedule=window.schedule,
            duration=parse_duration(window.duration),
            time_zone=window.time_zone or "UTC",
            applications=window.applications,
            namespaces=window.namespaces,
            clusters=window.clusters,
            all_of=window.and_operator,
            manual=window.manual_sync,
            overrun=window.sync_overrun,
        )
        for window in stated
    )


def own_windows(stated: Iterable[OwnWindow], application: str) -> tuple[Window, ...]:
    """The same windows, as ones for that application alone."""
    return tuple(Window(**msgspec.structs.asdict(window), applications=(application,)) for window in stated)


def complaints(stated: Iterable[Window]) -> Iterator[tuple[str, str]]:
    """What is wrong with a list of windows, and the next step."""
    for index, window in enumerate(stated):
        place = f"syncWindows[{index}]"
        if not _is_schedule(window.schedule):
            yield f"{place}: {window.schedule!r} is not a schedule of cron's five fields", "mend it"
        try:
            parse_duration(window.duration)
            ZoneInfo(window.time_zone or "UTC")
        except ZoneInfoNotFoundError:
            yield f"{place}: {window.time_zone!r} is not a time zone", "write it as Europe/Berlin"
        except (ValueError, OSError) as error:
            yield f"{place}: {error}", "mend it"
        if not (window.applications or window.namespaces or window.clusters):
            yield f"{place} is for nothing", "state applications, namespaces or clusters"


def is_open(window: SyncWindow, now: datetime) -> bool:
    """Whether it opened less than its duration ago, by the clock of its time zone."""
    begin = now.astimezone(ZoneInfo(window.time_zone)) - timedelta(seconds=window.duration)
    return next(_openings(window.schedule, begin), now) < now


def next_change(window: SyncWindow, now: datetime) -> datetime | None:
    """When a closed window opens, or an open one closes; None when neither is in sight."""
    zone, length = ZoneInfo(window.time_zone), timedelta(seconds=window.duration)
    if not is_open(window, now):
        return next(_openings(window.schedule, now.astimezone(zone)), None)
    end = now
    for opening in islice(_openings(window.schedule, now.astimezone(zone) - length), _MOST_OPENINGS):
        if opening > end:
            return end
        end = opening + length
    return end if end > now and not _follows(window, end) else None


def _follows(window: SyncWindow, end: datetime) -> bool:
    return is_open(window, end + timedelta(seconds=1))


def _openings(schedule: str, after: datetime) -> Iterator[datetime]:
    return (opening.astimezone(UTC) for opening in CronSim(_fields(schedule), after))


def _is_schedule(text: str) -> bool:
    fields = text.split()
    if text not in _DESCRIPTORS and not (len(fields) == 5 and all(map(_FIELD.fullmatch, fields))):
        return False
    try:
        CronSim(_fields(text), datetime(2024, 1, 1, tzinfo=UTC))
    except CronSimError:
        return False
    return True


def _fields(schedule: str) -> str:
    return _DESCRIPTORS.get(schedule, schedule).replace("?", "*")
