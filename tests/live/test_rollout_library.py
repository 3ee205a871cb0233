"""The library's checks and their simulation, asked of a real Prometheus that scrapes metrics of the real shapes."""

import json
import math
import time

import pytest

from gitops.delivery.prometheus import Prometheus as Past
from gitops.model.rollout.analysis import Check
from gitops.rollouts.library import LIBRARY, query
from sandbox.console import Console
from sandbox.toolchain import cache_folder, prometheus
from tests.git_repository import GitRepository
from tests.live.mesh import Behavior, Mesh
from tests.live.rollouts import Prometheus
from tests.live.stack_project import deployment
from tests.live.watching import until

pytestmark = pytest.mark.live

GOOD, BAD, IDLE = "6d4b75cb6d", "7f9c8b5d4", "5c5d6f7b8"
PODS = [f"pay-{version}-{end}" for version in (GOOD, BAD) for end in ("abcde", "fghij")]


@pytest.fixture(scope="module")
def mesh():
    mesh = Mesh("pay", "pay", lambda: PODS)
    mesh.behaviors[BAD] = Behavior(errors=0.2, milliseconds=900, cores=0.49, restarts=0.5)
    mesh.start()
    yield mesh
    mesh.stop()


@pytest.fixture(scope="module")
def server(tmp_path_factory, mesh):
    """Has scraped for ten seconds."""
    programs = prometheus(cache_folder(), "/usr/local/bin:/usr/bin:/bin", Console())
    server = Prometheus(str(programs["prometheus"]), tmp_path_factory.mktemp("prometheus"), mesh.target)
    server.start()
    until(lambda: math.isfinite(measured(server, "latency-p95", BAD)))
    time.sleep(10)
    yield server
    server.stop()


def measured(server, name, version):
    """What the check measures now of the pods of this version."""
    asked = query(Check(name, window="5s"), "pay", "pay").replace("{{args.pod-hash}}", version)
    try:
        ((value,),) = Past(server.url).past(asked, time.time(), 1.0, 1)
    except Exception:  # noqa: BLE001 - it may not listen yet
        return math.nan
    return value


@pytest.mark.parametrize(
    ("name", "good", "bad"),
    [
        ("success-rate", (1, 1), (0.7, 0.9)),
        ("latency-p95", (50, 100), (500, 1000)),
        ("saturation", (0.05, 0.2), (0.9, 1.1)),
        ("restart-rate", (0, 0), (1, 10)),
    ],
)
def test_a_check_of_the_library_tells_a_good_version_from_a_bad_one(server, name, good, bad):
    named = LIBRARY[name]
    for version, (least, most), passes in ((GOOD, good, True), (BAD, bad, False)):
        value = measured(server, name, version)
        assert least <= value <= most, (version, value)
        assert (value >= named.threshold if named.at_least else value <= named.threshold) == passes


@pytest.mark.parametrize("name", LIBRARY)
def test_a_version_that_prometheus_has_nothing_of_is_neither_good_nor_bad(server, name):
    asked = query(Check(name, window="5s"), "pay", "pay").replace("{{args.pod-hash}}", IDLE)
    ((value,),) = Past(server.url).past(asked, time.time(), 1.0, 1)
    assert math.isnan(value)


@pytest.fixture(scope="module")
def repository(tmp_path_factory, server):
    """States a canary of the workload with all of the library's checks."""
    times = "window: 5s, interval: 1s, count: 2"
    checks = ", ".join(f"{{name: {name}, {times}}}" for name in LIBRARY)
    steps = f"[{{setWeight: 50}}, {{analysis: {{checks: [{', '.join(LIBRARY)}]}}}}]"
    section = f"rollout: {{prometheus: '{server.url}', canary: {{steps: {steps}}}, checks: [{checks}]}}\n"
    repository = GitRepository(tmp_path_factory.mktemp("library") / "repository")
    repository.write("k8s/02-apps/pay/pay.yaml", deployment("pay"))
    repository.write("k8s/02-apps/pay/gitops.yaml", section).commit("Canary")
    return repository


@pytest.mark.parametrize(("version", "code", "verdict"), [(GOOD, 0, True), (BAD, 1, False)])
def test_the_simulation_says_of_the_past_what_the_checks_said(
    repository, tmp_path, monkeypatch, capsys, version, code, verdict
):
    from gitops.cli import main

    (tmp_path / "Pulumi.yaml").write_text("name: pay\nruntime: python\n")
    (tmp_path / "Pulumi.prod.yaml").write_text(f"config:\n  gitops:repository: {repository.url}\n")
    words = ["rollout", "simulate", "pay", "--stack", "prod", "--since", "9s", "-o", "json"]
    argv = ["gitops", "--project", str(tmp_path), *words, "--arg", f"pod-hash={version}"]
    monkeypatch.setattr("sys.argv", argv)
    with pytest.raises(SystemExit) as ended:
        main.main()
    told = json.loads(capsys.readouterr().out)
    assert (ended.value.code or 0) == code, told
    assert {metric["name"]: metric["passed"] for metric in told["metrics"]} == dict.fromkeys(LIBRARY, verdict)
