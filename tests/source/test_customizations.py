"""Argo CD's own configuration: its diff rules are taken over, its Lua is named."""

from __future__ import annotations

from typing import Any

import pytest

from gitops.model.sync import IgnoreDifference
from gitops.source.customizations import Customizations, read_customizations


def config(**data: Any) -> dict[str, Any]:
    keys = {key.replace("__", "."): value for key, value in data.items()}
    return {"kind": "ConfigMap", "metadata": {"name": "argocd-cm"}, "data": keys}


def test_diff_rules_are_taken_over() -> None:
    found = read_customizations({
        "kind": "ConfigMap",
        "metadata": {"name": "argocd-cm"},
        "data": {
            "resource.customizations.ignoreDifferences.apps_Deployment": "jsonPointers: [/spec/replicas]",
            "resource.customizations.ignoreDifferences.ConfigMap": "jqPathExpressions: ['.data.x']",
            "resource.customizations.ignoreDifferences.all": "managedFieldsManagers:\n- kube-controller-manager\n",
            "resource.customizations.useOpenLibs.apps_Deployment": "true",
        },
    })  # fmt: skip
    assert found.ignore_differences == (
        IgnoreDifference("", "ConfigMap", jq_expressions=(".data.x",)),
        IgnoreDifference("*", "*", managers=("kube-controller-manager",)),
        IgnoreDifference("apps", "Deployment", json_pointers=("/spec/replicas",)),
    )
    assert found.not_honored == ()


def test_lua_is_named_with_what_to_do_instead() -> None:
    found = read_customizations(config(resource__customizations__health__example_io_Database="hs = {}"))
    [said] = found.not_honored
    assert said.startswith("resource.customizations.health.example_io_Database: rules in Lua are not run")


def test_the_older_form_is_read_too() -> None:
    text = (
        "example.io/Database:\n  health.lua: return {}\n"
        "apps/Deployment:\n  ignoreDifferences: |\n    jsonPointers: [/spec/replicas]\n"
    )
    found = read_customizations(config(resource__customizations=text))
    assert found.ignore_differences == (
        IgnoreDifference("apps", "Deployment", json_pointers=("/spec/replicas",)),
    )
    assert found.not_honored[0].startswith("resource.customizations: example.io/Database: rules in Lua")


@pytest.mark.parametrize("value", ["[", "text", "jsonPointers: text", "jsonPointers: [1]", 3])
def test_a_rule_that_can_t_be_read_is_named(value: Any) -> None:
    found = read_customizations(config(resource__customizations__ignoreDifferences__all=value))
    assert found.ignore_differences == ()
    assert found.not_honored[0].startswith("resource.customizations.ignoreDifferences.all: ")


@pytest.mark.parametrize(
    "body", [{}, {"kind": "ConfigMap"}, {"kind": "ConfigMap", "metadata": {"name": "argocd-cm"}, "data": "x"}]
)
def test_other_objects_have_none(body: dict[str, Any]) -> None:
    assert read_customizations(body) == Customizations()


@pytest.mark.parametrize(
    "key",
    [
        "resource.exclusions",
        "resource.inclusions",
        "resource.compareoptions",
        "kustomize.buildOptions",
        "globalProjects",
    ],
)
def test_what_would_change_what_is_applied_and_does_not_is_named(key: str) -> None:
    for value, names in (("- kinds: [Lease]", [key]), ("", []), (" \n", []), (None, [])):
        found = read_customizations({**config(), "data": {key: value, "url": "https://argocd.example.test"}})
        assert [said.partition(": ")[0] for said in found.not_honored] == names
