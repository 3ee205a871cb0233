from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from gitops.manifests.program import Program
from gitops.manifests.sources import read
from gitops.model.errors import Location, NotFoundError, Problems
from gitops.model.sources import Directory, Helm, Kustomize, Source
from tests import given
from tests.manifests.rendered import ROOT, bodies, rendered, rendering

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def how(tmp_path: Path) -> Any:
    """Renders with programs that print their own name and what they were pointed at."""
    programs = {}
    for name, place in (("helm", 3), ("kustomize", 2)):
        binary = tmp_path / name
        binary.write_text(f"#!/bin/sh\necho \"{{tool: {name}, folder: '${place}'}}\"\n")
        binary.chmod(0o755)
        programs[name] = Program((str(binary), *(["build"] if name == "kustomize" else [])), name)
    return rendering(tmp_path / "cache", **programs)


@pytest.mark.parametrize(
    ("files", "tool"),
    [
        (("Chart.yaml", "a.yaml"), "helm"),
        (("kustomization.yml", "a.yaml"), "kustomize"),
        (("Chart.yaml", "Kustomization"), "kustomize"),
        (("sub/Chart.yaml", "sub/kustomization.yaml", "a.yaml"), "plain"),
        (("Chart.yml", "kustomization.json", "a.yaml"), "plain"),
    ],
)
@pytest.mark.parametrize("stated", [False, True])
def test_the_tool_follows_from_the_files_right_in_the_folder(
    how: Any, files: tuple[str, ...], tool: str, *, stated: bool
) -> None:
    commit = given.commit({f"{ROOT}/{name}": "" if "ustom" in name else "tool: plain" for name in files})
    found = bodies(commit, how, *([Source(path=ROOT)] if stated else []))
    assert {"tool": tool}.items() <= found[-1].items() if tool != "plain" else {"tool": "plain"} in found


def test_a_stated_tool_wins(how: Any) -> None:
    commit = given.commit(
        {f"{ROOT}/Chart.yaml": "a: 1", f"{ROOT}/kustomization.yaml": "", f"{ROOT}/x.yaml": "x: 1"}
    )
    for tool, expected in ((Helm(), "helm"), (Kustomize(), "kustomize")):
        assert bodies(commit, how, Source(path=ROOT, tool=tool))[0]["tool"] == expected
    assert bodies(commit, how, Source(path=ROOT, tool=Directory(include="x.yaml"))) == [{"x": 1}]


def test_the_root_of_a_repository_is_a_folder_too(how: Any) -> None:
    assert bodies(given.commit({"Chart.yaml": ""}), how, Source()) == [{"tool": "helm", "folder": "./"}]
    assert bodies(given.commit({"Kustomization": ""}), how, Source()) == [
        {"tool": "kustomize", "folder": "./"}
    ]
    assert bodies(given.commit({"a.yaml": "a: 1", "b/c.yaml": "b: 1"}), how, Source(path=".")) == [{"a": 1}]


def test_a_folder_whose_name_looks_like_an_option_is_none(how: Any) -> None:
    commit = given.commit({"-x/Chart.yaml": ""})
    assert bodies(commit, how, Source(path="-x")) == [{"tool": "helm", "folder": "./-x"}]


@pytest.mark.parametrize(
    ("include", "exclude", "recurse", "taken"),
    [
        ("", "", False, "a b"),
        ("", "", True, "a b c d"),
        ("*.yaml", "", True, "a c"),
        ("{a.yaml,*b.yml}", "", True, "a b d"),
        ("*", "sub/*", True, "a b"),
        ("sub/?.yaml", "", True, "c"),
        ("[!a]*", "", False, "b"),
        ("a.yaml", "a.*", False, ""),
    ],
)
def test_files_are_chosen_by_globs_over_their_whole_path(
    how: Any, include: str, exclude: str, taken: str, *, recurse: bool
) -> None:
    names = {"a.yaml": "a", "b.yml": "b", "sub/c.yaml": "c", "sub/xb.yml": "d"}
    commit = given.commit({f"{ROOT}/{name}": f"id: {text}x" for name, text in names.items()})
    source = Source(path=ROOT, tool=Directory(recurse=recurse, include=include, exclude=exclude))
    assert [body["id"][0] for body in bodies(commit, how, source)] == taken.split()


@pytest.mark.parametrize("glob", ["{a", "[", "a\\"])
def test_a_malformed_glob_is_told(how: Any, glob: str) -> None:
    source = Source(path=ROOT, tool=Directory(include=glob))
    assert "is not a glob" in rendered(given.commit({f"{ROOT}/a.yaml": ""}), how, source)[1][0]


def test_sources_come_in_order_and_know_their_place_abroad(how: Any) -> None:
    other = given.commit({"x.yaml": "from: other", "bad.json": "[}"})
    found, [told] = rendered(
        given.commit({f"{ROOT}/a.yaml": "from: own"}), how,
        Source(path=ROOT), Source("https://x/y.git", "v1"), others={("https://x/y.git", "v1"): other},
    )  # fmt: skip
    assert [(str(raw.where), raw.body["from"], raw.source) for raw in found] == [
        (f"{ROOT}/a.yaml:1", "own", 0),
        ("https://x/y.git@v1:x.yaml:1", "other", 1),
    ]
    assert told.startswith("https://x/y.git@v1:bad.json:1: can't be read")


def test_another_revision_of_the_own_repository_is_had_by_no_url(how: Any) -> None:
    old = given.commit({f"{ROOT}/a.yaml": "a: old"})
    source = Source(revision="v1", path=ROOT)
    assert bodies(given.commit({}), how, source, others={("", "v1"): old}) == [{"a": "old"}]


def test_a_source_that_is_only_a_ref_states_nothing(how: Any) -> None:
    assert rendered(given.commit({"a.yaml": "a: 1"}), how, Source(ref="values")) == ([], [])
    assert bodies(given.commit({"b/a.yaml": "a: 1"}), how, Source(ref="values", path="b")) == [{"a": 1}]


@pytest.mark.parametrize(
    ("source", "told"),
    [
        (Source(path="../x"), "source path '../x' leaves the repository"),
        (Source(path="/etc"), "source path '/etc' leaves the repository"),
        (Source(path="a/../../x"), "leaves the repository"),
        (Source(path="gone"), "source path 'gone' is no directory"),
        (Source(path="a.yaml"), "source path 'a.yaml' is no directory"),
        (Source("https://c", "1.x", chart="web"), "version '1.x' may be another one tomorrow"),
        (Source("https://c", "", chart="web"), "version '' may be another one tomorrow"),
        (Source(path="", tool=Kustomize()), "holds no kustomization"),
    ],
)
def test_a_source_that_leads_nowhere_is_told_where_it_is_stated(how: Any, source: Source, told: str) -> None:
    found, [problem] = rendered(given.commit({"a.yaml": ""}), how, source, stated=Location("apps.yaml", 7))
    assert found == []
    assert told in problem
    assert problem.startswith("apps.yaml:7: ") or isinstance(source.tool, Kustomize)


def test_a_repository_that_can_not_be_had_is_told_where_it_is_stated(how: Any) -> None:
    def gone(url: str, revision: str) -> Any:
        raise NotFoundError(f"{url} has no {revision}", next_step="push it")

    problems = Problems()
    application = given.application(sources=(Source("https://x/y", "v9"),), stated=Location("a.yaml", 2))
    assert read(given.commit({}), application, how, gone, problems) == []
    assert [str(p) for p in problems] == ["a.yaml:2: https://x/y has no v9\n    → push it"]
