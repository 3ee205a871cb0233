"""ApplicationSets: a row for each behavior of the generators, named by the page of Argo CD's manual that tells it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.source.argo.argo_given import REPOSITORY, application_set, document, names, template

TREE = {
    "k8s/01-infra/cilium/a.yaml": "",
    "k8s/02-apps/web/a.yaml": "",
    "k8s/02-apps/My_Shop/a.yaml": "",
    "k8s/02-apps/.hidden/a.yaml": "",
    "k8s/02-apps/web/base/a.yaml": "",
    "README.md": "",
}
ENVIRONMENTS = {
    "envs/prod.yaml": "cluster: {name: production, replicas: 3}\nregions: [eu, us]\nfeature: true\nbig: 1000000\n",
    "envs/qa/config.json": '[{"cluster": {"name": "qa-1"}}, {"cluster": {"name": "qa-2"}}]',
    "envs/qa/empty.yaml": "",
    "other/x.yaml": "cluster: {name: x}\n",
}


@dataclass(frozen=True)
class Row:
    """A behavior: generators in YAML, the template of a name, and the names that come out."""

    page: str
    behavior: str
    generators: str
    name: str
    expected: tuple[str, ...]
    files: dict[str, str] = field(default_factory=dict)
    go: bool = False

    def __str__(self) -> str:
        return f"{self.page}: {self.behavior}"


def directories(*paths: str, more: str = "") -> str:
    items = ", ".join(
        f"{{path: '{path.removeprefix('!')}', exclude: {str(path.startswith('!')).lower()}}}"
        for path in paths
    )
    return f"[{{git: {{repoURL: {REPOSITORY}, revision: HEAD, directories: [{items}]{more}}}}}]"


def files(*paths: str, more: str = "") -> str:
    items = ", ".join(
        f"{{path: '{path.removeprefix('!')}', exclude: {str(path.startswith('!')).lower()}}}"
        for path in paths
    )
    return f"[{{git: {{repoURL: {REPOSITORY}, files: [{items}]{more}}}}}]"


GIT, FILE, LIST, CLUSTER, MATRIX, MERGE, TEMPLATE, GO = (
    "Git generator: directories", "Git generator: files", "List generator", "Cluster generator",
    "Matrix generator", "Merge generator", "Template", "Go template",
)  # fmt: skip
TWO = "[{list: {elements: [{n: a}, {n: b}]}}]"
ROWS = [
    # Git generator: directories
    Row(GIT, "the whole path is matched and `*` stops at a slash", directories("k8s/02-apps/*"),
        "{{path.basename}}", ("My_Shop", "web"), TREE),
    Row(GIT, "two stars are no more than one", directories("k8s/**"), "{{path.basename}}",
        ("01-infra", "02-apps"), TREE),
    Row(GIT, "each star is one level", directories("k8s/*/*"), "{{path.basename}}",
        ("My_Shop", "cilium", "web"), TREE),
    Row(GIT, "an exclude wins, wherever it stands", directories("!k8s/02-apps/web", "k8s/02-apps/*"),
        "{{path.basename}}", ("My_Shop",), TREE),
    Row(GIT, "an exclude alone takes nothing", directories("!k8s/02-apps/web"), "{{path.basename}}", (), TREE),
    Row(GIT, "the root and hidden directories are never taken", directories("*"), "{{path}}", ("k8s",),
        {**TREE, ".github/x/y": ""}),
    Row(GIT, "classes of characters", directories("k8s/0[12]-*/[a-w]*"), "{{path.basename}}",
        ("cilium", "web"), TREE),
    Row(GIT, "the normalized name is a DNS name", directories("k8s/02-apps/My*"),
        "{{path.basenameNormalized}}", ("my-shop",), TREE),
    Row(GIT, "segments by index", directories("k8s/02-apps/web"), "{{path[1]}}-{{ path[2] }}",
        ("02-apps-web",), TREE),
    Row(GIT, "a prefix for the parameters", directories("k8s/02-apps/web", more=", pathParamPrefix: p"),
        "{{p.path.basename}}{{path}}", ("web{{path}}",), TREE),
    Row(GIT, "values use the parameters", directories("k8s/02-apps/web", more=", values: {x: 'a-{{path.basename}}'}"),
        "{{values.x}}", ("a-web",), TREE),
    Row(GIT, "values do not use one another",
        directories("k8s/02-apps/web", more=", values: {a: x, b: '{{values.a}}'}"), "{{values.b}}",
        ("{{values.a}}",), TREE),
    Row(GIT, "path, basename and segments for Go templates", directories("k8s/02-apps/web"),
        "{{.path.basename}}-{{index .path.segments 1}}-{{len .path.segments}}", ("web-02-apps-3",), TREE, go=True),
    Row(GIT, "the prefix holds `path` for Go templates", directories("k8s/02-apps/web", more=", pathParamPrefix: p"),
        "{{.p.path.basename}}", ("web",), TREE, go=True),
    Row(GIT, "a directory is taken though it holds no manifest", directories("a"), "{{path}}", ("a",),
        {"a/x.txt": ""}),
    # Git generator: files
    Row(FILE, "a star crosses slashes, as for git ls-files", files("envs/*"), "{{path.filename}}",
        ("empty.yaml", "prod.yaml"), {path: text for path, text in ENVIRONMENTS.items() if "json" not in path}),
    Row(FILE, "a directory stands for all below it", files("envs"), "{{cluster.name}}",
        ("production", "qa-1", "qa-2"), {path: text for path, text in ENVIRONMENTS.items() if "empty" not in path}),
    Row(FILE, "excludes win", files("envs/*", "!envs/qa/*"), "{{cluster.name}}", ("production",), ENVIRONMENTS),
    Row(FILE, "a list is a set for each of its objects", files("envs/*.json"), "{{cluster.name}}-{{path.basename}}",
        ("qa-1-qa", "qa-2-qa"), ENVIRONMENTS),
    Row(FILE, "an empty file is one empty set", files("envs/qa/*.yaml"), "x-{{path.filename}}", ("x-empty.yaml",),
        ENVIRONMENTS),
    Row(FILE, "keys are joined by dots, values are text", files("envs/prod.yaml"),
        "{{cluster.name}}.{{cluster.replicas}}.{{regions.1}}.{{feature}}.{{big}}",
        ("production.3.us.true.1e+06",), ENVIRONMENTS),
    Row(FILE, "the structure stays for Go templates", files("envs/prod.yaml"),
        "{{.cluster.name}}-{{index .regions 0}}-{{.path.filenameNormalized}}", ("production-eu-prod.yaml",),
        ENVIRONMENTS, go=True),
    Row(FILE, "the file's directory is the path", files("envs/prod.yaml"), "{{path}}-{{path.filename}}",
        ("envs-prod.yaml",), ENVIRONMENTS),
    Row(FILE, "a file at the root", files("x.yaml"), "{{path}}", (".",), {"x.yaml": "a: 1"}),
    # List generator
    Row(LIST, "each element is a set", TWO, "{{n}}", ("a", "b")),
    Row(LIST, "nested values", "[{list: {elements: [{values: {x: y}}]}}]", "{{values.x}}", ("y",)),
    Row(LIST, "any JSON for Go templates", "[{list: {elements: [{a: {b: [1, 2]}}]}}]", "n{{index .a.b 1}}",
        ("n2",), go=True),
    Row(LIST, "elementsYaml is appended", "[{list: {elements: [{k: a}], elementsYaml: '[{k: b}]'}}]", "{{k}}",
        ("a", "b")),
    Row(LIST, "no elements make nothing", "[{list: {elements: []}}]", "{{n}}", ()),
    Row(LIST, "no generators make nothing", "[]", "{{n}}", ()),
    Row(LIST, "several generators add up", "[{list: {elements: [{n: a}]}}, {list: {elements: [{n: b}]}}]", "{{n}}",
        ("a", "b")),
    Row(LIST, "several generators in one entry add up",
        "[{list: {elements: [{n: a}]}, clusters: {values: {n: x}}}]", "{{n}}{{values.n}}-{{name}}",
        ("a{{values.n}}-{{name}}", "{{n}}x-production", "{{n}}x-staging")),
    # Cluster generator
    Row(CLUSTER, "every stack is a cluster", "[{clusters: {}}]", "{{name}}", ("production", "staging")),
    Row(CLUSTER, "by label", "[{clusters: {selector: {matchLabels: {env: prod}}}}]", "{{name}}", ("production",)),
    Row(CLUSTER, "by expression",
        "[{clusters: {selector: {matchExpressions: [{key: env, operator: NotIn, values: [prod]}]}}}]", "{{name}}",
        ("staging",)),
    Row(CLUSTER, "a key that a cluster lacks is in no list",
        "[{clusters: {selector: {matchExpressions: [{key: region, operator: NotIn, values: [us]}]}}}]", "{{name}}",
        ("production", "staging")),
    Row(CLUSTER, "by presence", "[{clusters: {selector: {matchExpressions: [{key: region, operator: Exists}]}}}]",
        "{{name}}", ("production",)),
    Row(CLUSTER, "by absence",
        "[{clusters: {selector: {matchExpressions: [{key: region, operator: DoesNotExist}]}}}]", "{{name}}",
        ("staging",)),
    Row(CLUSTER, "as secrets of Argo CD's",
        "[{clusters: {selector: {matchLabels: {argocd.argoproj.io/secret-type: cluster}}}}]", "{{name}}",
        ("production", "staging")),
    Row(CLUSTER, "server, labels and values",
        "[{clusters: {selector: {matchLabels: {env: prod}}, values: {v: 'x-{{metadata.labels.env}}'}}}]",
        "{{server}} {{metadata.labels.region}} {{values.v}}", ("https://10.0.0.1:6443 eu x-prod",)),
    Row(CLUSTER, "labels for Go templates; one that is missing is empty", "[{clusters: {}}]",
        '{{.nameNormalized}}{{index .metadata.labels "region"}}', ("productioneu", "staging"), go=True),
    Row(CLUSTER, "all in one list", "[{clusters: {flatList: true}}]",
        "{{range .clusters}}{{.name}};{{end}}", ("production;staging;",), go=True),
    # Matrix generator
    Row(MATRIX, "every set with every set",
        f"[{{matrix: {{generators: [{{clusters: {{}}}}, {directories('k8s/02-apps/*')[1:-1]}]}}}}]",
        "{{name}}-{{path.basename}}",
        ("production-My_Shop", "production-web", "staging-My_Shop", "staging-web"), TREE),
    Row(MATRIX, "the second child uses the first one's parameters",
        "[{matrix: {generators: [{list: {elements: [{d: web}]}}, " + directories("k8s/02-apps/{{d}}")[1:-1] + "]}}]",
        "{{path.basename}}", ("web",), TREE),
    Row(MATRIX, "for Go templates the first child wins and mappings are merged",
        "[{matrix: {generators: [{list: {elements: [{v: {a: 1, b: x}}]}}, {list: {elements: [{v: {b: y, c: 2}}]}}]}}]",
        "{{.v.a}}{{.v.b}}{{.v.c}}", ("1x2",), go=True),
    Row(MATRIX, "equal values do not contradict one another",
        "[{matrix: {generators: [{list: {elements: [{n: a}]}}, {list: {elements: [{n: a, m: b}]}}]}}]", "{{n}}{{m}}",
        ("ab",)),
    Row(MATRIX, "a matrix in a matrix",
        "[{matrix: {generators: [{matrix: {generators: [{list: {elements: [{a: '1'}, {a: '2'}]}}, {list: {elements: "
        "[{b: x}]}}]}}, {list: {elements: [{c: y}]}}]}}]", "{{a}}{{b}}{{c}}", ("1xy", "2xy")),
    Row(MATRIX, "a merge in a matrix",
        "[{matrix: {generators: [{merge: {mergeKeys: [k], generators: [{list: {elements: [{k: a, v: '1'}]}}, "
        "{list: {elements: [{k: a, v: '2'}]}}]}}, {list: {elements: [{c: y}]}}]}}]", "{{k}}{{v}}{{c}}", ("a2y",)),
    Row(MATRIX, "a child that makes nothing makes nothing of all",
        "[{matrix: {generators: [{list: {elements: [{a: x}]}}, {list: {elements: []}}]}}]", "{{a}}", ()),
    Row(MATRIX, "elementsYaml from a file of the first child",
        "[{matrix: {generators: [" + files("apps.yaml")[1:-1]
        + ", {list: {elementsYaml: '{{ .apps | toJson }}'}}]}}]",
        "{{.name}}", ("a", "b"), {"apps.yaml": "apps: [{name: a}, {name: b}]"}, go=True),
    # Merge generator
    Row(MERGE, "later sets override the base where the keys agree, others are dropped",
        "[{merge: {mergeKeys: [name], generators: [{clusters: {values: {r: '1'}}}, {list: {elements: "
        "[{name: staging, values.r: '2'}, {name: nobody, values.r: '3'}]}}]}}]", "{{name}}{{values.r}}",
        ("production1", "staging2")),
    Row(MERGE, "several keys all have to agree",
        "[{merge: {mergeKeys: [a, b], generators: [{list: {elements: [{a: x, b: y, v: '1'}, {a: x, b: z, v: '1'}]}}, "
        "{list: {elements: [{a: x, b: z, v: '2'}]}}]}}]", "{{a}}{{b}}{{v}}", ("xy1", "xz2")),
    Row(MERGE, "the last of several overrides wins",
        "[{merge: {mergeKeys: [k], generators: [{list: {elements: [{k: a, v: '1'}]}}, {list: {elements: [{k: a, v: "
        "'2'}]}}, {list: {elements: [{k: a, v: '3'}]}}]}}]", "{{k}}{{v}}", ("a3",)),
    Row(MERGE, "mappings are merged for Go templates",
        "[{merge: {mergeKeys: [k], generators: [{list: {elements: [{k: a, m: {x: 1, y: 1}}]}}, {list: {elements: "
        "[{k: a, m: {y: 2, z: 3}}]}}]}}]", "{{.m.x}}{{.m.y}}{{.m.z}}", ("123",), go=True),
    # Selectors on any generator
    Row("Generators: selector", "sets are chosen by what they hold",
        "[{list: {elements: [{n: a, e: x}, {n: b, e: y}]}, selector: {matchLabels: {e: y}}}]", "{{n}}", ("b",)),
    Row("Generators: selector", "values may be addresses",
        "[{clusters: {}, selector: {matchLabels: {server: 'https://10.0.0.1:6443'}}}]", "{{name}}", ("production",)),
    Row("Generators: selector", "nested keys are joined by dots, numbers are text",
        "[{list: {elements: [{n: a, m: {k: 1}}, {n: b, m: {k: 2}}]}, selector: {matchLabels: {m.k: '2'}}}]", "{{.n}}",
        ("b",), go=True),
    Row("Generators: selector", "on a child of a matrix",
        "[{matrix: {generators: [{list: {elements: [{a: x}, {a: y}]}, selector: {matchLabels: {a: y}}}, {list: "
        "{elements: [{b: z}]}}]}}]", "{{a}}{{b}}", ("yz",)),
    # Template
    Row(TEMPLATE, "an unknown tag stays as it is", "[{list: {elements: [{n: a}]}}]", "{{n}}{{m}}", ("a{{m}}",)),
    Row(TEMPLATE, "spaces in a tag do not count", "[{list: {elements: [{n: a}]}}]", "{{ n }}", ("a",)),
    Row(TEMPLATE, "without parameters a template is taken as it is", "[{list: {elements: [{}]}}]", "x{{n}}",
        ("x{{n}}",)),
    Row(TEMPLATE, "a value that is no text stays a tag", "[{list: {elementsYaml: '[{k: 1}]'}}]", "a{{k}}", ("a{{k}}",)),
    # Go template
    Row(GO, "sprig and Argo CD's own functions", "[{list: {elements: [{n: My_App}]}}]",
        '{{ .n | normalize }}-{{ .n | lower | replace "_" "." }}-{{ slugify .n }}', ("my-app-my.app-my-app",), go=True),
    Row(GO, "a missing key is `<no value>`", "[{list: {elements: [{n: a}]}}]", "{{.n}}{{.m}}",
        ("a<no value>",), go=True),
    Row(GO, "a condition", "[{list: {elements: [{n: a, up: true}, {n: b, up: false}]}}]",
        "{{.n}}{{if .up}}-on{{end}}", ("a-on", "b"), go=True),
    Row(GO, "every number is a float", "[{list: {elements: [{n: 1000000}]}}]", "{{.n}}", ("1e+06",), go=True),
]  # fmt: skip


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_a_behavior_of_argo_cd(row: Row) -> None:
    spec = {"goTemplate": row.go, "generators": document(row.generators), "template": template(row.name)}
    assert tuple(names(application_set(spec, row.files))) == row.expected


def made(spec: dict[str, Any], files_: dict[str, str] | None = None) -> dict[str, Any]:
    read = application_set({"generators": document(TWO)[:1], **spec}, files_)
    assert read.problems == ()
    return {body["metadata"]["name"]: body for body in read.value}


def test_every_text_is_a_template_and_so_is_every_key() -> None:
    stated = {
        "metadata": {"name": "{{.n}}", "labels": {"{{.n}}-key": "v{{.n}}"}},
        "spec": {
            **template("x")["spec"],
            "source": {
                "repoURL": REPOSITORY,
                "path": "a",
                "helm": {"valuesObject": {"k": ["{{.n}}", 1, None]}},
            },
        },
    }
    body = made({"goTemplate": True, "template": stated})["a"]
    assert body["metadata"]["labels"] == {"a-key": "va"}
    assert body["spec"]["source"]["helm"]["valuesObject"] == {"k": ["a", 1, None]}


def test_a_made_application_has_the_finalizer_unless_its_objects_are_preserved() -> None:
    policy = {"preserveResourcesOnDeletion": True}
    assert made({"template": template("{{n}}")})["a"]["metadata"]["finalizers"]
    assert "finalizers" not in made({"template": template("{{n}}"), "syncPolicy": policy})["a"]["metadata"]


def test_without_deletion_of_applications_their_objects_stay() -> None:
    body = made({"template": template("{{n}}"), "syncPolicy": {"applicationsSync": "create-update"}})["a"]
    assert body["metadata"]["finalizers"] == []


def test_a_generator_s_own_template_wins_field_by_field() -> None:
    own = {"metadata": {"name": "own-{{n}}"}, "spec": {"project": "special", "source": {"path": "other"}}}
    generators = [{"list": {"elements": [{"n": "a"}], "template": own}}]
    body = made({"generators": generators, "template": template("{{n}}", project="base")})["own-a"]
    assert body["spec"]["project"] == "special"
    assert body["spec"]["source"] == {"repoURL": REPOSITORY, "path": "other"}
    assert body["spec"]["destination"]["namespace"] == "web"


def test_an_empty_field_of_a_generator_s_own_template_states_nothing() -> None:
    generators = [
        {"list": {"elements": [{"n": "a"}], "template": {"metadata": {"name": ""}, "spec": {"project": ""}}}}
    ]
    assert (
        made({"generators": generators, "template": template("{{n}}", project="base")})["a"]["spec"][
            "project"
        ]
        == "base"
    )


def test_a_template_patch_changes_what_no_text_can() -> None:
    patch = """
    metadata: {finalizers: [x], annotations: {k: "{{ .n }}"}}
    spec:
      project: stolen
      syncPolicy:
        automated: {prune: {{ eq .n "a" }}}
      source: {path: null}
    """
    stated = template("{{.n}}", project="base")
    spec = {"goTemplate": True, "template": stated, "templatePatch": patch}
    bodies = made({**spec, "generators": document(TWO)})
    assert bodies["a"]["spec"]["syncPolicy"] == {"automated": {"prune": True}}
    assert bodies["b"]["spec"]["syncPolicy"] == {"automated": {"prune": False}}
    assert bodies["a"]["spec"]["source"] == {"repoURL": REPOSITORY}
    assert bodies["a"]["spec"]["project"] == "base"
    assert bodies["a"]["metadata"]["finalizers"] == ["resources-finalizer.argocd.argoproj.io", "x"]
    assert bodies["a"]["metadata"]["annotations"] == {"k": "a"}


def test_steps_of_a_rolling_sync_are_waves() -> None:
    def step(value: str) -> dict[str, Any]:
        return {"matchExpressions": [{"key": "n", "operator": "In", "values": [value]}]}

    stated = template("{{n}}")
    stated["metadata"]["labels"] = {"n": "{{n}}"}
    strategy = {
        "type": "RollingSync",
        "rollingSync": {"steps": [step("b"), {**step("a"), "maxUpdate": "100%"}]},
    }
    bodies = made({"template": stated, "strategy": strategy, "generators": document(TWO)})
    waves = {
        name: body["metadata"]["annotations"]["argocd.argoproj.io/sync-wave"] for name, body in bodies.items()
    }
    assert waves == {"a": "1", "b": "0"}


def test_the_order_of_generators_and_sets_does_not_matter() -> None:
    reversed_sets = [{"list": {"elements": [{"n": "b"}, {"n": "a"}]}}]
    first = application_set({"generators": document(TWO), "template": template("{{n}}")})
    assert application_set({"generators": reversed_sets, "template": template("{{n}}")}) == first
