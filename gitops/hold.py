"""Which applications have to wait though nothing is wrong with them: paused, gone back, outside their windows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gitops.model.errors import Location, Problem
from gitops.source.descriptor import FILE_NAME
from gitops.source.match import matches_text
from gitops.source.windows import is_open, next_change

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
    from datetime import datetime

    from gitops.desired import Hold
    from gitops.model.application import Application
    from gitops.model.project import SyncWindow
    from gitops.model.rolled_back import RolledBack
    from gitops.model.settings import Settings


def holding(
    settings: Settings,
    now: datetime,
    *,
    manual: bool,
    rolled_back: Callable[[], Iterable[RolledBack]] = tuple,
    asked: Collection[str] = (),
    begun: datetime | None = None,
) -> Hold:
    """A function that names the applications that have to wait now, each with the reason.

    `manual` says whether a person asks: then applications without automated sync don't wait, and windows that
    have `manualSync` let through. `rolled_back` gives those that went back by themselves, and is called only when
    some application may; those that are `asked` for by name are tried again. `begun` is when what is tried again
    was tried first: windows with `syncOverrun` are looked at as they were then.
    """

    def hold(applications: Sequence[Application]) -> Iterator[Problem]:
        found_back = rolled_back() if any(item.rollback_on_failure for item in applications) else ()
        back = {item.application: item for item in found_back if item.application not in asked}
        for application in applications:
            found = _reason(settings, application, now, back.get(application.name), begun, manual=manual)
            if found:
                what, step = found
                where = application.stated or Location(f"{application.path}/{FILE_NAME}")
                yield Problem(what, where, step, application.name)

    return hold


def _reason(
    settings: Settings,
    application: Application,
    now: datetime,
    back: RolledBack | None,
    begun: datetime | None,
    *,
    manual: bool,
) -> tuple[str, str] | None:
    loop, name = settings.loop, application.name
    if _named(loop.paused, name):
        return "it is paused", "take it out of gitops:paused to go on"
    if back and back.tree == application.tree and application.rollback_on_failure:
        step = f"mend it in Git, or try it again: gitops app sync {name} --stack {settings.stack}"
        return f"it went back from {back.revision[:12]} to {back.to[:12]}: {back.reason}", step
    if not manual and not application.automated:
        return "its automated sync is off", f"sync it by hand: gitops stack sync --stack {settings.stack}"
    leave = loop.break_glass
    if leave and now < leave.until and _named(leave.applications, name):
        return None
    clusters = [settings.stack, application.origin.destination_name, application.origin.destination_server]
    windows = [w for w in (*application.windows, *loop.windows) if applies(w, application, clusters)]
    why = closed(windows, now, begun, manual=manual)
    step = "wait, or set gitops:breakGlass with a reason and an end"
    return (why, step) if why else None


def applies(window: SyncWindow, application: Application, clusters: Iterable[str]) -> bool:
    """Whether a window is about an application: by one of its lists, or with `andOperator` by each that it states."""
    decisions = [
        any(_named(patterns, text) for text in texts)
        for patterns, texts in (
            (window.applications, [application.name]),
            (window.namespaces, [application.namespace]),
            (window.clusters, [name for name in clusters if name]),
        )
        if patterns
    ]
    return all(decisions) if window.all_of else any(decisions)


def closed(
    windows: Sequence[SyncWindow], now: datetime, begun: datetime | None = None, *, manual: bool
) -> str:
    """Why the windows about an application don't let it be synced now; "" when they do.

    The rules are Argo CD's: an open window that denies wins, then one that allows; where there are windows that
    allow and none is open, nothing is allowed. A person passes when each window that is in the way lets them. What
    was `begun` before is ended in spite of windows with an overrun that have closed or opened since.
    """
    opened = [window for window in windows if is_open(window, (begun or now) if window.overrun else now)]
    denying = [window for window in opened if window.kind == "deny"]
    if denying:
        if manual and all(window.manual for window in denying):
            return ""
        return f"a sync window denies it until {_end(denying, now)}"
    allowing = [window for window in windows if window.kind == "allow"]
    if not allowing or any(window in opened for window in allowing):
        return ""
    if manual and all(window.manual for window in allowing):
        return ""
    return f"no sync window allows it before {_end(allowing, now, first=True)}"


def _end(windows: Sequence[SyncWindow], now: datetime, *, first: bool = False) -> str:
    changes = [change for window in windows if (change := next_change(window, now))]
    if not changes:
        return "anybody changes it"
    return f"{min(changes) if first else max(changes):%Y-%m-%d %H:%M} UTC"


def _named(patterns: Iterable[str], name: str) -> bool:
    return any(matches_text(pattern, name) for pattern in patterns)
