"""A deployment is held to what its preview showed."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from gitops.delivery.ci import promise
from gitops.delivery.ci.promise import PromisedChange, PromisedStack, Verdict, promised
from gitops.model.errors import ConfigError, NotFoundError
from gitops.model.preview import Effect, ObjectChange, Preview, StackPreview, digests_of
from gitops.report.preview import as_json
from tests import given

if TYPE_CHECKING:
    from pathlib import Path

    from gitops.model.keys import ObjectKey
    from gitops.model.manifest import Manifest

ONE, OTHER, NEW = (given.manifest("ConfigMap", data={"a": a}) for a in "123")
KEY = ONE.key


def changed(
    after: Manifest | None = OTHER, effect: Effect = Effect.CHANGED, key: ObjectKey = KEY
) -> ObjectChange:
    return ObjectChange(key, "web", 20, effect, ONE, after)


def stack(*changes: ObjectChange) -> StackPreview:
    return StackPreview("prod", "base", "head", changes)


def verdict(shown: PromisedStack, now: StackPreview, becomes: dict[str, str], moved: bool = False) -> Verdict:
    return promise.verdict(shown, now, becomes, moved=moved)


def shown(*changes: ObjectChange, tmp_path: Path) -> PromisedStack:
    (tmp_path / "plan.json").write_text(as_json(Preview("base", "head", (stack(*changes),))))
    return promised(tmp_path / "plan.json")["prod"]


def test_the_same_change_is_what_was_shown(tmp_path: Path) -> None:
    assert verdict(shown(changed(), tmp_path=tmp_path), stack(changed()), digests_of([OTHER])) == Verdict()


def test_an_object_that_would_become_something_else_is_not(tmp_path: Path) -> None:
    found = verdict(shown(changed(), tmp_path=tmp_path), stack(changed(NEW)), digests_of([NEW]))
    assert found.broken == ("ConfigMap:web/x would become something, other than shown",)
    found = verdict(shown(changed(), tmp_path=tmp_path), stack(changed(None, Effect.DELETED)), {}, moved=True)
    assert found.broken == ("ConfigMap:web/x would not be stated, other than shown",)


def test_what_was_to_go_and_would_stay_is_not(tmp_path: Path) -> None:
    shown_then = shown(changed(None, Effect.DELETED), tmp_path=tmp_path)
    assert verdict(shown_then, stack(), digests_of([ONE])).broken
    assert verdict(shown_then, stack(), {}, moved=True) == Verdict()


def test_what_was_not_shown_may_only_happen_where_the_stack_has_moved(tmp_path: Path) -> None:
    more = changed(NEW, Effect.CREATED, replace(KEY, name="y"))
    line = "ConfigMap:web/y would be created, which was not shown"
    becomes = digests_of([OTHER])
    shown_then = shown(changed(), tmp_path=tmp_path)
    assert verdict(shown_then, stack(changed(), more), becomes) == Verdict((line,))
    assert verdict(shown_then, stack(changed(), more), becomes, moved=True) == Verdict((), (line,))


def test_nothing_is_made_anew_that_was_shown_as_changed(tmp_path: Path) -> None:
    found = verdict(
        shown(changed(), tmp_path=tmp_path),
        stack(changed(effect=Effect.REPLACED)),
        digests_of([OTHER]),
        moved=True,
    )
    assert found.broken == ("ConfigMap:web/x would be replaced, and was shown as changed",)


def test_what_is_there_already_need_not_be_changed_again(tmp_path: Path) -> None:
    shown_then = shown(changed(), tmp_path=tmp_path)
    assert verdict(shown_then, stack(), digests_of([OTHER]), moved=True) == Verdict()


@pytest.mark.parametrize(
    "content",
    [
        "",
        "{",
        "[]",
        "[" * 100_000,
        '{"schema": "gitops.internal/preview/v1"}',
        '{"schema": "gitops.internal/preview/v1", "stacks": [{"stack": 1}]}',
        '{"schema": "gitops.internal/drift/v1", "stacks": []}',
        json.dumps(
            {
                "schema": "gitops.internal/preview/v1",
                "stacks": [
                    {
                        "stack": "prod",
                        "before": "",
                        "after": "",
                        "digest": "",
                        "changes": [{"object": "x", "change": "eaten", "digest": ""}],
                    }
                ],
            }
        ),
    ],
    ids=range(8),
)
def test_a_file_that_is_no_preview_is_told(tmp_path: Path, content: str) -> None:
    (tmp_path / "plan.json").write_text(content)
    with pytest.raises(ConfigError, match=r"plan\.json: is ") as caught:
        promised(tmp_path / "plan.json")
    assert caught.value.problems[0].next_step


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match="--plan FILE"):
        promised(tmp_path / "plan.json")
    with pytest.raises(ConfigError):
        promised(tmp_path)


def test_keys_that_came_later_are_passed_over(tmp_path: Path) -> None:
    document = json.loads(as_json(Preview("base", "head", (stack(changed()),))))
    document["later"] = document["stacks"][0]["later"] = {"x": 1}
    (tmp_path / "plan.json").write_text(json.dumps(document))
    [change] = promised(tmp_path / "plan.json")["prod"].changes
    assert change == PromisedChange("ConfigMap:web/x", Effect.CHANGED, changed().digest)
