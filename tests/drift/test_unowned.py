"""What lives in an application's namespace and is nobody's."""

from __future__ import annotations

from typing import Any

from gitops.drift.unowned import is_asked_for, unowned
from gitops.model.keys import OBJECT_ANNOTATION, STACK_LABEL, ObjectKey
from gitops.model.project import KindPattern, OrphanRule
from tests import given


def told(name: str, rule: OrphanRule | None = None, **metadata: Any) -> bool:
    application = given.application(orphans=OrphanRule() if rule is None else rule)
    key = ObjectKey("", "ConfigMap", "web", name)
    return bool(unowned(application, (), {key: {"metadata": {"name": name, **metadata}}}))


def test_another_stack_s_object_is_somebody_s_and_a_copy_of_it_is_not() -> None:
    labels = {STACK_LABEL: "other"}
    assert told("x")
    assert not told("x", labels=labels)
    assert not told("x", labels=labels, annotations={OBJECT_ANNOTATION: "ConfigMap:web/x"})
    assert told("y", labels=labels, annotations={OBJECT_ANNOTATION: "ConfigMap:web/x"})


def test_patterns_are_globs_over_kind_group_and_name() -> None:
    def passed(group: str, kind: str, name: str = "") -> bool:
        return not told("a-1", OrphanRule(ignored=(KindPattern(group, kind, name),)))

    assert passed("", "ConfigMap")
    assert passed("*", "")
    assert passed("", "Config*", "a-*")
    assert not passed("apps", "ConfigMap")
    assert not passed("", "ConfigMap", "b-*")


def test_nothing_is_looked_for_unless_a_project_asks() -> None:
    assert not is_asked_for(given.application())
    assert not is_asked_for(given.application(orphans=OrphanRule(warn=False)))
    assert is_asked_for(given.application(orphans=OrphanRule()))
    assert not told("x", OrphanRule(warn=False))
    assert unowned(given.application(), (), {ObjectKey("", "Secret", "web", "x"): {"metadata": {}}}) == ()
