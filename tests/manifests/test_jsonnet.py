from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from gitops.manifests import jsonnet, jsonnet_process, program
from gitops.model.sources import Directory, Jsonnet, Source
from tests import given
from tests.manifests.rendered import ROOT, bodies, rendered, rendering

if TYPE_CHECKING:
    from pathlib import Path

A = f"{ROOT}/a.jsonnet"


def source(**options: Any) -> Source:
    return Source(path=ROOT, tool=Directory(jsonnet=Jsonnet(**options)))


def test_a_file_is_one_object_or_a_list_of_them(tmp_path: Path) -> None:
    files = {
        A: "local n = 'x'; { kind: n, n: 1 + 1 }",
        f"{ROOT}/b.jsonnet": "[{ kind: k } for k in ['p', 'q']]",
    }
    found, told = rendered(given.commit(files), rendering(tmp_path))
    assert told == []
    assert [(raw.where.file, raw.body) for raw in found] == [
        (A, {"kind": "x", "n": 2}),
        (f"{ROOT}/b.jsonnet", {"kind": "p"}),
        (f"{ROOT}/b.jsonnet", {"kind": "q"}),
    ]


def test_arguments_are_text_or_code_and_know_the_build_environment(tmp_path: Path) -> None:
    files = {A: "function(t, c) { t: t, c: c, e: std.extVar('e'), f: std.extVar('f') }"}
    how = source(
        top_level=(("t", "1+1", False), ("c", "1+1", True)),
        ext_vars=(("e", "$ARGOCD_APP_NAME", False), ("f", "{ n: 2 }", True)),
    )
    assert bodies(given.commit(files), rendering(tmp_path), how) == [
        {"t": "1+1", "c": 2, "e": "web", "f": {"n": 2}}
    ]


def test_imports_are_found_beside_the_file_then_in_the_last_library_then_in_the_directory(
    tmp_path: Path,
) -> None:
    files = {
        f"{ROOT}/sub/a.jsonnet": """
            { v: [import 'x.libsonnet', import "y.libsonnet", importstr 'z.txt', import '../../../w.libsonnet'] }
        """,
        f"{ROOT}/sub/x.libsonnet": "'beside'",
        f"{ROOT}/x.libsonnet": "'directory'",
        f"{ROOT}/z.txt": "directory",
        "lib/one/x.libsonnet": "'one'",
        "lib/one/y.libsonnet": "'one'",
        "lib/two/y.libsonnet": "import 'deep/y.libsonnet'",
        "lib/two/deep/y.libsonnet": "'two'",
        "k8s/w.libsonnet": "'above'",
    }
    options = Directory(recurse=True, jsonnet=Jsonnet(libraries=("lib/one", "/lib/two")))
    [body] = bodies(given.commit(files), rendering(tmp_path), Source(path=ROOT, tool=options))
    assert body == {"v": ["beside", "two", "directory", "above"]}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("import '/etc/passwd'", "'/etc/passwd' is not in the repository"),
        ("importstr '../../../../etc/passwd'", "is not in the repository"),
        ("importstr '../../../../../../../../etc/passwd'", "is not in the repository"),
        ("import 'link.libsonnet'", "'link.libsonnet' is not in the repository"),
        ("import 'gone.libsonnet'", "'gone.libsonnet' is not in the repository"),
        ("{ a: ", "does not evaluate"),
        ("error 'on purpose'", "on purpose"),
        ("local f(n) = f(n) + 1; f(1)", "max stack frames exceeded"),
    ],
)
def test_what_fails_or_leads_out_of_the_repository_is_told(tmp_path: Path, text: str, told: str) -> None:
    link = f"{ROOT}/link.libsonnet"
    commit = given.commit({A: text, link: "/etc/passwd"}, {link: "120000"})
    found, [problem] = rendered(commit, rendering(tmp_path))
    assert found == []
    assert problem.startswith(A)
    assert told in problem


def test_a_failure_names_the_line_also_of_an_imported_file(tmp_path: Path) -> None:
    commit = given.commit({A: "import 'b.libsonnet'", f"{ROOT}/b.libsonnet": "{\n  a: 1,\n  b: }\n"})
    assert rendered(commit, rendering(tmp_path))[1][0].startswith(f"{ROOT}/b.libsonnet:3: does not evaluate")


@pytest.mark.parametrize("library", ["../x", "gone", A])
def test_a_library_is_a_folder_of_the_repository(tmp_path: Path, library: str) -> None:
    _, [told] = rendered(given.commit({A: "{}"}), rendering(tmp_path), source(libraries=(library,)))
    assert told.startswith(f"{A}: Jsonnet library {library!r}")


def test_a_link_in_place_of_the_file_is_not_followed(tmp_path: Path) -> None:
    commit = given.commit({A: "../../x"}, {A: "120000"})
    assert "is a link" in rendered(commit, rendering(tmp_path))[1][0]


def test_time_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(program, "TIMEOUT", 0.5)
    text = """
        local f(n) = if n == 0 then 0 else f(n - 1) tailstrict;
        std.foldl(function(a, b) a + f(400), std.range(1, 1000000), 0)
    """
    assert "it took longer than" in rendered(given.commit({A: text}), rendering(tmp_path))[1][0]


def test_memory_is_bounded(tmp_path: Path) -> None:
    assert jsonnet_process.MEMORY <= 1024**3
    text = "std.foldl(function(a, b) a + a, std.range(1, 40), 'xxxxxxxxxxxxxxxx')"
    found, [told] = rendered(given.commit({A: text}), rendering(tmp_path))
    assert found == []
    assert told.startswith(f"{A}: does not evaluate")


def test_a_file_is_evaluated_again_only_when_something_it_imports_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = []
    monkeypatch.setattr(jsonnet, "run", lambda *a, **k: calls.append(1) or program.run(*a, **k))
    files = {
        A: "{ v: import '../b.libsonnet' }",
        "k8s/02-apps/b.libsonnet": "1",
        "k8s/02-apps/c.libsonnet": "1",
    }
    for change, expected in (
        ({}, 1),
        ({"k8s/02-apps/c.libsonnet": "2"}, 1),
        ({"k8s/02-apps/b.libsonnet": "2"}, 2),
    ):
        bodies(given.commit({**files, **change}), rendering(tmp_path))
        assert len(calls) == expected
