"""`gitops rollout simulate`: what it prints and ends with."""

import json

import pytest

from tests.git_repository import GitRepository
from tests.prometheus_stub import Stub, serving
from tests.rollouts.built import DEPLOYMENT, SERVICE

SECTION = """
rollout:
  prometheus: {}
  canary:
    steps:
      - setWeight: 20
      - analysis: {{checks: [{}]}}
  checks:
    - name: orders
      query: sum(rate(orders{{pod=~"$workload-{{{{args.pod-hash}}}}-.*"}}[$window]))
      successCondition: {}
      count: 3
"""


@pytest.fixture
def prometheus():
    with serving(Stub(lambda at: 1 if at % 3600 < 300 else 5)) as stub:
        yield stub


@pytest.fixture
def simulate(gitops, tmp_path, prometheus):
    """Runs the command on a section with this check."""

    def run(*arguments, condition="result[0] >= 0.5", check="orders", section=SECTION):
        repository = GitRepository(tmp_path / "repository")
        repository.write("k8s/02-apps/shop/web.yaml", DEPLOYMENT + SERVICE)
        if section:
            text = section.format(prometheus.url, check, condition)
            repository.write("k8s/02-apps/shop/gitops.yaml", text)
        repository.commit("Start")
        project = tmp_path / "project"
        project.mkdir()
        (project / "Pulumi.yaml").write_text("name: p\nruntime: python\n")
        (project / "Pulumi.test.yaml").write_text(f"config:\n  gitops:repository: {repository.url}\n")
        return gitops("--project", str(project), "rollout", "simulate", "--stack", "test", *arguments)

    return run


def test_a_threshold_that_held_ends_with_0(simulate):
    code, out, err = simulate("shop")
    assert code == 0, err
    assert "orders  passed  357   0         0             0" in out
    assert "[a-z0-9]+ stands for pod-hash: all versions that ran are measured together" in out
    assert "looking back at shop/web: orders" in err


def test_a_threshold_that_did_not_hold_ends_with_1_and_tells_when(simulate):
    code, out, _ = simulate("--since", "24h", condition="result[0] > 1")
    assert code == 1
    assert "orders  failed" in out
    assert "measured [1], wanted result[0] > 1" in out
    assert "shorter times like that" in out


def test_json_has_all_of_it(simulate, prometheus):
    code, out, err = simulate("-o", "json", "--arg", "pod-hash=abc", condition="result[0] > 1")
    told = json.loads(out)
    (metric,) = told["metrics"]
    assert (code, err) == (1, "")
    assert told["passed"] is metric["passed"] is False
    assert metric["query"] == 'sum(rate(orders{pod=~"web-abc-.*"}[2m]))'
    assert metric["spread"] == {"min": 1, "median": 5, "p95": 5, "max": 5}
    assert prometheus.asked[0][0] == "/api/v1/query"


def test_runs_start_as_far_apart_as_is_said(simulate):
    _, out, _ = simulate("--step", "1h", "-o", "json")
    assert json.loads(out)["metrics"][0]["runs"]["Successful"] == 6


@pytest.mark.parametrize(("lasting", "runs"), [("1h", 301), ("7h", 0)])
def test_a_check_in_the_background_lasts_as_long_as_is_said(simulate, lasting, runs):
    section = SECTION.replace(
        "- analysis: {{checks: [{}]}}\n", "- pause: {{}}\n    analysis: {{checks: [{}]}}\n"
    )
    _, out, _ = simulate("--lasting", lasting, "-o", "json", section=section.replace("count: 3", "count: 0"))
    (metric,) = json.loads(out)["metrics"]
    assert metric["places"] == ["spec.strategy.canary.analysis"]
    assert metric["runs"]["Successful"] == runs


def test_another_address_wins(simulate, prometheus):
    code, out, _ = simulate("--prometheus", f"{prometheus.url}/other/", "-o", "json")
    assert code == 0
    assert json.loads(out)["metrics"][0]["prometheus"] == f"{prometheus.url}/other"
    assert prometheus.asked[0][0] == "/other/api/v1/query"


@pytest.mark.parametrize(
    ("condition", "why"),
    [("result[0] in [1]", "can't be judged here"), ("result[0] >= 0.5", "has no number for it")],
)
def test_what_can_not_be_told_ends_with_2(simulate, prometheus, condition, why):
    prometheus.series = ()
    code, out, _ = simulate(condition=condition)
    assert code == 2
    assert "orders  unknown  -" in out
    assert why in out


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["nobody"], 6, "no application nobody"),
        (["--arg", "pod-hash"], 2, "'pod-hash' is not NAME=VALUE"),
        (["--since", "yesterday"], 2, "is not a duration"),
        (["--since", "10000h"], 2, "look back less far: --since"),
        (["--prometheus", "http://127.0.0.1:1"], 3, "forward its port"),
        (["--prometheus", "localhost:9090"], 2, "is no address of a Prometheus server"),
    ],
)
def test_wrong_use_is_told(simulate, arguments, code, message):
    ended, out, err = simulate(*arguments)
    assert (ended, out) == (code, "")
    assert message in err


def test_an_application_without_analysis_is_told(simulate):
    ended, _, err = simulate("shop", section="")
    assert ended == 6
    assert "no Rollout there runs an analysis" in err
