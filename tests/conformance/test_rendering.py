"""Which tool renders a source, what overrides it, and how the tool is called."""

from __future__ import annotations

from typing import Any

import pytest

from gitops.source.constraint import highest
from tests.conformance.row import cases, rule
from tests.conformance.stack import URL, Outcome, application, document, of_files, planned

PLAIN, CHART = document("ConfigMap", "plain"), "name: web\nversion: 1.0.0\n"
KUSTOMIZATION = "resources: [a.yaml]\n"
HELM = {"Chart.yaml": CHART, "templates/x.yaml": "a: 1\n"}
BOTH = {**HELM, "kustomization.yaml": KUSTOMIZATION, "a.yaml": PLAIN}
FOLDER = {"a.yaml": PLAIN, "sub/b.yaml": document("ConfigMap", "below")}


def names(found: Outcome) -> list[str]:
    """The names of what is rendered: `helm` and `kustomize` are what those two were asked for."""
    assert found.problems == ()
    return sorted(item.manifest.key.name for item in found.plan.objects)


def call(found: Outcome, tool: str = "helm") -> list[str]:
    """The arguments that a tool was called with."""
    return str(found.object(f"ConfigMap:web/{tool}").manifest.body["data"]["arguments"]).splitlines()


def seen(found: Outcome, tool: str = "helm") -> dict[str, str]:
    """The files that a tool was given."""
    lines = str(found.object(f"ConfigMap:web/{tool}").manifest.body["data"]["files"]).splitlines()
    return {name: text.strip() for name, _, text in (line.partition(": ") for line in lines)}


@pytest.mark.parametrize(
    ("files", "source", "expected"),
    cases(
        ("render.explicit", BOTH, {"helm": {"releaseName": "r"}}, ["helm"]),
        ("render.explicit", BOTH, {"kustomize": {"namePrefix": "p-"}}, ["kustomize"]),
        ("render.explicit", {**FOLDER, "kustomization.yaml": KUSTOMIZATION},
         {"directory": {"recurse": True, "exclude": "kust*"}}, ["below", "plain"]),
        ("render.explicit-empty", BOTH, {"directory": {}, "helm": {}}, ["kustomize"]),
        ("render.chart", HELM, {}, ["helm"]),
        *(("render.kustomization", {name: KUSTOMIZATION, "a.yaml": PLAIN}, {}, ["kustomize"])
          for name in ("kustomization.yaml", "kustomization.yml", "Kustomization")),
        ("render.kustomization-exact", {"my-kustomization.yaml": PLAIN}, {}, ["plain"]),
        ("render.kustomize-wins", BOTH, {}, ["kustomize"]),
        ("render.root-only", {"a.yaml": PLAIN, "sub/Chart.yaml": CHART, "sub/kustomization.yaml": "{}"}, {}, ["plain"]),
        ("render.directory", FOLDER, {}, ["plain"]),
        ("render.suffixes", {"a.yaml": PLAIN, "b.yml": document("Secret", "b"), "c.json": document("Secret", "c"),
                             "d.jsonnet": document("Secret", "d"), "e.txt": "no", "README.md": "{{", "f.yaml.bak": "["},
         {}, ["b", "c", "d", "plain"]),
        ("render.recurse", FOLDER, {"directory": {"recurse": True}}, ["below", "plain"]),
        ("render.recurse-off", FOLDER, {"directory": {"recurse": False}}, ["plain"]),
        ("render.include", FOLDER, {"directory": {"recurse": True, "include": "sub/*"}}, ["below"]),
        ("render.exclude", FOLDER, {"directory": {"recurse": True, "exclude": "*b.yaml"}}, ["plain"]),
        ("render.exclude", FOLDER, {"directory": {"recurse": True, "include": "*", "exclude": "sub/*"}}, ["plain"]),
        ("render.braces", {**FOLDER, "c.yaml": "]"}, {"directory": {"recurse": True, "include": "{a,sub/b}.yaml"}},
         ["below", "plain"]),
        ("render.skip-marker", {"a.yaml": PLAIN, "b.yaml": "# +argocd:skip-file-rendering\nno: [yaml"}, {}, ["plain"]),
        # overrides
        ("render.override", {**FOLDER, ".argocd-source.yaml": "directory: {recurse: true}"}, {}, ["below", "plain"]),
        ("render.override-application", {**FOLDER, ".argocd-source-web.yaml": "directory: {recurse: true}"}, {},
         ["below", "plain"]),
        ("render.override-application", {**FOLDER, ".argocd-source-other.yaml": "directory: {recurse: true}"}, {},
         ["plain"]),
        ("render.override-order", {**FOLDER, ".argocd-source-web.yaml": "directory: {recurse: false}",
                                   ".argocd-source.yaml": "directory: {recurse: true}"}, {}, ["plain"]),
        ("render.override-merge", {**FOLDER, ".argocd-source.yaml": "directory: {include: null}"},
         {"directory": {"recurse": True, "include": "a*"}}, ["below", "plain"]),
        ("render.override-fixed", {**FOLDER, ".argocd-source.yaml":
         "{path: elsewhere, repoURL: https://x.test/y, chart: c, targetRevision: old}"}, {}, ["plain"]),
    ),
)  # fmt: skip
def test_what_a_source_comes_to(files: dict[str, str], source: Any, expected: list[str]) -> None:
    assert names(of_files(files, source=source)) == expected


@pytest.mark.parametrize(
    ("files", "source", "what"),
    cases(
        ("render.chart-suffix", {"Old-Chart.yaml": CHART}, {}, "is no chart: it has no Chart.yaml"),
        ("render.explicit-two", BOTH, {"helm": {"releaseName": "r"}, "kustomize": {"namePrefix": "p-"}},
         "states several tools: helm, kustomize"),
        ("render.plugins", {"a.yaml": PLAIN}, {"plugin": {"name": "p"}}, "plugin"),
    ),
)  # fmt: skip
def test_what_a_source_is_refused_for(files: dict[str, str], source: Any, what: str) -> None:
    assert what in of_files(files, source=source).problems[0]


def with_helm(files: dict[str, str] | None = None, **helm: Any) -> Outcome:
    return of_files({**HELM, **(files or {})}, source={"helm": helm} if helm else {})


@rule("render.helm-call")
def test_a_chart_is_a_template_in_the_application_s_name_and_namespace() -> None:
    told = call(with_helm())
    assert told[:3] == ["template", "web", "apps/web"]
    assert "--namespace=web" in told
    assert call(with_helm(releaseName="other"))[1] == "other"


@rule("render.helm-crds")
def test_a_chart_s_definitions_are_included_unless_they_are_not_wanted() -> None:
    assert "--include-crds" in call(with_helm())
    assert "--include-crds" not in call(with_helm(skipCrds=True))


def inline(text: Outcome) -> str:
    return seen(text)["inline values"]


@rule("render.values-object")
def test_a_values_object_wins_over_values() -> None:
    assert inline(with_helm(values="a: 1", valuesObject={"b": 2})) == '{"b": 2}'


@rule("render.values-text")
def test_values_win_over_files() -> None:
    """Of several files that Helm is given, the last wins."""
    told = call(with_helm({"v.yaml": "a: 1"}, valueFiles=["v.yaml"], values="a: 2"))
    assert told.index("--values=inline values") > told.index("--values=apps/web/v.yaml")


@rule("render.values-last")
def test_the_last_file_wins() -> None:
    told = call(with_helm({"v.yaml": "", "w.yaml": ""}, valueFiles=["w.yaml", "v.yaml"]))
    assert [text for text in told if "--values" in text] == [
        "--values=apps/web/w.yaml",
        "--values=apps/web/v.yaml",
    ]


@rule("render.values-parameters")
def test_parameters_are_set_which_wins_over_all_values() -> None:
    told = call(
        with_helm(
            values="a: 1",
            parameters=[{"name": "a", "value": "2"}, {"name": "b", "value": "3", "forceString": True}],
        )
    )
    assert {"--set=a=2", "--set-string=b=3"} <= set(told)


@rule("render.values-chart")
def test_a_chart_s_own_values_are_the_chart_s_business() -> None:
    found = with_helm({"values.yaml": "a: 1"})
    assert seen(found)["apps/web/values.yaml"] == "a: 1"
    assert not any(text.startswith("--values") for text in call(found))


@rule("render.lookup")
def test_a_chart_sees_no_cluster() -> None:
    found = with_helm()
    environment = str(found.object("ConfigMap:web/helm").manifest.body["data"]["environment"])
    assert "KUBE" not in environment
    assert not any(
        text.startswith(("--kubeconfig", "--kube-context", "--validate", "--dry-run")) for text in call(found)
    )


@rule("render.kustomize-call")
def test_a_kustomization_is_built_where_it_is() -> None:
    found = of_files({"kustomization.yaml": KUSTOMIZATION, "a.yaml": PLAIN})
    assert call(found, "kustomize") == ["build", "apps/web"]
    assert set(seen(found, "kustomize")) == {"apps/web/kustomization.yaml", "apps/web/a.yaml"}


@rule("render.sources")
def test_values_may_come_from_another_source() -> None:
    sources = [
        {
            "repoURL": URL,
            "targetRevision": "HEAD",
            "path": "apps/web",
            "helm": {"valueFiles": ["$v/apps/web/extra.yaml"]},
        },
        {"repoURL": URL, "targetRevision": "HEAD", "ref": "v"},
    ]
    found = of_files({**HELM, "extra.yaml": "from: elsewhere"}, source=None, sources=sources)
    assert any(text == "from: elsewhere" for text in seen(found).values())


@rule("render.constraint")
def test_a_constraint_is_a_revision_of_a_source_and_the_highest_tag_decides() -> None:
    source = {"repoURL": "https://git.example.test/charts.git", "targetRevision": ">=1.0 <2", "path": "web"}
    found = planned({"argocd/web.yaml": application(source=source), "apps/web/x.yaml": document("ConfigMap")})
    assert found.applications["web"].sources[0].revision == ">=1.0 <2"
    assert highest(">=1.0 <2", ("v1.9.0", "v1.10.0", "v2.0.0", "v1.11.0-rc.1", "newest")) == "v1.10.0"
