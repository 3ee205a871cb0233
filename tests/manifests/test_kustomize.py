from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from gitops.manifests import program
from gitops.manifests.kustomize import find_kustomize, kustomize_root
from gitops.manifests.program import Program
from gitops.model.sources import Kustomize, Source
from tests import given
from tests.manifests.chart_archive import chart
from tests.manifests.rendered import ROOT, rendered, rendering

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

# Prints the kustomization it was pointed at as an object, and notes each of its runs.
FAKE = """#!/bin/sh
echo run >> {log}
printf 'apiVersion: v1\\nkind: ConfigMap\\nmetadata: {{name: x}}\\ndata:\\n  seen: |\\n'
cd "$2/../.." && find . -type f | sort | while read -r f; do echo "    $f $(cat "$f" | tr '\\n' ' ')"; done
"""


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "runs"


@pytest.fixture
def run(tmp_path: Path, log: Path) -> Callable[..., tuple[list[Any], list[str]]]:
    """Renders a folder's files with a binary that is given, else a fake one."""

    def run(files: dict[str, str], script: str = FAKE, **modes: str) -> tuple[list[Any], list[str]]:
        binary = tmp_path / "kustomize"
        binary.write_text(script.replace("{log}", str(log)).replace("{{", "{").replace("}}", "}"))
        binary.chmod(0o755)
        how = rendering(tmp_path / "cache", kustomize=Program((str(binary), "build"), "fake:1"))
        found, told = rendered(given.commit(files, modes), how)
        return [raw.body for raw in found], told

    return run


def runs(log: Path) -> int:
    return len(log.read_text().split()) if log.exists() else 0


BASE = {
    f"{ROOT}/base/kustomization.yaml": "resources: [a.yaml]\n",
    f"{ROOT}/base/a.yaml": "a: 1\n",
    f"{ROOT}/overlays/test/kustomization.yaml": "resources: [../../base]\n",
    f"{ROOT}/overlays/prod/kustomization.yaml": "resources: [../../base]\n",
}


@pytest.mark.parametrize(
    ("names", "root"),
    [
        (["kustomization.yaml", "overlays/test/kustomization.yaml"], f"{ROOT}/overlays/test"),
        (["kustomization.yaml", "overlays/prod/kustomization.yaml"], ROOT),
        (["overlays/test/kustomization.yml"], f"{ROOT}/overlays/test"),
        (["Kustomization"], ROOT),
        (["kustomization.json", "base/kustomization.yaml"], None),
        (["overlays/prod/kustomization.yaml"], None),
    ],
)
def test_the_stack_s_own_overlay_is_built_where_there_is_one(names: list[str], root: str | None) -> None:
    commit = given.commit({f"{ROOT}/{name}": "" for name in names})
    assert kustomize_root(commit, ROOT, "test") == root


def test_the_binary_sees_the_folders_it_is_meant_to_and_nothing_else(run: Any) -> None:
    [body], told = run({**BASE, f"{ROOT}/secret.txt": "x", "docs/a.md": "x"})
    assert told == []
    assert body["data"]["seen"].splitlines() == [
        "./base/a.yaml a: 1 ",
        "./base/kustomization.yaml resources: [a.yaml] ",
        "./overlays/test/kustomization.yaml resources: [../../base] ",
    ]


def test_what_was_rendered_once_is_not_rendered_again(run: Any, log: Path) -> None:
    assert run(BASE) == run(BASE)
    assert runs(log) == 1


def test_a_change_of_the_base_renders_again_and_one_elsewhere_does_not(run: Any, log: Path) -> None:
    first = run(BASE)
    assert run({**BASE, "docs/a.md": "x", f"{ROOT}/overlays/prod/more.yaml": "x"}) == first
    assert runs(log) == 1
    assert run({**BASE, f"{ROOT}/base/a.yaml": "a: 2\n"}) != first
    assert runs(log) == 2


def test_a_failed_build_is_told_in_the_binary_s_words_without_its_folders_and_is_not_kept(
    run: Any, log: Path
) -> None:
    script = '#!/bin/sh\necho run >> {log}\necho "Error: accumulating $2/a.yaml: broken" >&2\nexit 1\n'
    found, [told] = run(BASE, script)
    assert found == []
    assert f"{ROOT}/overlays/test/kustomization.yaml: does not build: Error: accumulating" in told
    assert f"accumulating {ROOT}/overlays/test/a.yaml: broken" in told
    assert "/tmp" not in told  # noqa: S108 - where the private copy lies
    assert f"→ try: kustomize build {ROOT}/overlays/test" in told
    run(BASE, script)
    assert runs(log) == 2


def test_output_that_is_no_yaml_is_told(run: Any) -> None:
    assert "does not build: key 'a' is there twice" in run(BASE, "#!/bin/sh\nprintf 'a: 1\\na: 2\\n'\n")[1][0]


def test_a_build_that_does_not_end_is_ended(run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(program, "TIMEOUT", 0.2)
    assert "does not build: it took longer than 0 s" in run(BASE, "#!/bin/sh\nexec sleep 20\n")[1][0]


def test_the_binary_knows_nothing_of_the_environment(run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_OF_MINE", "hush")
    [body], _ = run(BASE, "#!/bin/sh\necho \"env: '$SECRET_OF_MINE-$KUBECONFIG'\"\n")
    assert body == {"env": "-"}


def test_a_binary_that_can_not_be_started_is_told(run: Any) -> None:
    found, [told] = run(BASE, "#!/no/such/interpreter\n")
    assert found == []
    assert "does not build" in told


@pytest.mark.parametrize(
    ("reference", "told"),
    [
        ("https://github.com/a/b", "is outside the repository"),
        ("git@github.com:a/b", "is outside the repository"),
        ("github.com/a/b", "is outside the repository"),
        ("a/b?ref=main", "is outside the repository"),
        ("/etc/passwd", "is outside the repository"),
        ("../../../../x", "leaves the repository"),
        ("../../..", "leaves the repository"),
        ("../../../..", "leaves the repository"),
        ("missing.yaml", "does not exist"),
        ("../nowhere", "does not exist"),
        ("empty", "holds no kustomization"),
    ],
)
@pytest.mark.parametrize("key", ["resources", "bases", "components"])
def test_a_reference_that_leads_out_or_nowhere_is_told_with_its_line(
    run: Any, log: Path, key: str, reference: str, told: str
) -> None:
    text = f"kind: Kustomization\n{key}:\n  - {reference}\n"
    found, [problem] = run({f"{ROOT}/kustomization.yaml": text, f"{ROOT}/empty/a.txt": ""})
    assert found == []
    assert problem.startswith(f"{ROOT}/kustomization.yaml:3: {reference!r} {told}")
    assert runs(log) == 0


def test_all_that_is_wrong_is_told_at_once_also_in_the_base(run: Any) -> None:
    _, told = run({
        f"{ROOT}/kustomization.yaml": "resources: [base, gone]\n",
        f"{ROOT}/base/kustomization.yaml": "helmCharts: [{name: x}]\nresources: [https://x/y]\n",
    })  # fmt: skip
    assert sorted(problem.split(": ")[0] for problem in told) == [
        f"{ROOT}/base/kustomization.yaml:1",
        f"{ROOT}/base/kustomization.yaml:2",
        f"{ROOT}/kustomization.yaml:1",
    ]


@pytest.mark.parametrize(
    "plugin", ["helmCharts", "helmChartInflationGenerator", "generators", "transformers", "validators"]
)
def test_what_would_run_code_or_download_is_refused(run: Any, log: Path, plugin: str) -> None:
    _, [told] = run({f"{ROOT}/kustomization.yaml": f"namespace: x\n{plugin}:\n  - x.yaml\n"})
    assert told.startswith(f"{ROOT}/kustomization.yaml:2: `{plugin}` would run code or download charts")
    assert runs(log) == 0


@pytest.mark.parametrize("mode", ["120000", "160000"])
def test_links_are_not_followed(run: Any, log: Path, mode: str) -> None:
    files = {f"{ROOT}/kustomization.yaml": "", f"{ROOT}/a.yaml": "/etc/passwd"}
    _, [told] = run(files, **{f"{ROOT}/a.yaml": mode})
    assert told.startswith(f"{ROOT}/a.yaml: is a link")
    assert runs(log) == 0


@pytest.mark.parametrize(
    "text",
    [
        "patches: [{path: 'https://x/y.yaml'}]",
        "configMapGenerator: [{name: a, files: ['b=http://localhost:1/x']}]",
        "secretGenerator: [{name: a, envs: ['https://x/y']}]",
        "openapi: {path: 'https://x/y.json'}",
        "replacements: [{path: 'https://x/y'}]",
        "patchesStrategicMerge: ['https://x/y']",
        "crds: ['git@x:y']",
    ],
)
def test_a_file_that_would_be_downloaded_is_told(run: Any, log: Path, text: str) -> None:
    [told] = run({f"{ROOT}/kustomization.yaml": text})[1]
    assert told.startswith(f"{ROOT}/kustomization.yaml:1: ")
    assert "is outside the repository" in told
    assert runs(log) == 0


def test_an_address_that_names_no_file_is_only_text(run: Any, log: Path) -> None:
    text = (
        "configMapGenerator: [{name: a, literals: ['url=https://x/y']}]\npatches: [{patch: 'a: https://x'}]"
    )
    assert run({f"{ROOT}/kustomization.yaml": text})[1] == []
    assert runs(log) == 1


def test_two_bases_that_need_each_other_end(run: Any) -> None:
    files = {
        f"{ROOT}/kustomization.yaml": "resources: [a]\n",
        f"{ROOT}/a/kustomization.yaml": "resources: [..]\n",
    }
    assert run(files)[1] == []


@pytest.mark.parametrize("text", ["resources: [", "a: 1\na: 2\n", "a: 1\n---\nb: 2\n"])
def test_a_kustomization_that_can_not_be_read_is_told(run: Any, text: str) -> None:
    assert "can't be read" in run({f"{ROOT}/kustomization.yaml": text})[1][0]


@pytest.mark.parametrize(
    "text", ["", "- a\n", "text\n", "resources: 5\n", "resources: {a: b}\n", "resources: text\n"]
)
def test_a_kustomization_of_a_strange_form_is_left_to_the_binary(run: Any, log: Path, text: str) -> None:
    assert run({f"{ROOT}/kustomization.yaml": text})[1] == []
    assert runs(log) == 1


def test_without_any_binary_it_says_what_to_install(tmp_path: Path) -> None:
    found, [told] = rendered(given.commit({f"{ROOT}/kustomization.yaml": ""}), rendering(tmp_path))
    assert found == []
    assert "needs kustomize" in told


def test_kustomize_is_preferred_to_kubectl(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert find_kustomize() is None
    for name, arguments in (("kubectl", ("kustomize",)), ("kustomize", ("build",))):
        (tmp_path / name).write_text("#!/bin/sh\n")
        (tmp_path / name).chmod(0o755)
        found = find_kustomize()
        assert found is not None
        assert found.command == (str(tmp_path / name), *arguments)


CHARTS = """
namePrefix: x-
helmCharts:
- name: near
- {name: far, version: 1.2.3, repo: https://c.example}
"""


@pytest.fixture
def inflating(tmp_path: Path) -> Any:
    """A kustomize and a helm that show what they are given, where charts are allowed."""
    (tmp_path / "package.tgz").write_bytes(chart("far", "1.2.3"))
    scripts = {
        "helm": f'#!/bin/sh\necho "$*" >> {tmp_path}/pulls\nexec cp {tmp_path}/package.tgz ./x.tgz\n',
        "kustomize": "#!/bin/sh\nfor a in \"$@\"; do echo \"- '$a'\"; done\nfind . -type f | sed 's/.*/- &/'\n",
    }
    for name, script in scripts.items():
        (tmp_path / name).write_text(script)
        (tmp_path / name).chmod(0o755)
    return rendering(
        tmp_path / "cache",
        helm=Program((str(tmp_path / "helm"),), "helm"),
        kustomize=Program((str(tmp_path / "kustomize"), "build"), "kustomize"),
        enable_helm=True,
    )


def test_charts_are_inflated_where_that_is_asked_for_and_downloaded_once(
    inflating: Any, tmp_path: Path
) -> None:
    files = {f"{ROOT}/kustomization.yaml": CHARTS, f"{ROOT}/charts/near/Chart.yaml": "name: near"}
    for settings in ("", "namespace: y\n"):
        [[body], told] = rendered(
            given.commit({**files, f"{ROOT}/kustomization.yaml": settings + CHARTS}), inflating
        )
        assert told == []
        assert [
            "build", ROOT, "--enable-helm", f"--helm-command={tmp_path}/helm", "--helm-kube-version=1.36.0",
        ] == body.body[:5]  # fmt: skip
        assert f"./{ROOT}/charts/far-1.2.3/far/Chart.yaml" in body.body
        assert f"./{ROOT}/charts/near/Chart.yaml" in body.body
    pulls = (tmp_path / "pulls").read_text().splitlines()
    assert pulls == ["pull --version=1.2.3 --destination=. --repo=https://c.example far"]


def test_a_chart_may_be_beside_the_kustomization_and_others_need_no_helm(inflating: Any) -> None:
    files = {
        f"{ROOT}/kustomization.yaml": "helmGlobals: {chartHome: ../charts}\nhelmCharts: [{name: near}]",
        "k8s/02-apps/charts/near/Chart.yaml": "name: near",
        "k8s/02-apps/charts/other/Chart.yaml": "name: other",
    }
    [[raw], _] = rendered(given.commit(files), inflating)
    assert "./k8s/02-apps/charts/near/Chart.yaml" in raw.body
    assert "./k8s/02-apps/charts/other/Chart.yaml" not in raw.body
    without = replace(inflating, helm=None)
    assert "holds charts and needs helm" in rendered(given.commit(files), without)[1][0]
    [[raw], told] = rendered(given.commit({f"{ROOT}/kustomization.yaml": "namespace: x"}), without)
    assert told == []
    assert raw.body == ["build", ROOT, f"./{ROOT}/kustomization.yaml"]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            "helmCharts: [{name: a, repo: https://c, version: 1.x}]",
            "version '1.x' may be another one tomorrow",
        ),
        ("helmCharts: [{name: a, repo: https://c}]", "version '' may be another one tomorrow"),
        ("helmCharts: [{name: ../a, repo: https://c, version: 1.0.0}]", "chart '../a' has no usable name"),
        ("helmCharts: [{name: a}]\nhelmGlobals: {chartHome: /etc}", "chartHome '/etc' leaves the repository"),
        ("helmCharts: [{name: a}]\nhelmGlobals: {chartHome: ../../../../x}", "leaves the repository"),
        ("helmCharts: [{name: a, repo: 'https://u:p@c', version: 1.0.0}]", "carries a credential"),
        ("generators: [x.yaml]", "`generators` would run code"),
        ("helmChartInflationGenerator: [{chartName: a}]", "`helmChartInflationGenerator` would run code"),
    ],
)
def test_a_chart_that_is_not_settled_or_leads_out_is_told(inflating: Any, text: str, told: str) -> None:
    found, [problem] = rendered(given.commit({f"{ROOT}/kustomization.yaml": text}), inflating)
    assert found == []
    assert told in problem
    assert problem.startswith(f"{ROOT}/kustomization.yaml:1: ")


def test_options_of_the_application_are_written_into_the_kustomization(run: Any, tmp_path: Path) -> None:
    run(BASE)  # places the binary
    how = rendering(tmp_path / "cache", kustomize=Program((str(tmp_path / "kustomize"), "build"), "fake:1"))
    options = Kustomize(
        name_prefix="a-", components=("../../gone", "../../extra"), ignore_missing_components=True
    )
    source = Source(path=f"{ROOT}/overlays/prod", tool=options)
    commit = given.commit({**BASE, f"{ROOT}/extra/kustomization.yaml": "kind: Component\n"})
    [body] = [raw.body for raw in rendered(commit, how, source)[0]]
    seen = body["data"]["seen"]
    written = '{"components": ["../../extra"], "namePrefix": "a-", "resources": ["../../base"]}'
    assert f"./overlays/prod/kustomization.yaml {written}" in seen
    assert "./extra/kustomization.yaml kind: Component" in seen
    missing = Source(path=source.path, tool=Kustomize(components=("../../gone",)))
    assert "'../../gone' does not exist" in rendered(commit, how, missing)[1][0]
    twice = Source(path=source.path, tool=Kustomize(images=("nginx",)))
    assert "image 'nginx' says neither" in rendered(commit, how, twice)[1][0]
