from __future__ import annotations

from dataclasses import replace

import pytest

from sandbox.toolchain.recipes import EVERYTHING, RECIPES, Extra, Recipe, go_mod

RECIPE = Recipe("tool", "example.org/tool@v1.2.3", "cmd/tool", (("example.org/tool.Version", "v1.2.3"),))


def test_equal_inputs_give_equal_keys() -> None:
    assert RECIPE.key("go1.26.8 linux amd64") == replace(RECIPE).key("go1.26.8 linux amd64")


@pytest.mark.parametrize(
    "change",
    [
        {"name": "other"},
        {"module": "example.org/tool@v1.2.4"},
        {"package": "cmd/other"},
        {"variables": ()},
        {"staging": "v0.1.0"},
        {"extras": (Extra("example.org/tool@v1", "run"),)},
        {"replacing": True},
    ],
    ids=lambda change: next(iter(change)),
)
def test_every_part_of_a_recipe_decides_its_key(change: dict[str, object]) -> None:
    assert replace(RECIPE, **change).key("go1.26.8") != RECIPE.key("go1.26.8")  # type: ignore[arg-type]


def test_another_go_is_another_key() -> None:
    keys = {RECIPE.key(go) for go in ("go1.26.8 linux amd64", "go1.26.9 linux amd64", "go1.26.8 linux arm64")}
    assert len(keys) == 3


def test_all_programs_have_names_and_keys_of_their_own() -> None:
    keys = {recipe.key("go") for recipe in EVERYTHING}
    assert len({recipe.name for recipe in EVERYTHING}) == len(keys) == len(EVERYTHING)


@pytest.mark.parametrize("recipe", EVERYTHING, ids=lambda recipe: recipe.name)
def test_every_recipe_names_one_exact_version(recipe: Recipe) -> None:
    path, _, version = recipe.module.partition("@")
    text = go_mod(recipe, "")
    assert f"require {path} {version}\n" in text
    assert version.startswith("v")
    assert version.count(".") == 2
    assert recipe.import_path.startswith(path)
    assert not recipe.import_path.endswith("/")


def test_replacements_of_the_source_tree_get_the_version_they_were_published_under() -> None:
    published = """
replace k8s.io/other => k8s.io/other v1.0.0
replace (
\tk8s.io/api => ./staging/src/k8s.io/api
\tk8s.io/apimachinery => ./staging/src/k8s.io/apimachinery
)
replace k8s.io/cli => ./staging/src/k8s.io/cli
"""
    text = go_mod(replace(RECIPE, staging="v0.36.3"), published)
    assert [line for line in text.splitlines() if line.startswith("replace")] == [
        "replace k8s.io/api => k8s.io/api v0.36.3",
        "replace k8s.io/apimachinery => k8s.io/apimachinery v0.36.3",
        "replace k8s.io/cli => k8s.io/cli v0.36.3",
    ]
    assert "replace" not in go_mod(RECIPE, published)


def test_kubernetes_programs_say_the_version_they_were_built_from() -> None:
    flags = next(recipe for recipe in RECIPES if recipe.name == "kubectl").linker_flags
    assert "-X k8s.io/component-base/version.gitVersion=v1.36.3" in flags
    assert "-X k8s.io/component-base/version.gitMinor=36" in flags


def test_replacements_by_versions_are_repeated_where_a_recipe_asks_for_it() -> None:
    stated = (
        "replace (\n\ta.org/x => a.org/x v1.0.0\n\ta.org/y v0.1.0 => b.org/y v2.0.0\n)\nreplace c => ./c\n"
    )
    asked = go_mod(replace(RECIPE, replacing=True), stated).splitlines()
    assert [line for line in asked if line.startswith("replace")] == [
        "replace a.org/x => a.org/x v1.0.0",
        "replace a.org/y v0.1.0 => b.org/y v2.0.0",
    ]
    assert "replace" not in go_mod(RECIPE, stated)
