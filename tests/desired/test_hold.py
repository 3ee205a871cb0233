from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from gitops.hold import holding
from gitops.model.errors import ConfigError
from gitops.model.project import SyncWindow
from gitops.model.rolled_back import RolledBack
from gitops.model.settings import BreakGlass, Loop
from gitops.source.stackfile import settings_from
from gitops.source.windows import next_change
from tests import given

if TYPE_CHECKING:
    from gitops.model.application import Application

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
WEB, API = given.application("web"), given.application("api")
DENIED = SyncWindow("deny", "0 11 * * *", 7200.0, applications=("*",))


def held(loop: Loop, *applications, manual: bool = False) -> dict[str, str]:
    found = holding(given.settings(loop=loop), NOW, manual=manual)(applications or (WEB, API))
    return {problem.application: problem.what for problem in found}


def test_paused_applications_are_held_whoever_asks() -> None:
    assert held(Loop(paused=("w*",))) == held(Loop(paused=("w*",)), manual=True) == {"web": "it is paused"}


def test_without_automated_sync_only_a_person_syncs() -> None:
    manual = replace(WEB, automated=False)
    assert held(Loop(), manual) == {"web": "its automated sync is off"}
    assert held(Loop(), manual, manual=True) == {}


def test_windows_of_the_project_and_of_the_stack_both_count() -> None:
    assert held(Loop(windows=(DENIED,))).keys() == {"web", "api"}
    assert held(Loop(), replace(WEB, windows=(DENIED,)), API).keys() == {"web"}


def test_broken_glass_opens_windows_until_its_time_for_what_it_names() -> None:
    leave = BreakGlass("incident", NOW + timedelta(hours=1), ("web",))
    assert held(Loop(windows=(DENIED,), break_glass=leave)).keys() == {"api"}
    assert held(Loop(windows=(DENIED,), break_glass=replace(leave, until=NOW))).keys() == {"web", "api"}
    assert held(Loop(paused=("web",), break_glass=leave)) == {"web": "it is paused"}


def test_the_end_of_a_window_counts_openings_that_follow_at_once() -> None:
    hourly = SyncWindow("deny", "0 * * * *", 5400.0, applications=("*",))
    daily = SyncWindow("deny", "0 11 * * *", 7200.0, applications=("*",))
    assert next_change(daily, NOW) == NOW + timedelta(hours=1)
    assert next_change(daily, NOW + timedelta(hours=2)) == NOW + timedelta(hours=23)
    assert next_change(hourly, NOW) is None


@pytest.mark.parametrize(
    ("values", "what"),
    [
        (
            {"syncWindows": [{"kind": "deny", "schedule": "soon", "duration": "1h", "applications": ["*"]}]},
            "soon",
        ),
        (
            {
                "syncWindows": [
                    {"kind": "deny", "schedule": "61 * * * *", "duration": "1h", "applications": ["*"]}
                ]
            },
            "61",
        ),
        ({"syncWindows": [{"kind": "deny", "schedule": "@daily", "duration": "1h"}]}, "is for nothing"),
        ({"syncWindows": [{"kind": "deny", "schedul": "@daily"}]}, "schedul"),
        ({"breakGlass": {"until": "2026-01-01T00:00:00Z"}}, "reason"),
        ({"breakGlass": {"reason": "", "until": "2026-01-01T00:00:00Z"}}, "reason"),
        ({"breakGlass": {"reason": "incident", "until": "2026-01-01T00:00:00"}}, "until"),
        ({"breakGlass": {"reason": "incident"}}, "until"),
        ({"paused": ["[a"]}, "[a"),
        ({"syncInterval": "often"}, "often"),
    ],
)
def test_what_can_not_be_honored_is_refused(values, what, tmp_path) -> None:
    with pytest.raises(ConfigError) as caught:
        settings_from({"repository": "here.git", **values}, "x", tmp_path, {})
    assert what in str(caught.value)


BACK = RolledBack("web", WEB.tree, "bad0" * 10, "900d" * 10, "Deployment web/web: no node takes it")
ASKING = replace(WEB, rollback_on_failure=True)


def held_back(*applications: Application, **options: Any) -> dict[str, tuple[str, str]]:
    hold = holding(given.settings(), NOW, manual=True, rolled_back=lambda: [BACK], **options)
    return {problem.application: (problem.what, problem.next_step) for problem in hold(applications)}


def test_what_went_back_by_itself_is_held_with_the_reason_and_the_next_step_until_its_files_change() -> None:
    assert held_back(ASKING, API) == {
        "web": (
            "it went back from bad0bad0bad0 to 900d900d900d: Deployment web/web: no node takes it",
            "mend it in Git, or try it again: gitops app sync web --stack test",
        )
    }
    assert held_back(replace(ASKING, tree="mended"), API) == {}
    assert held_back(ASKING, asked=["web"]) == {}


def test_nobody_is_asked_what_went_back_where_nothing_may() -> None:
    hold = holding(given.settings(), NOW, manual=True, rolled_back=lambda: pytest.fail("asked"))
    assert list(hold([WEB, API])) == []
