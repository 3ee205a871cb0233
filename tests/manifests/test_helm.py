from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from gitops.manifests import checkout, documents, program
from gitops.manifests.program import Program
from gitops.model.capabilities import Capabilities
from gitops.model.sources import Helm, HelmParameter, Source
from tests import given
from tests.manifests.rendered import ROOT, bodies, rendered, rendering

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

# Prints its arguments and the files that it sees as an object, and notes each of its runs.
FAKE = r"""#!/bin/sh
echo run >> LOG
printf -- '---\n# Source: web/templates/x.yaml\nkind: Seen\narguments:\n'
for a in "$@"; do printf "  - '%s'\n" "$a"; done
echo files:
find . -type f | LC_ALL=C sort | while read -r f; do printf "  '%s': '%s'\n" "${f#./}" "$(tr '\n' ' ' < "$f")"; done
"""
CHART = {f"{ROOT}/Chart.yaml": "name: web\nversion: 1.0.0\n", f"{ROOT}/templates/x.yaml": "a: 1\n"}


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "runs"


@pytest.fixture
def helm(tmp_path: Path, log: Path) -> Callable[..., Any]:
    """A way of rendering whose `helm` is a script, else the fake one."""

    def made(script: str = FAKE, **changes: Any) -> Any:
        binary = tmp_path / "helm"
        binary.write_text(script.replace("LOG", str(log)))
        binary.chmod(0o755)
        return rendering(tmp_path / "cache", helm=Program((str(binary),), "fake:1"), **changes)

    return made


def runs(log: Path) -> int:
    return len(log.read_text().split()) if log.exists() else 0


def seen(how: Any, files: dict[str, str], helm: Helm | None = None, **options: Any) -> Any:
    sources = (Source(path=ROOT, tool=helm),) if helm else ()
    [body] = bodies(given.commit({**CHART, **files}), how, *sources, **options)
    return body


def test_a_chart_is_called_by_the_application_s_name_in_its_namespace(helm: Any) -> None:
    body = seen(helm(), {}, namespace="shop")
    assert body["arguments"] == [
        "template", "web", ROOT, "--namespace=shop", "--kube-version=1.36.0", "--include-crds",
        "--skip-tests",
    ]  # fmt: skip
    assert body["files"].keys() == CHART.keys()


def test_an_object_is_placed_at_its_template(helm: Any) -> None:
    [raw], _ = rendered(given.commit(CHART), helm())
    assert raw.where.file == f"{ROOT}/templates/x.yaml"


def test_values_win_in_argo_cd_s_order(helm: Any) -> None:
    options = Helm(
        value_files=("a.yaml", "/shared/b.yaml"),
        values="text: lost\n",
        values_object={"won": True},
        parameters=(HelmParameter("p", "a,b"), HelmParameter("q", "1", force_string=True), HelmParameter("l", "{a,b}")),
        file_parameters=(("f", "notes.txt"),),
    )  # fmt: skip
    files = {f"{ROOT}/a.yaml": "a: 1", "shared/b.yaml": "b: 1", f"{ROOT}/notes.txt": "hello"}
    body = seen(helm(), files, options)
    assert body["arguments"][5:] == [
        r"--set=p=a\,b", "--set-string=q=1", "--set=l={a,b}", "--include-crds", "--skip-tests",
        f"--values={ROOT}/a.yaml", "--values=shared/b.yaml", "--values=inline values",
        f"--set-file=f={ROOT}/notes.txt",
    ]  # fmt: skip
    assert body["files"]["inline values"] == '{"won": true}'


def test_the_last_of_equal_parameters_counts_and_the_build_environment_is_filled_in(helm: Any) -> None:
    parameters = (
        HelmParameter("a", "1"),
        HelmParameter("a", "$ARGOCD_APP_NAME-${ARGOCD_APP_NAMESPACE}-$$-$NO"),
    )
    assert "--set=a=web-web-$-" in seen(helm(), {}, Helm(parameters=parameters))["arguments"]


def test_options_of_the_release_and_the_cluster(helm: Any) -> None:
    how = helm(capabilities=Capabilities("1.31.2", ("b/v1", "a/v1/Kind")))
    options = Helm(release_name="other", namespace="else", skip_crds=True)
    assert seen(how, {}, options)["arguments"] == [
        "template", "other", ROOT, "--namespace=else", "--kube-version=1.31.2",
        "--api-versions=a/v1/Kind", "--api-versions=b/v1", "--skip-tests",
    ]  # fmt: skip
    stated = Helm(kube_version="1.20.0", api_versions=("c/v1",))
    assert seen(how, {}, stated)["arguments"][4:6] == ["--kube-version=1.20.0", "--api-versions=c/v1"]


def test_a_stack_has_values_of_its_own(helm: Any) -> None:
    files = {f"{ROOT}/values-test.yaml": "a: 1", f"{ROOT}/values-prod.yaml": "a: 2"}
    assert f"--values={ROOT}/values-test.yaml" in seen(helm(), files)["arguments"]
    assert seen(helm(), files, Helm())["arguments"][-1] == "--skip-tests"


def test_values_come_from_another_source_by_its_ref(helm: Any) -> None:
    other = given.commit({"env/prod.yaml": "a: 1", "env/key.pem": "x"})
    options = Helm(value_files=("$values/env/prod.yaml",), file_parameters=(("k", "$values/env/key.pem"),))
    found = bodies(
        given.commit(CHART), helm(),
        Source(path=ROOT, tool=options), Source("https://x/y.git", "main", ref="values"),
        others={("https://x/y.git", "main"): other},
    )  # fmt: skip
    [body] = found
    assert body["arguments"][-2:] == ["--values=$values/env/prod.yaml", "--set-file=k=$values/env/key.pem"]
    assert body["files"]["$values/env/prod.yaml"] == "a: 1"


@pytest.mark.parametrize(
    ("file", "told"),
    [
        ("../../../../etc/passwd", "leaves the repository"),
        ("/../x", "leaves the repository"),
        ("$values/../../x", "leaves the repository"),
        ("$other/x", "no source has the ref 'other'"),
        ("https://x/y.yaml", "is outside the repository"),
        ("secrets://x", "is outside the repository"),
        ("gone.yaml", "does not exist"),
        ("$values/gone.yaml", "does not exist"),
        ("link.yaml", "is a folder or a link"),
        ("templates", "is a folder or a link"),
        ("../../..", "is a folder or a link"),
    ],
)
@pytest.mark.parametrize("way", ["values", "parameter"])
def test_a_values_file_that_is_not_a_file_of_a_source_is_told(
    helm: Any, log: Path, file: str, told: str, way: str
) -> None:
    options = Helm(value_files=(file,)) if way == "values" else Helm(file_parameters=(("x", file),))
    commit = given.commit({**CHART, f"{ROOT}/link.yaml": "/etc/passwd"}, {f"{ROOT}/link.yaml": "120000"})
    found, [problem] = rendered(
        commit, helm(), Source(path=ROOT, tool=options), Source("u", "r", ref="values"),
        others={("u", "r"): given.commit({"a.yaml": ""})},
    )  # fmt: skip
    assert found == []
    assert told in problem
    assert problem.startswith(f"{ROOT}/Chart.yaml: ")
    assert runs(log) == 0


def test_missing_values_files_may_be_ignored(helm: Any) -> None:
    options = Helm(value_files=("gone.yaml", "a.yaml"), ignore_missing_value_files=True)
    assert seen(helm(), {f"{ROOT}/a.yaml": ""}, options)["arguments"][-1] == f"--values={ROOT}/a.yaml"


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (Helm(release_name="--post-renderer=/bin/sh"), "can't be a release name"),
        (Helm(release_name="{{ x }}"), "can't be a release name"),
        (Helm(namespace="-n"), "can't be a namespace"),
    ],
)
def test_names_never_become_options(helm: Any, options: Helm, told: str) -> None:
    assert told in rendered(given.commit(CHART), helm(), Source(path=ROOT, tool=options))[1][0]


def test_links_in_a_chart_are_not_followed(helm: Any) -> None:
    commit = given.commit(
        {**CHART, f"{ROOT}/templates/l.yaml": "/etc/passwd"}, {f"{ROOT}/templates/l.yaml": "120000"}
    )
    assert rendered(commit, helm())[1][0].startswith(f"{ROOT}/templates/l.yaml: is a link")


@pytest.mark.parametrize("name", ["../../../../escaped", "a/../../../../../escaped", "./x", "a//b"])
def test_a_tree_with_a_name_that_leads_out_is_refused(helm: Any, log: Path, name: str) -> None:
    _, [told] = rendered(given.commit({**CHART, f"{ROOT}/{name}": "x"}), helm())
    assert "has a name that leads out of the repository" in told
    assert runs(log) == 0


def test_a_chart_that_is_too_large_is_told(helm: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checkout, "MAX_FILES", 1)
    assert "holds more than 1 files" in rendered(given.commit(CHART), helm())[1][0]
    monkeypatch.undo()
    monkeypatch.setattr("gitops.manifests.helm.MAX_BYTES", 10)
    assert "holds more than" in rendered(given.commit(CHART), helm())[1][0]


def test_what_was_rendered_once_is_rendered_again_only_when_something_it_reads_changes(
    helm: Any, log: Path
) -> None:
    options = Helm(value_files=("/shared/v.yaml",))
    files = {"shared/v.yaml": "a: 1", "docs/x.md": "x"}
    first = seen(helm(), files, options)
    assert seen(helm(), {**files, "docs/x.md": "y"}, options) == first
    assert runs(log) == 1
    for count, change in enumerate(
        (
            {"files": {**files, "shared/v.yaml": "a: 2"}},
            {"files": {**files, f"{ROOT}/templates/y.yaml": ""}},
            {"files": files, "helm": Helm(value_files=("/shared/v.yaml",), values="x: 1")},
            {"files": files, "namespace": "else"},
            {"files": files, "how": helm(capabilities=Capabilities("1.30.0"))},
        ),
        start=2,
    ):
        seen(**{"how": helm(), "helm": options, **change})
        assert runs(log) == count


def test_a_failure_names_the_template_and_its_line_and_is_not_kept(helm: Any, log: Path) -> None:
    place = "web/templates/x.yaml"
    words = f'Error: template: {place}:3:7: executing "{place}" at <.Values.a>: nil'
    script = f"#!/bin/sh\necho run >> LOG\necho '{words}' >&2\nexit 1\n"
    _, [told] = rendered(given.commit(CHART), helm(script))
    assert told.startswith(
        f"{ROOT}/templates/x.yaml:3: does not render: template: {ROOT}/templates/x.yaml:3:7"
    )
    assert f"→ try: helm template {ROOT}" in told
    rendered(given.commit(CHART), helm(script))
    assert runs(log) == 2


@pytest.mark.parametrize(
    ("script", "told"),
    [
        ("yes a", "it printed more than"),
        ("exec sleep 20", "it took longer than"),
        ("exec yes a >&2", "it took longer than"),
        (r"printf 'a: \377'", "the file is not UTF-8 text"),
        ("for i in 1 2 3 4; do printf -- '---\\na: 1\\n'; done", "more than 3 objects"),
        ("echo 'a: ['", "does not render"),
        ("kill -9 $$", "it was ended by signal 9"),
        ("kill -XCPU $$", "it took all the processor time that it may have"),
        ("exit 3", "it ended with status 3"),
    ],
)
def test_what_has_no_end_or_no_sense_is_ended_and_told(
    helm: Any, monkeypatch: pytest.MonkeyPatch, script: str, told: str
) -> None:
    monkeypatch.setattr(program, "TIMEOUT", 0.4)
    monkeypatch.setattr(program, "MAX_OUTPUT", 100_000)
    monkeypatch.setattr(documents, "MAX_DOCUMENTS", 3)
    found, [problem] = rendered(given.commit(CHART), helm(f"#!/bin/sh\n{script}\n"))
    assert found == []
    assert told in problem


def test_a_key_twice_in_a_chart_s_output_is_what_helm_lets_pass(helm: Any) -> None:
    assert bodies(given.commit(CHART), helm("#!/bin/sh\nprintf 'a: 1\\na: 2\\n'\n")) == [{"a": 2}]


def test_helm_sees_nothing_of_the_environment_and_no_network(
    helm: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KUBECONFIG", "/mine")
    monkeypatch.setenv("HELM_PLUGINS", "/mine")
    script = "#!/bin/sh\necho \"env: '$KUBECONFIG-$HELM_PLUGINS-$HTTPS_PROXY'\"\n"
    assert bodies(given.commit(CHART), helm(script)) == [{"env": "--http://127.0.0.1:9"}]


@pytest.mark.parametrize(
    ("words", "place"),
    [
        ("YAML parse error on web/templates/x.yaml: yaml: line 2: no", f"{ROOT}/templates/x.yaml: "),
        ("cannot load values.yaml: yaml: line 2: no", f"{ROOT}/values.yaml:2: "),
        (f"failed to parse {ROOT}/values-test.yaml: yaml: line 3: no", f"{ROOT}/values-test.yaml:3: "),
        ("something about nothing", f"{ROOT}/Chart.yaml: "),
    ],
)
def test_a_failure_is_placed_at_the_file_that_helm_names(helm: Any, words: str, place: str) -> None:
    files = {**CHART, f"{ROOT}/values.yaml": "", f"{ROOT}/values-test.yaml": ""}
    _, [told] = rendered(given.commit(files), helm(f"#!/bin/sh\necho 'Error: {words}' >&2\nexit 1\n"))
    assert told.startswith(place)


def test_a_program_without_memory_is_told_in_one_sentence(helm: Any) -> None:
    _, [told] = rendered(
        given.commit(CHART), helm("#!/bin/sh\necho 'fatal error: out of memory' >&2\nexit 2\n")
    )
    assert "does not render: it needs more than 4 GiB of memory" in told


def test_without_helm_it_says_what_to_install(tmp_path: Path) -> None:
    assert "needs helm" in rendered(given.commit(CHART), rendering(tmp_path))[1][0]


def test_a_folder_that_is_told_to_be_a_chart_and_is_none_is_told(helm: Any) -> None:
    _, [told] = rendered(given.commit({f"{ROOT}/a.yaml": ""}), helm(), Source(path=ROOT, tool=Helm()))
    assert told.startswith(f"{ROOT}: is no chart")
