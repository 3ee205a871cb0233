from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from gitops.manifests.program import Program
from gitops.model.sources import Helm, Source
from tests import given
from tests.manifests.chart_archive import chart, packaged
from tests.manifests.rendered import ROOT, bodies, rendered, rendering

if TYPE_CHECKING:
    from pathlib import Path

# `pull` copies a package and notes its arguments; `template` prints the files that it sees.
FAKE = r"""#!/bin/sh
if [ "$1" = pull ]; then
  echo "$*" >> FOLDER/pulls
  [ -f FOLDER/package.tgz ] || { echo 'Error: no such chart' >&2; exit 1; }
  exec cp FOLDER/package.tgz ./x.tgz
fi
find . -type f | LC_ALL=C sort | while read -r f; do echo "'${f#./}': 0"; done
"""


@pytest.fixture
def helm(tmp_path: Path) -> Any:
    binary = tmp_path / "helm"
    binary.write_text(FAKE.replace("FOLDER", str(tmp_path)))
    binary.chmod(0o755)
    (tmp_path / "package.tgz").write_bytes(chart("db"))
    return rendering(tmp_path / "cache", helm=Program((str(binary),), "fake:1"))


def pulls(tmp_path: Path) -> list[str]:
    return (tmp_path / "pulls").read_text().splitlines() if (tmp_path / "pulls").exists() else []


def with_dependency(text: str, **files: str | bytes) -> dict[str, str | bytes]:
    body = f"name: web\nversion: 1.0.0\ndependencies:\n- {{{text}}}\n"
    return {f"{ROOT}/Chart.yaml": body, **{f"{ROOT}/{name}": content for name, content in files.items()}}


def seen(how: Any, files: dict[str, str | bytes]) -> list[str]:
    [body] = bodies(given.commit(files), how, Source(path=ROOT, tool=Helm()))
    return [path.removeprefix(f"{ROOT}/") for path in body]


def told(how: Any, files: dict[str, str | bytes], **modes: str) -> str:
    found, [problem] = rendered(given.commit(files, modes), how, Source(path=ROOT, tool=Helm()))
    assert found == []
    return problem


@pytest.mark.parametrize(
    "vendored",
    [
        {"charts/db/Chart.yaml": "name: db"},
        {"charts/other/Chart.yaml": "name: db"},
        {"charts/db-1.0.0.tgz": chart("db")},
    ],
)
def test_a_vendored_dependency_is_taken_as_it_is(helm: Any, tmp_path: Path, vendored: dict[str, Any]) -> None:
    files = with_dependency("name: db, version: '>0', repository: 'https://c'", **vendored)
    assert seen(helm, files) == ["Chart.yaml", *vendored]
    assert pulls(tmp_path) == []


def test_a_dependency_beside_the_chart_is_taken_with_its_own(helm: Any) -> None:
    files = with_dependency("name: db, repository: 'file://../../../lib/db'")
    files |= {
        "lib/db/Chart.yaml": "name: db\ndependencies: [{name: base, repository: 'file://../base'}]",
        "lib/base/Chart.yaml": "name: base",
    }
    assert seen(helm, files) == ["Chart.yaml", "charts/db/Chart.yaml", "charts/db/charts/base/Chart.yaml"]


@pytest.mark.parametrize(
    ("repository", "arguments"),
    [
        ("https://c.example/charts", "--repo=https://c.example/charts db"),
        ("http://c.example", "--repo=http://c.example db"),
        ("oci://r.example/charts/", "oci://r.example/charts/db"),
        ("oci://localhost:5000/charts", "--plain-http oci://localhost:5000/charts/db"),
    ],
)
def test_a_dependency_elsewhere_is_downloaded_once(
    helm: Any, tmp_path: Path, repository: str, arguments: str
) -> None:
    files = with_dependency(f"name: db, version: 1.0.0, repository: '{repository}'")
    assert seen(helm, files) == ["Chart.yaml", "charts/db/Chart.yaml", "charts/db/templates/config.yaml"]
    seen(helm, {**files, f"{ROOT}/values.yaml": ""})
    assert pulls(tmp_path) == [f"pull --version=1.0.0 --destination=. {arguments}"]


def test_the_lock_file_settles_the_version_also_of_older_charts(helm: Any, tmp_path: Path) -> None:
    lock = "dependencies: [{name: db, version: 1.4.2, repository: 'https://c'}]"
    seen(helm, with_dependency("name: db, version: 1.x, repository: 'https://c'", **{"Chart.lock": lock}))
    older = {
        f"{ROOT}/Chart.yaml": "name: web",
        f"{ROOT}/requirements.yaml": "dependencies: [{name: db, version: ^1, repository: 'https://c'}]",
        f"{ROOT}/requirements.lock": lock.replace("1.4.2", "1.4.3"),
    }
    seen(helm, older)
    assert [line.split()[1] for line in pulls(tmp_path)] == ["--version=1.4.2", "--version=1.4.3"]


@pytest.mark.parametrize(
    ("dependency", "what"),
    [
        ("name: db, version: 1.x, repository: 'https://c'", "version '1.x' may be another one tomorrow"),
        ("name: db, repository: 'https://c'", "version '' may be another one tomorrow"),
        ("name: db, version: 1.0.0", f"is not in {ROOT}/charts"),
        ("name: ../db, version: 1.0.0, repository: 'https://c'", "dependency '../db' has no usable name"),
        ("name: -x, version: 1.0.0, repository: 'https://c'", "dependency '-x' has no usable name"),
        ("name: db, repository: 'file://../../../../x'", "leaves the repository"),
        ("name: db, repository: 'file:///etc'", "leaves the repository"),
        ("name: db, repository: 'file://../gone'", "does not exist"),
        ("name: db, repository: 'file://.'", "in a circle"),
        ("name: db, version: 1.0.0, repository: '@mine'", "is no address of a chart repository"),
        ("name: db, version: 1.0.0, repository: '--x'", "is no address of a chart repository"),
        ("name: db, version: 1.0.0, repository: 'ftp://c'", "is no address of a chart repository"),
        ("name: db, version: 1.0.0, repository: 'https://'", "is no address of a chart repository"),
        ("name: db, version: 1.0.0, repository: 'https://u:pass@c'", "carries a credential"),
        ("name: cache, version: 1.0.0, repository: 'https://c'", "is no chart of that name"),
    ],
)
def test_a_dependency_that_can_not_be_had_is_told_at_its_line(helm: Any, dependency: str, what: str) -> None:
    problem = told(helm, with_dependency(dependency))
    assert what in problem
    assert "pass" not in problem
    assert problem.startswith(f"{ROOT}/Chart.yaml:4: ")


def test_a_download_that_fails_is_told_in_helm_s_words_and_not_kept(helm: Any, tmp_path: Path) -> None:
    (tmp_path / "package.tgz").unlink()
    files = with_dependency("name: db, version: 1.0.0, repository: 'https://c'")
    assert "chart db 1.0.0 can't be had from https://c: Error: no such chart" in told(helm, files)
    (tmp_path / "package.tgz").write_bytes(packaged({"../x": ""}))
    assert "'../x' leads out of it" in told(helm, files)
    (tmp_path / "package.tgz").write_bytes(chart("db"))
    assert len(seen(helm, files)) == 3


@pytest.mark.parametrize("data", [b"no archive", packaged({"../x": "", "db/Chart.yaml": ""})])
@pytest.mark.parametrize("place", ["charts/db-1.0.0.tgz", "charts/other/charts/db-1.0.0.tgz"])
def test_a_vendored_package_that_is_bad_is_told_before_helm_sees_it(
    helm: Any, data: bytes, place: str
) -> None:
    problem = told(helm, with_dependency("name: db", **{place: data}))
    assert problem.startswith(f"{ROOT}/{place}: can't be unpacked: ")


@pytest.mark.parametrize("file", ["Chart.yaml", "Chart.lock"])
def test_a_file_about_the_chart_that_can_not_be_read_is_told(helm: Any, file: str) -> None:
    files = {**with_dependency("name: db, version: 1.x, repository: 'https://c'"), f"{ROOT}/{file}": "a: ["}
    assert told(helm, files).startswith(f"{ROOT}/{file}:2: can't be read")


def test_charts_that_need_ever_more_charts_end(helm: Any) -> None:
    files: dict[str, str | bytes] = {}
    for depth in range(9):
        below = "\n".join(f"- {{name: n{i}, repository: 'file://../d{depth + 1}'}}" for i in range(10))
        files[f"d{depth}/Chart.yaml"] = f"name: d{depth}\ndependencies:\n{below}\n"
    files["d9/Chart.yaml"] = "name: d9\n"
    found, [problem] = rendered(given.commit(files), helm, Source(path="d1", tool=Helm()))
    assert found == []
    assert "needs more than 100 other charts" in problem


def test_all_parts_of_a_chart_share_one_limit(helm: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    files = with_dependency("name: db, repository: 'file://../db'")
    files |= {
        f"{ROOT}/a.txt": "x" * 400,
        "k8s/02-apps/db/Chart.yaml": "name: db",
        "k8s/02-apps/db/b": "x" * 500,
    }
    assert len(seen(helm, files)) == 4
    monkeypatch.setattr("gitops.manifests.helm.MAX_BYTES", 900)
    files[f"{ROOT}/values.yaml"] = ""
    assert told(helm, files).startswith("k8s/02-apps/db: holds more than")


def test_a_source_may_be_a_chart_elsewhere_with_values_from_here(helm: Any, tmp_path: Path) -> None:
    source = Source("https://c", "1.0.0", chart="db", tool=Helm(value_files=("$here/v.yaml", "values.yaml")))
    (tmp_path / "package.tgz").write_bytes(chart("db", **{"values.yaml": ""}))
    found, problems = rendered(given.commit({"v.yaml": ""}), helm, source, Source(ref="here"))
    assert problems == []
    assert list(found[0].body) == [
        "$here/v.yaml", "db/Chart.yaml", "db/templates/config.yaml", "db/values.yaml",
    ]  # fmt: skip
    assert found[0].where.file == "https://c@1.0.0:db/Chart.yaml"


def test_a_registry_needs_no_scheme_as_for_argo_cd(helm: Any, tmp_path: Path) -> None:
    rendered(given.commit({}), helm, Source("r.example/charts", "1.0.0", chart="db"))
    assert pulls(tmp_path) == ["pull --version=1.0.0 --destination=. oci://r.example/charts/db"]
