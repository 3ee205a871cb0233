"""Rendering beside the reference tools: the same objects as `helm template` and `kustomize build`."""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from gitops.manifests.program import Program
from gitops.model.capabilities import Capabilities
from gitops.model.sources import Helm, HelmParameter, Kustomize, Source
from tests.live.bench import normal, theirs
from tests.live.charts import LIBRARIES, OVERLAY, UMBRELLA

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.live.bench import Bench

pytestmark = pytest.mark.live

CHART, OVERLAYS = "apps/umbrella", "apps/overlay"


@pytest.mark.parametrize("case", ["plain", "values", "capabilities", "no CRDs"])
def test_a_chart_is_rendered_as_by_helm_template(bench: Bench, case: str) -> None:
    bench.write(CHART, UMBRELLA)
    bench.write("lib", LIBRARIES)
    bench.write(
        "shared", {"more.yaml": "slow: {enabled: true, size: 9}\nanswer: 'no'\n", "key.txt": "a,b=c\n"}
    )
    reference = bench.home / "reference"
    shutil.copytree(bench.repository.path, reference)
    bench.run("helm", "dependency", "update", CHART, folder=reference)
    options, arguments, capabilities = Helm(), ["--kube-version=1.36.0"], Capabilities()
    if case == "values":
        options = Helm(
            value_files=("values-prod.yaml", "/shared/more.yaml"),
            values_object={"global": {"team": "edge"}, "image": {"name": "httpd"}},
            parameters=(HelmParameter("image.tag", "2.0"), HelmParameter("octal", "0755", force_string=True)),
            file_parameters=(("answer", "/shared/key.txt"),),
        )
        inline = bench.home / "inline.yaml"
        inline.write_text("global: {team: edge}\nimage: {name: httpd}\n")
        arguments += [
            f"--values={CHART}/values-prod.yaml", "--values=shared/more.yaml", f"--values={inline}",
            "--set=image.tag=2.0", "--set-string=octal=0755", "--set-file=answer=shared/key.txt",
        ]  # fmt: skip
    if case == "capabilities":
        capabilities = Capabilities("1.29.4", ("example.org/v2", "example.org/v2/Thing"))
        arguments = ["--kube-version=1.29.4", "--api-versions=example.org/v2,example.org/v2/Thing"]
    if case == "no CRDs":
        options = Helm(skip_crds=True, release_name="other")
    else:
        arguments.append("--include-crds")
    bench.rendering = replace(bench.rendering, capabilities=capabilities)
    name = options.release_name or "web"
    expected = bench.run(
        "helm", "template", name, CHART, "--namespace=shop", "--skip-tests", *arguments, folder=reference
    )
    ours = bench.bodies(Source(path=CHART, tool=options), namespace="shop")
    assert normal(ours) == theirs(expected)
    assert {"Job", "Deployment", "ServiceAccount", "Service"} <= {body["kind"] for body in ours}


def test_objects_of_a_chart_are_placed_at_the_templates_they_come_from(bench: Bench) -> None:
    bench.write(CHART, UMBRELLA)
    bench.write("lib", LIBRARIES)
    found, told = bench.ours(Source(path=CHART))
    assert told == []
    places = {f"{raw.body['kind']} {raw.body['metadata']['name']}": raw.where.file for raw in found}
    assert places["ConfigMap web-b"] == f"{CHART}/templates/config.yaml"
    assert places["CustomResourceDefinition others.example.org"] == f"{CHART}/crds/things.yaml"
    assert places["Job migrate"] == f"{CHART}/templates/hooks.yaml"
    assert places["ServiceAccount web"] == f"{CHART}/Chart.yaml"  # it is in a chart that is elsewhere


@contextmanager
def serving(*command: str) -> Iterator[int]:
    """A server whose last argument is the port, for as long as it is needed."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    with subprocess.Popen(
        [*command, str(port)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as server:
        try:
            for _ in range(200):
                with socket.socket() as probe:
                    if probe.connect_ex(("127.0.0.1", port)) == 0:
                        break
                time.sleep(0.05)
            else:
                pytest.fail(f"nothing listens on port {port}")
            yield port
        finally:
            server.terminate()


@pytest.fixture
def packages(bench: Bench) -> Path:
    """A folder with the package of chart `tagged`, version 0.1.0."""
    bench.write("lib", LIBRARIES)
    bench.run("helm", "package", "lib/tagged", f"--destination={bench.home / 'charts'}")
    return bench.home / "charts"


@pytest.fixture
def served(bench: Bench, packages: Path) -> Iterator[str]:
    """That chart in a chart repository over HTTP."""
    bench.run("helm", "repo", "index", str(packages))
    server = ("-m", "http.server", "--bind=127.0.0.1", f"--directory={packages}")
    with serving(sys.executable, *server) as port:
        yield f"http://127.0.0.1:{port}"


@pytest.fixture
def registry(bench: Bench, packages: Path) -> Iterator[str]:
    """That chart in a registry."""
    with serving(bench.tools["registry"], "-port") as port:
        address = f"oci://localhost:{port}/charts"
        bench.run("helm", "push", str(packages / "tagged-0.1.0.tgz"), address, "--plain-http")
        yield address


@pytest.mark.parametrize("kind", ["served", "registry"])
def test_charts_elsewhere_are_downloaded_once_as_dependency_and_as_source(
    bench: Bench, request: pytest.FixtureRequest, kind: str
) -> None:
    address = request.getfixturevalue(kind)
    bench.write(
        "apps/small",
        {
            "Chart.yaml": f"""
                apiVersion: v2
                name: small
                version: 1.0.0
                dependencies: [{{name: tagged, version: ^0.1.0, repository: "{address}"}}]
            """,
            "values-x.yaml": "a: 1\n",
        },
    )
    _, [told] = bench.ours(Source(path="apps/small"))
    assert "version '^0.1.0' may be another one tomorrow" in told
    bench.write(
        "apps/small",
        {"Chart.lock": f"dependencies: [{{name: tagged, version: 0.1.0, repository: '{address}'}}]"},
    )
    account = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "web"}}
    assert bench.bodies(Source(path="apps/small")) == [account]
    chart = Source(
        address.removeprefix("oci://"),
        "0.1.0",
        chart="tagged",
        tool=Helm(value_files=("$here/apps/small/values-x.yaml",)),
    )
    here = Source(ref="here")
    assert bench.bodies(chart, here) == [account]
    bench.rendering = replace(bench.rendering, helm=Program((bench.tools["helm"],), "another"))
    bench.write("apps/small", {"values.yaml": "now: without the network\n"})
    assert bench.bodies(Source(path="apps/small")) == [account]


def test_a_chart_version_that_does_not_exist_is_told(bench: Bench, served: str) -> None:
    found, [told] = bench.ours(Source(served, "9.9.9", chart="tagged"))
    assert found == []
    assert f"chart tagged 9.9.9 can't be had from {served}: Error: " in told


def test_an_overlay_is_rendered_as_by_kustomize_build(bench: Bench) -> None:
    bench.write(OVERLAYS, OVERLAY)
    expected = bench.run("kustomize", "build", f"{OVERLAYS}/prod")
    ours = bench.bodies(Source(path=f"{OVERLAYS}/prod"))
    assert normal(ours) == theirs(expected)
    assert len(ours) == 4


PATCH = "- {op: add, path: /spec/type, value: NodePort}"
EDITS: dict[str, tuple[Kustomize, list[list[str]]]] = {
    "names": (
        Kustomize(name_prefix="x-", name_suffix="-y", namespace="other"),
        [["set", "nameprefix", "x-"], ["set", "namesuffix", "--", "-y"], ["set", "namespace", "other"]],
    ),
    "images": (
        Kustomize(images=("nginx=registry.example:5000/nginx:3.0",)),
        [["set", "image", "nginx=registry.example:5000/nginx:3.0"]],
    ),
    "image kept in part": (Kustomize(images=("nginx=mirror/nginx:*",)), [["set", "image", "nginx=mirror/nginx:*"]]),
    "replicas": (Kustomize(replicas=(("web", 7),)), [["set", "replicas", "web=7"]]),
    "labels": (Kustomize(common_labels=(("team", "core"),)), [["add", "label", "team:core"]]),
    "labels without selectors": (
        Kustomize(
            common_labels=(("env", "x"),),
            label_without_selector=True,
            label_include_templates=True,
            force_common_labels=True,
        ),
        [["add", "label", "--force", "--without-selector", "--include-templates", "env:x"]],
    ),
    "annotations": (Kustomize(common_annotations=(("note", "it: works"),)), [["add", "annotation", "note:it: works"]]),
    "components": (Kustomize(components=("../components/quota",)), [["add", "component", "../components/quota"]]),
    "patches": (
        Kustomize(patches=({"target": {"kind": "Service"}, "patch": PATCH},)),
        [["add", "patch", "--kind=Service", f"--patch={PATCH}"]],
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", EDITS)
def test_options_are_those_of_kustomize_edit(bench: Bench, case: str) -> None:
    options, edits = EDITS[case]
    bench.write(OVERLAYS, OVERLAY)
    ours = bench.bodies(Source(path=f"{OVERLAYS}/prod", tool=options))
    for edit in edits:
        bench.run("kustomize", "edit", *edit, folder=bench.repository.path / OVERLAYS / "prod")
    assert normal(ours) == theirs(bench.run("kustomize", "build", f"{OVERLAYS}/prod"))


def test_a_kustomization_inflates_charts_where_that_is_asked_for(bench: Bench, served: str) -> None:
    bench.write(
        "apps/inflated",
        {
            "kustomization.yaml": f"""
                namePrefix: k-
                helmGlobals: {{chartHome: charts}}
                helmCharts:
                - {{name: near, releaseName: one, namespace: shop, valuesInline: {{a: 2}}}}
                - {{name: tagged, releaseName: two, version: 0.1.0, repo: "{served}"}}
            """,
            "charts/near/Chart.yaml": "apiVersion: v2\nname: near\nversion: 1.0.0\n",
            "charts/near/values.yaml": "a: 1\n",
            "charts/near/templates/x.yaml": """
                apiVersion: v1
                kind: ConfigMap
                metadata: {name: "{{ .Release.Name }}"}
                data: {a: "{{ .Values.a }}", version: "{{ .Capabilities.KubeVersion.Version }}"}
            """,
        },
    )
    _, [told] = bench.ours(Source(path="apps/inflated"))
    assert "`helmCharts` would run code or download charts" in told
    bench.rendering = replace(bench.rendering, enable_helm=True, capabilities=Capabilities("1.31.0"))
    ours = bench.bodies(Source(path="apps/inflated"))
    expected = bench.run(
        "kustomize", "build", "apps/inflated", "--enable-helm", f"--helm-command={bench.tools['helm']}",
        "--helm-kube-version=1.31.0",
    )  # fmt: skip
    assert normal(ours) == theirs(expected)
    assert {body["metadata"]["name"] for body in ours} == {"k-one", "k-two"}
