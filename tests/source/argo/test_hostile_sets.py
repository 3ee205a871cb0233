"""ApplicationSets that are wrong or mean harm: each ends soon, in a problem with its place."""

from __future__ import annotations

from time import process_time
from typing import Any

import pytest
from hypothesis import given as for_any
from hypothesis import strategies as st

from gitops.model.settings import FleetCluster
from gitops.source.argo.fleet import Fleet
from tests import given
from tests.source.argo.argo_given import REPOSITORY, application_set, names, template

ONE = {"list": {"elements": [{"n": "a"}]}}


def git(**fields: Any) -> dict[str, Any]:
    return {"git": {"repoURL": REPOSITORY, **fields}}


def nested(depth: int) -> dict[str, Any]:
    generator = ONE
    for _ in range(depth):
        generator = {"matrix": {"generators": [generator, {"list": {"elements": [{"m": "b"}]}}]}}
    return generator


def thousand(key: str) -> dict[str, Any]:
    return {"list": {"elements": [{key: str(index)} for index in range(1000)]}}


GENERATORS: dict[str, tuple[Any, str]] = {
    "scmProvider": ({"scmProvider": {"github": {}}}, "generator 'scmProvider' is not supported"),
    "pullRequest": ({"pullRequest": {}}, "generator 'pullRequest' is not supported"),
    "plugin": ({"plugin": {}}, "generator 'plugin' is not supported"),
    "clusterDecisionResource": (
        {"clusterDecisionResource": {}},
        "'clusterDecisionResource' is not supported",
    ),
    "an unknown one": ({"lists": {}}, "'lists' is not a generator"),
    "one inside a matrix": ({"matrix": {"generators": [ONE, {"plugin": {}}]}}, "'plugin' is not supported"),
    "an unknown field": ({"list": {"element": []}}, "list: `element` is not a known field"),
    "elements that are text": ({"list": {"elements": "x"}}, "list: `elements`: Expected `array`"),
    "an element that is text": ({"list": {"elements": ["x"]}}, "list: `elements[0]`: Expected `object`"),
    "a number in a flat element": ({"list": {"elements": [{"n": 1}]}}, "list.elements[0].n is 1"),
    "a number in flat values": ({"list": {"elements": [{"values": {"n": 1}}]}}, "elements[0].values.n is 1"),
    "elementsYaml of text": ({"list": {"elementsYaml": "x"}}, "list.elementsYaml is not a list of objects"),
    "elementsYaml of numbers": (
        {"list": {"elementsYaml": "[1]"}},
        "list.elementsYaml is not a list of objects",
    ),
    "broken elementsYaml": ({"list": {"elementsYaml": "[\n"}}, "list.elementsYaml, line"),
    "git without paths": (git(), "git states neither directories nor files"),
    "git with a bad glob": (git(directories=[{"path": "a["}]), "'a[' is not a glob"),
    "git with magic": (git(files=[{"path": ":(exclude)x"}]), "is not a pattern of files"),
    "git with a climbing path": (git(files=[{"path": "../x"}]), "is not a pattern of files"),
    "git with a bad class": (git(files=[{"path": "[z-a]"}]), "'[z-a]' is not a pattern"),
    "git with an option": ({"git": {"repoURL": "--x", "directories": [{"path": "*"}]}}, "can't be handed"),
    "git with a helper": ({"git": {"repoURL": "ext::sh", "files": [{"path": "*"}]}}, "can't be handed"),
    "git that can't be read": (
        {"git": {"repoURL": "https://x.test/y", "files": [{"path": "*"}]}},
        "there is no https://x.test/y at HEAD",
    ),
    "git with a revision that is none": (git(revision="a..b:c", files=[{"path": "*"}]), "is not a branch"),
    "a matrix of one": ({"matrix": {"generators": [ONE]}}, "matrix has 1 generators, not two"),
    "a matrix of three": ({"matrix": {"generators": [ONE, ONE, ONE]}}, "matrix has 3 generators, not two"),
    "a matrix that contradicts itself": (
        {"matrix": {"generators": [ONE, {"list": {"elements": [{"n": "b"}]}}]}},
        "two generators differ in 'n': 'a' and 'b'",
    ),
    "a matrix with two generators in an entry": (
        {"matrix": {"generators": [{**ONE, "clusters": {}}, ONE]}},
        "holds 2 generators, not one",
    ),
    "a matrix with none in an entry": ({"matrix": {"generators": [{}, ONE]}}, "holds 0 generators, not one"),
    "a merge without keys": ({"merge": {"generators": [ONE, ONE]}}, "merge needs two generators or more"),
    "a merge of one": ({"merge": {"mergeKeys": ["n"], "generators": [ONE]}}, "merge needs two"),
    "a merge with equal keys": (
        {
            "merge": {
                "mergeKeys": ["m"],
                "generators": [ONE, {"list": {"elements": [{"n": "a"}, {"n": "b"}]}}],
            }
        },
        "two sets of one generator have the keys",
    ),
    "nesting": (nested(3), "generator 'matrix' is nested deeper than one level"),
    "nesting 50 deep": (nested(50), "nested deeper"),
    "an explosion": (
        {"matrix": {"generators": [thousand("a"), thousand("b")]}},
        "generator 'matrix' makes more than 10000 parameter sets",
    ),
    "a selector of text": ({**ONE, "selector": "x"}, "selector: Expected `object`"),
    "an operator that is none": (
        {**ONE, "selector": {"matchExpressions": [{"key": "n", "operator": "Like", "values": []}]}},
        "selector: `matchExpressions[0].operator`: Invalid enum value 'Like'",
    ),
}


@pytest.mark.parametrize(("generator", "said"), GENERATORS.values(), ids=GENERATORS)
def test_a_generator_that_is_wrong_is_named_with_its_place(generator: Any, said: str) -> None:
    begun = process_time()
    read = application_set({"generators": [ONE, generator], "template": template("{{n}}")})
    assert process_time() - begun < 2
    assert read.value == []
    assert read.problems[0].startswith("argocd/all.yaml:7: spec.generators[1]: ")
    assert said in read.problems[0]


SPECS: dict[str, tuple[dict[str, Any], str]] = {
    "no generators": ({"template": template("x")}, "missing required field `generators`"),
    "no template": ({"generators": [ONE]}, "missing required field `template`"),
    "a template without metadata": (
        {"generators": [ONE], "template": {"spec": {}}},
        "needs metadata and spec",
    ),
    "a template with text as spec": (
        {"generators": [ONE], "template": {"metadata": {}, "spec": "x"}},
        "needs metadata and spec",
    ),
    "a template with a status": (
        {"generators": [ONE], "template": {**template("x"), "status": {}}},
        "spec.template.status is not a known field",
    ),
    "a template with an owner": (
        {
            "generators": [ONE],
            "template": {**template("x"), "metadata": {"name": "x", "ownerReferences": []}},
        },
        "template.metadata.ownerReferences is not a known field",
    ),
    "an option that is none": (
        {"generators": [ONE], "template": template("x"), "goTemplateOptions": ["missingkey=ignore"]},
        "goTemplateOptions: 'missingkey=ignore' is not known",
    ),
    "create-only": (
        {"generators": [ONE], "template": template("x"), "syncPolicy": {"applicationsSync": "create-only"}},
        "applicationsSync 'create-only' can't be honored",
    ),
    "a policy that is none": (
        {"generators": [ONE], "template": template("x"), "syncPolicy": {"applicationsSync": "never"}},
        "`spec.syncPolicy.applicationsSync`: Invalid enum value 'never'",
    ),
    "a share of a step": (
        {
            "generators": [ONE],
            "template": template("x"),
            "strategy": {"type": "RollingSync", "rollingSync": {"steps": [{"maxUpdate": "10%"}]}},
        },
        "rollingSync.steps[0].maxUpdate '10%' can't be honored",
    ),
    "an application in no step": (
        {
            "generators": [ONE],
            "template": template("x"),
            "strategy": {
                "type": "RollingSync",
                "rollingSync": {
                    "steps": [{"matchExpressions": [{"key": "e", "operator": "In", "values": ["x"]}]}]
                },
            },
        },
        "application 'x' is in no step of the rolling sync",
    ),
    "a broken Go template": (
        {"generators": [ONE], "template": template("{{ .n "), "goTemplate": True},
        "template line 1, '{{ .n'",
    ),
    "a missing key": (
        {
            "generators": [ONE],
            "template": template("{{.m}}"),
            "goTemplate": True,
            "goTemplateOptions": ["missingkey=error"],
        },
        "missing key",
    ),
    "a patch that is a list": (
        {"generators": [ONE], "template": template("x"), "templatePatch": "[]"},
        "templatePatch is not an object",
    ),
    "a patch with a directive": (
        {"generators": [ONE], "template": template("x"), "templatePatch": "spec: {$patch: replace}"},
        "directive '$patch'",
    ),
    "a broken patch": (
        {"generators": [ONE], "template": template("x"), "templatePatch": "{"},
        "generators[0]",
    ),
    "a patch that takes the metadata away": (
        {"generators": [ONE], "template": template("x"), "templatePatch": "metadata: null"},
        "the patch leaves no metadata",
    ),
    "an unknown field": (
        {"generators": [ONE], "template": template("x"), "goTemplates": True},
        "`spec.goTemplates`",
    ),
}


@pytest.mark.parametrize(("spec", "said"), SPECS.values(), ids=SPECS)
def test_a_set_that_is_wrong_makes_nothing_and_says_why(spec: dict[str, Any], said: str) -> None:
    read = application_set(spec)
    assert read.value == []
    assert said in read.problems[0]
    assert read.problems[0].startswith("argocd/all.yaml:7: ")


def test_of_two_applications_with_one_name_neither_is_made() -> None:
    elements = [{"n": "a", "m": "1"}, {"n": "a", "m": "2"}, {"n": "b", "m": "3"}]
    read = application_set({"generators": [{"list": {"elements": elements}}], "template": template("{{n}}")})
    assert [body["metadata"]["name"] for body in read.value] == ["b"]
    assert "makes 2 applications called 'a'" in read.problems[0]


def test_parameters_can_t_add_fields_or_templates() -> None:
    evil = [{"n": "x\nspec: {project: evil}"}, {"n": "{{n}}"}, {"n": "a: {b: c}"}]
    read = application_set({"generators": [{"list": {"elements": evil}}], "template": template("{{n}}")})
    assert [set(body["spec"]) for body in read.value] == [{"source", "destination"}] * 3
    assert sorted(body["metadata"]["name"] for body in read.value) == sorted(item["n"] for item in evil)


FILES = {
    "neither object nor list": ("3", "is neither an object nor a list of objects"),
    "a list of texts": ("[a]", "is neither an object nor a list of objects"),
    "not YAML": ("a: [", "p/x.yaml:2: "),
    "a key twice": ("a: 1\na: 2", "p/x.yaml:2: key 'a' is there twice"),
    "not text": ("\udc80".encode("utf-8", "surrogatepass"), "is not UTF-8"),
}


@pytest.mark.parametrize(("content", "said"), FILES.values(), ids=FILES)
def test_a_file_that_holds_no_parameters_is_named(content: Any, said: str) -> None:
    read = application_set(
        {"generators": [git(files=[{"path": "p/*"}])], "template": template("x")}, {"p/x.yaml": content}
    )
    assert said in read.problems[0]
    assert read.value == []


@pytest.mark.parametrize(
    ("target", "found"),
    [("../envs/a.yaml", True), ("../../etc/passwd", False), ("x.yaml", False), ("/etc/passwd", False)],
)
def test_a_link_is_followed_inside_the_repository_only(target: str, found: bool) -> None:
    tree = given.commit({"p/x.yaml": target, "envs/a.yaml": "k: v"}, {"p/x.yaml": "120000"})
    url = "https://git.example.test/linked"
    generator = {"git": {"repoURL": url, "files": [{"path": "p/x.yaml"}]}}
    read = application_set({"generators": [generator], "template": template("{{k}}")}, read=lambda *_: tree)
    if found:
        assert names(read) == ["v"]
    else:
        assert "is a link that leads to no file of the repository" in read.problems[0]


def test_another_repository_is_asked_for_at_its_revision() -> None:
    asked: list[tuple[str, str]] = []

    def read(url: str, revision: str) -> Any:
        asked.append((url, revision))
        return given.commit({"x/a/f.yaml": ""})

    generator = git(directories=[{"path": "x/*"}])
    generator["git"] |= {"repoURL": "https://git.example.test/other", "revision": "v1"}
    made = application_set({"generators": [generator], "template": template("{{path.basename}}")}, read=read)
    assert names(made) == ["a"]
    assert asked == [("https://git.example.test/other", "v1")]


def test_the_stack_s_own_repository_is_not_asked_for_again() -> None:
    for url in (REPOSITORY, "git@git.example.test:team/platform.git"):
        for revision in ("", "HEAD", "main"):
            generator = {"git": {"repoURL": url, "revision": revision, "directories": [{"path": "*"}]}}
            made = application_set({"generators": [generator], "template": template("{{path}}")}, {"a/x": ""})
            assert names(made) == ["a"]


def test_two_hundred_applications_are_made_in_no_time() -> None:
    files = {f"apps/app-{index}/a.yaml": "" for index in range(200)}
    stated = template("{{ .path.basename | lower }}", project="{{ index .path.segments 0 }}")
    spec = {"goTemplate": True, "generators": [git(directories=[{"path": "apps/*"}])], "template": stated}
    fastest = 9.0
    for _ in range(3):
        begun = process_time()
        made = application_set(spec, files)
        fastest = min(fastest, process_time() - begun)
    assert len(names(made)) == 200
    assert fastest < 1


def test_a_cluster_without_an_address_gets_one_that_means_it() -> None:
    fleet = Fleet("a", (FleetCluster("a"), FleetCluster("b")), REPOSITORY, "main")
    made = application_set(
        {"generators": [{"clusters": {}}], "template": template("{{server}}")}, fleet=fleet
    )
    assert names(made) == ["https://b.gitops.internal", "https://kubernetes.default.svc"]


WORDS = "list git clusters matrix merge generators elements template values n spec metadata name selector files path"
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text() | st.sampled_from(["{{n}}", "{{ .n", "*"]),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(WORDS.split()), inner, max_size=3)
    ),
    max_leaves=25,
)


@for_any(JSON, JSON, st.booleans(), st.none() | st.text())
def test_any_json_makes_applications_or_problems(
    generator: Any, stated: Any, go: bool, patch: str | None
) -> None:
    spec = {"generators": [ONE, generator], "template": stated, "goTemplate": go, "templatePatch": patch}
    read = application_set(spec)
    assert read.problems or all(isinstance(body["metadata"], dict) for body in read.value)
