"""The check by a query, against a real Prometheus that scrapes itself."""

import time

import pytest

from gitops.delivery.verification.probes import Deployed, measure
from gitops.model.verification import Check
from gitops.model.verification import Prometheus as Probe
from sandbox.console import Console
from sandbox.toolchain import cache_folder, prometheus
from tests import given
from tests.live.rollouts import Prometheus

pytestmark = pytest.mark.live


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    program = prometheus(cache_folder(), "/usr/local/bin:/usr/bin:/bin", Console())["prometheus"]
    folder = tmp_path_factory.mktemp("prometheus")
    server = Prometheus(str(program), folder, "itself")
    config = folder / "prometheus.yml"
    config.write_text(config.read_text().replace("itself", f"127.0.0.1:{server.port}"))
    server.start()
    yield server
    server.stop()


def test_a_query_is_held_to_its_wish_by_what_was_scraped(server, tmp_path):
    deployed = Deployed("prod", tmp_path, given.SHA, None, {}.__getitem__)

    def asked(query, success):
        return measure(Check("up", Probe(server.url, query, success)), deployed)

    end = time.monotonic() + 30
    while not (found := asked("sum(up)", "result == 1.0")).well:
        assert time.monotonic() < end, found
        time.sleep(0.3)
    assert found.seen == "result is 1.0"
    assert not asked("sum(up)", "result > 1.0").well
    assert asked("scalar(sum(up)) + 1", "result == 2.0").well
    assert asked("absent(up)", "result < 1.0").seen == "the query has no value"
    assert "parse error" in asked("sum(up", "true").seen
