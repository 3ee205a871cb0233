"""ApplicationSets: which parameter sets their generators make, and what templates make of them."""

from __future__ import annotations

from typing import Any

import pytest

from tests.conformance.row import cases, rule
from tests.source.argo.argo_given import REPOSITORY, Read, application_set

DIRECTORIES = {
    f"{path}/a.yaml": ""
    for path in (
        "k8s/apps/web",
        "k8s/apps/web/base",
        "k8s/apps/My_Shop",
        "k8s/apps/.old",
        "k8s/.x/y",
        "k8s/infra/dns",
    )
}
FILES = {
    "envs/prod.yaml": "cluster: {name: production, zones: [a, b]}\nsize: 3\nup: true\n",
    "envs/qa/two.json": '[{"cluster": {"name": "qa-1"}}, {"cluster": {"name": "qa-2"}}]',
    "envs/qa/empty.yaml": "",
}
PROD, STAGING = "https://10.0.0.1:6443", "https://staging.gitops.internal"


def listed(*elements: Any, **more: Any) -> dict[str, Any]:
    return {"list": {"elements": list(elements), **more}}


def git(what: str, *paths: str, **more: Any) -> dict[str, Any]:
    """A Git generator; a path behind `!` is excluded."""
    items = [{"path": path.removeprefix("!"), "exclude": path.startswith("!")} for path in paths]
    return {"git": {"repoURL": REPOSITORY, "revision": "HEAD", what: items, **more}}


def folders(*paths: str, **more: Any) -> dict[str, Any]:
    return git("directories", *paths, **more)


def files(*paths: str, **more: Any) -> dict[str, Any]:
    return git("files", *paths, **more)


def clusters(**more: Any) -> dict[str, Any]:
    return {"clusters": more}


def matrix(*children: Any) -> dict[str, Any]:
    return {"matrix": {"generators": list(children)}}


def merge(*children: Any, keys: tuple[str, ...] = ("k",)) -> dict[str, Any]:
    return {"merge": {"mergeKeys": list(keys), "generators": list(children)}}


def read(*generators: Any, text: str = "x", go: bool = False, **spec: Any) -> Read:
    """What the set makes; `text` is the template of a name."""
    template = {
        "metadata": {"name": text},
        "spec": {
            "source": {"repoURL": REPOSITORY, "path": "p"},
            "destination": {"name": "prod", "namespace": "n"},
        },
    }
    stated = {"goTemplate": go, "generators": list(generators), "template": template, **spec}
    return application_set(stated, {**DIRECTORIES, **FILES})


def texts(*generators: Any, text: str, **more: Any) -> list[str]:
    """The rendered texts, sorted."""
    found = read(*generators, text=text, **more)
    assert found.problems == ()
    return sorted(body["metadata"]["name"] for body in found.value)


def refused(*generators: Any, **more: Any) -> str:
    """What is said against the set, which makes nothing then."""
    found = read(*generators, **more)
    assert found.value == []
    return " ".join(found.problems)


AB = listed({"k": "a"}, {"k": "b"})
APPS = ["My_Shop", "web"]


@pytest.mark.parametrize(
    ("generator", "text", "expected"),
    cases(
        # directories
        ("sets.dirs-depth", folders("k8s/apps/web/base"), "{{path}}", ["k8s/apps/web/base"]),
        ("sets.dirs-hidden", folders("k8s/*"), "{{path}}", ["k8s/apps", "k8s/infra"]),
        ("sets.dirs-hidden", folders("k8s/*/*"), "{{path.basename}}", ["My_Shop", "dns", "web"]),
        ("sets.dirs-include-hidden", folders("*"), "{{path}}", ["envs", "k8s"]),
        ("sets.dirs-root", folders("*"), "{{path}}", ["envs", "k8s"]),
        ("sets.dirs-whole-path", folders("k8s/apps/*"), "{{path.basename}}", APPS),
        ("sets.dirs-whole-path", folders("apps/*"), "{{path}}", []),
        ("sets.dirs-whole-path", folders("k8s/apps"), "{{path}}", ["k8s/apps"]),
        ("sets.dirs-question", folders("k8s/apps/we?"), "{{path.basename}}", ["web"]),
        ("sets.dirs-question", folders("k8s?apps"), "{{path}}", []),
        ("sets.dirs-class", folders("k8s/apps/[a-w]*"), "{{path.basename}}", ["web"]),
        ("sets.dirs-class", folders("k8s/apps/[^a-z]*"), "{{path.basename}}", ["My_Shop"]),
        ("sets.dirs-two-stars", folders("k8s/**"), "{{path.basename}}", ["apps", "infra"]),
        ("sets.dirs-exclude", folders("k8s/apps/*", "!k8s/apps/w*"), "{{path.basename}}", ["My_Shop"]),
        ("sets.dirs-exclude", folders("!k8s/apps/web"), "{{path}}", []),
        ("sets.dirs-exclude-order", folders("!k8s/apps/w*", "k8s/apps/*"), "{{path.basename}}", ["My_Shop"]),
        ("sets.dirs-empty", folders("envs"), "{{path}}", ["envs"]),
        # parameters
        ("sets.params-flat", folders("k8s/apps/web"), "{{path}} {{path.basename}} {{path[0]}} {{path[2]}}",
         ["k8s/apps/web web k8s web"]),
        ("sets.params-normalized", folders("k8s/apps/My*"), "{{path.basenameNormalized}}", ["my-shop"]),
        ("sets.params-prefix", folders("k8s/apps/web", pathParamPrefix="p"), "{{p.path}} {{p.path.basename}} {{path}}",
         ["k8s/apps/web web {{path}}"]),
        ("sets.values", folders("k8s/apps/web", values={"v": "<{{path.basename}}>"}), "{{values.v}}", ["<web>"]),
        ("sets.values", clusters(values={"v": "<{{name}}>"}), "{{values.v}}", ["<production>", "<staging>"]),
        # files
        ("sets.files-star", files("envs/*.yaml"), "{{path.filename}}", ["empty.yaml", "prod.yaml"]),
        ("sets.files-star", files("e*y.yaml"), "{{path.filename}}", ["empty.yaml"]),
        ("sets.files-doublestar", files("**/prod.yaml"), "{{path}}", ["envs"]),
        ("sets.files-exclude", files("envs/*", "!envs/qa/*"), "{{cluster.name}}", ["production"]),
        ("sets.files-object", files("envs/prod.yaml"), "{{size}}", ["3"]),
        ("sets.files-list", files("envs/qa/*.json"), "{{cluster.name}}", ["qa-1", "qa-2"]),
        ("sets.files-empty", files("envs/qa/empty.yaml"), "one-{{path}}", ["one-envs/qa"]),
        ("sets.files-params", files("envs/prod.yaml"), "{{path}} {{path.filename}} {{path.filenameNormalized}}",
         ["envs prod.yaml prod.yaml"]),
        ("sets.files-flat", files("envs/prod.yaml"), "{{cluster.name}} {{cluster.zones.1}} {{up}}",
         ["production b true"]),
        # lists
        ("sets.list", AB, "{{k}}", ["a", "b"]),
        ("sets.list-values", listed({"values": {"v": "x"}}), "{{values.v}}", ["x"]),
        ("sets.list-yaml", listed({"k": "a"}, elementsYaml="[{k: b}]"), "{{k}}", ["a", "b"]),
        # clusters
        ("sets.clusters", clusters(), "{{name}}", ["production", "staging"]),
        ("sets.clusters-selector", clusters(selector={"matchLabels": {"env": "prod"}}), "{{name}}", ["production"]),
        ("sets.clusters-selector", clusters(selector={"matchLabels": {"argocd.argoproj.io/secret-type": "cluster"}}),
         "{{name}}", ["production", "staging"]),
        ("sets.clusters-selector",
         clusters(selector={"matchExpressions": [{"key": "region", "operator": "DoesNotExist"}]}), "{{name}}",
         ["staging"]),
        ("sets.clusters-params", clusters(), "{{nameNormalized}} {{server}} {{metadata.labels.env}}{{project}}",
         [f"production {PROD} prod", f"staging {STAGING} staging"]),
        ("sets.clusters-annotations", clusters(), "{{name}} {{metadata.annotations.owner}}",
         ["production ada", "staging {{metadata.annotations.owner}}"]),
        ("sets.clusters-in-cluster", clusters(), "{{name}}", ["production", "staging"]),
        # matrix
        ("sets.matrix", matrix(clusters(), folders("k8s/apps/*")), "{{name}}-{{path.basename}}",
         ["production-My_Shop", "production-web", "staging-My_Shop", "staging-web"]),
        ("sets.matrix-uses-first", matrix(listed({"d": "web"}), folders("k8s/apps/{{d}}")), "{{path}}",
         ["k8s/apps/web"]),
        ("sets.matrix-flat-conflict", matrix(listed({"k": "a"}), listed({"k": "a", "m": "1"})), "{{k}}{{m}}", ["a1"]),
        ("sets.nesting", matrix(matrix(AB, listed({"m": "1"})), listed({"n": "2"})), "{{k}}{{m}}{{n}}", ["a12", "b12"]),
        ("sets.nesting", matrix(merge(AB, listed({"k": "b", "m": "1"})), listed({"n": "2"})), "{{k}}{{m}}{{n}}",
         ["a{{m}}2", "b12"]),
        # merge
        ("sets.merge-base", merge(AB, listed({"k": "a", "v": "1"}), listed({"k": "a", "v": "2"})), "{{k}}{{v}}",
         ["a2", "b{{v}}"]),
        ("sets.merge-keys", merge(listed({"a": "1", "b": "1", "v": "x"}, {"a": "1", "b": "2", "v": "x"}),
                                  listed({"a": "1", "b": "2", "v": "y"}), keys=("a", "b")), "{{a}}{{b}}{{v}}",
         ["11x", "12y"]),
        ("sets.merge-dropped", merge(AB, listed({"k": "nobody"})), "{{k}}", ["a", "b"]),
        # templates
        ("sets.flat-unknown", AB, "{{k}}{{other}}", ["a{{other}}", "b{{other}}"]),
    ),
)  # fmt: skip
def test_flat_templates(generator: Any, text: str, expected: list[str]) -> None:
    assert texts(generator, text=text) == expected


DEEP = matrix(listed({"v": {"a": 1, "b": "x"}}), listed({"v": {"b": "y", "c": 2}}))


@pytest.mark.parametrize(
    ("generator", "text", "expected"),
    cases(
        ("sets.params-go", folders("k8s/apps/My*"),
         "{{.path.path}} {{.path.basename}} {{.path.basenameNormalized}} {{index .path.segments 1}}",
         ["k8s/apps/My_Shop My_Shop my-shop apps"]),
        ("sets.params-prefix-go", folders("k8s/apps/web", pathParamPrefix="p"), "{{.p.path.path}}", ["k8s/apps/web"]),
        ("sets.values", folders("k8s/apps/web", values={"v": "<{{.path.basename}}>"}), "{{.values.v}}", ["<web>"]),
        ("sets.files-go", files("envs/prod.yaml"), "{{index .cluster.zones 1}} {{.path.filename}} {{.path.path}}",
         ["b prod.yaml envs"]),
        ("sets.list-go", listed({"a": {"b": [1, {"c": True}]}}), "{{(index .a.b 1).c}}", ["true"]),
        ("sets.list-yaml-templated", matrix(listed({"n": ["a", "b"]}), {"list": {"elementsYaml":
         "{{range .n}}- k: {{.}}\n{{end}}"}}), "{{.k}}", ["a", "b"]),
        ("sets.clusters-flat-list", clusters(flatList=True), "{{range .clusters}}{{.name}} {{end}}",
         ["production staging "]),
        ("sets.matrix-go", DEEP, "{{.v.a}}{{.v.b}}{{.v.c}}", ["1x2"]),
        ("sets.merge-go", merge(listed({"k": "a", "m": {"x": 1, "y": 1}}), listed({"k": "a", "m": {"y": 2}})),
         "{{.m.x}}{{.m.y}}", ["12"]),
        ("sets.go-sprig", AB, "{{.k | upper | repeat 2}}", ["AA", "BB"]),
        ("sets.go-own", listed({"n": "My_App!", "y": "a: [1]", "l": "[2, 3]"}),
         "{{normalize .n}} {{slugify .n}} {{(fromYaml .y).a | toYaml}} {{index (fromYamlArray .l) 1}}",
         ["my-app my-app - 1 3"]),
        ("sets.go-missing", AB, "{{.k}}{{.other}}", ["a<no value>", "b<no value>"]),
    ),
)  # fmt: skip
def test_go_templates(generator: Any, text: str, expected: list[str]) -> None:
    assert texts(generator, text=text, go=True) == expected


@pytest.mark.parametrize(
    ("generator", "more", "what"),
    cases(
        ("sets.list-flat-text", listed({"k": 1}), {}, "takes only text"),
        ("sets.matrix-two", matrix(AB), {}, "not two"),
        ("sets.matrix-two", matrix(AB, AB, AB), {}, "not two"),
        ("sets.matrix-flat-conflict", matrix(listed({"k": "a"}), listed({"k": "b"})), {}, "differ in 'k'"),
        ("sets.nesting", matrix(matrix(matrix(AB, AB), AB), AB), {}, "nested deeper"),
        ("sets.child-nothing", matrix(AB, {}), {}, "holds 0 generators"),
        ("sets.merge-two", merge(AB), {}, "two generators or more"),
        ("sets.merge-twins", merge(listed({"k": "a"}, {"k": "a"}), AB), {}, "have the keys"),
        ("sets.merge-top-level", merge(listed({"m": {"n": 1}}, {"m": {"n": 2}}), AB, keys=("m.n",)), {"go": True},
         "have the keys"),
        ("sets.merge-keys", merge(AB, AB, keys=()), {}, "mergeKeys"),
        ("sets.go-refused", AB, {"go": True, "text": "{{env `HOME`}}"}, "env is refused"),
        ("sets.go-refused", AB, {"go": True, "text": "{{expandenv `$HOME`}}"}, "expandenv is refused"),
        ("sets.go-refused", AB, {"go": True, "text": "{{getHostByName `h`}}"}, "getHostByName is refused"),
        ("sets.go-missing-error", AB, {"go": True, "text": "{{.k}}{{.o}}", "goTemplateOptions": ["missingkey=error"]},
         "o"),
        ("sets.unsupported", {"pullRequest": {}}, {}, "'pullRequest' is not supported"),
        ("sets.unsupported", {"scmProvider": {}}, {}, "'scmProvider' is not supported"),
        ("sets.policy-create-only", AB, {"syncPolicy": {"applicationsSync": "create-only"}}, "can't be honored"),
        ("sets.policy-create-only", AB, {"syncPolicy": {"applicationsSync": "create-delete"}}, "can't be honored"),
    ),
)  # fmt: skip
def test_what_is_refused(generator: Any, more: dict[str, Any], what: str) -> None:
    assert what in refused(generator, **{"text": "{{k}}", **more})


@rule("sets.normalize")
@pytest.mark.parametrize(
    ("name", "expected"),
    [("ABC", "abc"), ("a b_c/é", "a-b-c"), ("a.b-c", "a.b-c"), ("-.a.-", "a"), ("x" * 300, "x" * 253),
     ("x" * 252 + "!y", "x" * 252)],
)  # fmt: skip
def test_names_are_normalized(name: str, expected: str) -> None:
    assert texts(listed({"n": name}), text="{{normalize .n}}", go=True) == [expected]


@rule("sets.merge-order")
def test_the_order_of_what_a_merge_makes_is_that_of_the_names() -> None:
    one, other = (
        read(merge(listed(*sets), AB), text="{{k}}")
        for sets in ([{"k": "b"}, {"k": "a"}], [{"k": "a"}, {"k": "b"}])
    )
    assert [body["metadata"]["name"] for body in one.value] == ["a", "b"]
    assert one == other


@rule("sets.only-texts")
def test_only_texts_are_templates_and_a_patch_changes_the_rest() -> None:
    patch = 'spec: {revisionHistoryLimit: {{ .n }}, source: {path: "{{ .k }}"}}'
    [body] = read(listed({"k": "a", "n": 7}), go=True, templatePatch=patch).value
    assert (body["spec"]["revisionHistoryLimit"], body["spec"]["source"]["path"]) == (7, "a")


@rule("sets.twins")
def test_of_two_applications_with_one_name_there_is_neither() -> None:
    found = read(listed({"k": "a"}, {"k": "a"}, {"k": "b"}), text="{{k}}")
    assert [body["metadata"]["name"] for body in found.value] == ["b"]
    assert "2 applications called 'a'" in found.problems[0]
