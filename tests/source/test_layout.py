from __future__ import annotations

import pytest

from gitops.model.errors import Problems
from gitops.model.health_rule import HealthRule
from gitops.model.settings import ApplicationGlob
from gitops.model.sync import IgnoreDifference, SyncOptions
from gitops.source.layout import find_applications
from tests import given


def names_and_waves(*folders: str, globs: tuple[ApplicationGlob, ...] | None = None) -> dict[str, int]:
    problems = Problems()
    settings = given.settings(applications=globs) if globs else given.settings()
    found = find_applications(given.commit({f"{f}/a.yaml": "" for f in folders}), settings, problems)
    assert not problems.found
    return {application.name: application.wave for application in found}


def problems_with(files: dict[str, str], *globs: ApplicationGlob) -> list[str]:
    problems = Problems()
    settings = given.settings(applications=globs) if globs else given.settings()
    find_applications(given.commit(files), settings, problems)
    return [str(problem) for problem in problems]


def test_the_prefix_of_a_directory_is_its_wave_and_no_part_of_its_name() -> None:
    assert names_and_waves(
        "k8s/01-infrastructure/00-cilium",
        "k8s/01-infrastructure/vault",
        "k8s/02-apps/web",
        "k8s/02-apps/30-x",
    ) == {"cilium": 0, "vault": 10, "web": 20, "x": 30}


def test_applications_come_by_wave_and_then_by_name() -> None:
    folders = ("k8s/02-apps/b", "k8s/02-apps/a", "k8s/02-apps/5-z", "k8s/01-infrastructure/q")
    assert list(names_and_waves(*folders)) == ["z", "q", "a", "b"]


def test_only_directories_at_the_pattern_s_depth_are_applications() -> None:
    assert list(
        names_and_waves("k8s/02-apps/a/base", "k8s/02-apps/a/overlays/x", "docs", "k8s/03-more/b")
    ) == ["a"]


def test_a_file_where_a_directory_could_be_is_none() -> None:
    assert list(names_and_waves("k8s/02-apps/a", "k8s/02-apps")) == ["a"]


@pytest.mark.parametrize("hidden", ["k8s/02-apps/.git", ".k8s/02-apps/b", "k8s/02-apps/.b/c"])
def test_directories_that_begin_with_a_dot_are_skipped(hidden: str) -> None:
    globs = (ApplicationGlob("*/*/*", 1), ApplicationGlob("*/*/*/*", 1))
    assert list(names_and_waves("k8s/02-apps/a", hidden, globs=globs)) == ["a"]


def test_an_exclude_wins_over_its_own_glob_and_leaves_the_others() -> None:
    globs = (ApplicationGlob("apps/*", 1, ("apps/old-*", "apps/b")), ApplicationGlob("apps/b", 2))
    assert names_and_waves("apps/a", "apps/b", "apps/old-c", globs=globs) == {"a": 1, "b": 2}


def test_the_first_glob_that_matches_gives_the_wave() -> None:
    globs = (ApplicationGlob("apps/*", 1), ApplicationGlob("apps/a", 2))
    assert names_and_waves("apps/a", globs=globs) == {"a": 1}


def test_a_descriptor_says_how_the_application_is_treated() -> None:
    files = {
        "k8s/02-apps/05-web/gitops.yaml": """
            wave: 7
            namespace: shop
            createNamespace: false
            dependsOn: [db, cache, db]
            project: house
            critical: true
            prune: false
            selfHeal: false
            timeouts: {health: 1m30s}
        """,
        "k8s/02-apps/db/x.yaml": "",
        "k8s/02-apps/cache/x.yaml": "",
    }
    problems, commit = Problems(), given.commit(files)
    web = next(a for a in find_applications(commit, given.settings(), problems) if a.name == "web")
    assert not problems.found
    assert web == given.application(
        "web", 7, path="k8s/02-apps/05-web", tree=commit.entries["k8s/02-apps/05-web"].id, namespace="shop",
        create_namespace=False, depends_on=("cache", "db"), project="house", critical=True, prune=False,
        self_heal=False, health_timeout=90.0, options=SyncOptions(respect_ignore_differences=True),
    )  # fmt: skip


def test_what_a_descriptor_leaves_out_comes_from_the_stack() -> None:
    settings = given.settings(health_timeout=42.0)
    [web] = find_applications(given.commit({"k8s/02-apps/web/gitops.yaml": ""}), settings, Problems())
    assert (web.namespace, web.wave, web.health_timeout, web.prune) == ("web", 20, 42.0, True)


def test_two_directories_with_one_name_are_a_problem_that_names_both() -> None:
    [told] = problems_with({"k8s/02-apps/web/a": "", "k8s/02-apps/30-web/a": ""})
    assert "application 'web' is already k8s/02-apps/30-web" in told
    assert told.startswith("k8s/02-apps/web: ")


@pytest.mark.parametrize("name", ["Web", "we b", "web_1", "-web", "web-", "w" * 64, "äpfel", "05-Web"])
def test_a_directory_that_can_not_be_a_name_is_a_problem(name: str) -> None:
    [told] = problems_with({f"k8s/02-apps/{name}/a": ""})
    assert "can't be an application's name" in told


def test_a_commit_without_applications_is_a_problem_and_no_wish_to_delete_everything() -> None:
    [told] = problems_with({"docs/a.md": ""})
    assert "no directory of commit c0ffee000000 matches k8s/01-infrastructure/*, k8s/02-apps/*" in told
    assert "→ check gitops:applications" in told


def test_a_malformed_glob_is_told_once() -> None:
    told = problems_with({"apps/a/x": "", "apps/b/x": "", "apps/c/x": ""}, ApplicationGlob("apps/[", 1))
    assert len(told) == 1
    assert "'apps/[' is not a glob" in told[0]


def test_whose_fields_are_somebody_elses_is_left_alone_and_no_drift() -> None:
    text = "ignoreDifferences: [{group: apps, kind: Deployment, jsonPointers: [/spec/replicas]}]\nhooks: every-sync\n"
    [web] = find_applications(
        given.commit({"k8s/02-apps/web/gitops.yaml": text}), given.settings(), Problems()
    )

    assert web.ignore_differences == (
        IgnoreDifference("apps", "Deployment", json_pointers=("/spec/replicas",)),
    )
    assert web.options.respect_ignore_differences
    assert web.hooks_every_sync


def test_rules_of_health_are_read_and_broken_ones_are_told_with_the_file() -> None:
    rule = "healthRules: [{apiVersion: a/v1, kind: X, current: CURRENT}]"
    problems = Problems()
    found = {
        current: find_applications(
            given.commit({"k8s/02-apps/web/gitops.yaml": rule.replace("CURRENT", current)}),
            given.settings(),
            problems,
        )[0].health_rules
        for current in ("status.ok", "'status.('")
    }

    assert found["status.ok"] == (HealthRule("a/v1", "X", "status.ok"),)
    assert found["'status.('"] == ()
    (problem,) = problems.found
    assert str(problem).startswith("k8s/02-apps/web/gitops.yaml: health rule 1 (X): `current`")
