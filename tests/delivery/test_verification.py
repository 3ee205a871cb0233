"""Checks against real programs and a real server; what is measured decides, and only that."""

from __future__ import annotations

import json
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import pytest

from gitops.delivery.verification.job import job_body
from gitops.delivery.verification.probes import Deployed, measure
from gitops.delivery.verification.run import verify
from gitops.model.errors import ConfigError
from gitops.model.verification import Check, Command, Http, Job, Measurement, Prometheus
from tests import given

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

JOB = b"apiVersion: batch/v1\nkind: Job\nmetadata: {name: smoke, namespace: checks}\n"


class _Answers(BaseHTTPRequestHandler):
    """`/api/v1/query` answers with the JSON that the query itself is, as Prometheus' `data`."""

    def do_GET(self) -> None:
        asked = urlsplit(self.path)
        match asked.path:
            case "/api/v1/query":
                data = json.loads(parse_qs(asked.query)["query"][0])
                self._say(200, json.dumps({"status": "success", "data": data}))
            case "/failing/api/v1/query":
                self._say(400, json.dumps({"status": "error", "error": "parse error at char 3"}))
            case "/slow":
                time.sleep(2)
            case "/gone":
                self._say(503, "away")
            case _:
                self._say(200, "all is well")

    def _say(self, status: int, text: str) -> None:
        self.send_response(status)
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def server() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), _Answers) as running:
        thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{running.server_port}"
        running.shutdown()


@pytest.fixture
def deployed(tmp_path: Path) -> Deployed:
    no_cluster: Any = None
    return Deployed("prod", tmp_path, given.SHA, no_cluster, lambda path: {"job.yaml": JOB}[path])


def vector(*values: str) -> str:
    return json.dumps({"resultType": "vector", "result": [{"metric": {}, "value": [0, v]} for v in values]})


def test_a_command_is_started_without_a_shell_and_told_what_it_verifies(deployed: Deployed) -> None:
    code = "import os, sys; print(sys.argv[1], os.environ['GITOPS_STACK'], os.environ['GITOPS_REVISION'], os.getcwd())"
    said = measure(Check("x", Command((sys.executable, "-c", code, "$HOME;"))), deployed)
    assert said == Measurement(well=True, seen=f"ended with 0: $HOME; prod {given.SHA} {deployed.project}")


@pytest.mark.parametrize(
    ("arguments", "seen"),
    [
        ((sys.executable, "-c", "print('first'); print('last'); raise SystemExit(3)"), "ended with 3: last"),
        ((sys.executable, "-c", "import time; time.sleep(60)"), "has not ended after 0.5 s"),
        (("/no/such/program",), "[Errno 2] No such file or directory: '/no/such/program'"),
    ],
)
def test_a_command_that_fails_says_how(deployed: Deployed, arguments: tuple[str, ...], seen: str) -> None:
    said = measure(Check("x", Command(arguments), timeout=0.5), deployed)
    assert said == Measurement(well=False, seen=seen)


@pytest.mark.parametrize(
    ("probe", "well", "seen"),
    [
        (("/", 200, "is well"), True, "answered 200"),
        (("/", 200, "is ill"), False, "answered 200 without 'is ill'"),
        (("/gone", 503, ""), True, "answered 503"),
        (("/gone", 200, ""), False, "answered 503, not 200"),
    ],
)
def test_a_request_is_judged_by_status_and_text(
    server: str, deployed: Deployed, probe: tuple[str, int, str], well: bool, seen: str
) -> None:
    path, status, contains = probe
    said = measure(Check("x", Http(server + path, status, contains)), deployed)
    assert said == Measurement(well=well, seen=seen)


def test_a_server_that_is_slow_or_away_is_a_failure(server: str, deployed: Deployed) -> None:
    slow = measure(Check("x", Http(f"{server}/slow"), timeout=0.2), deployed)
    away = measure(Check("x", Http("http://127.0.0.1:9/")), deployed)
    assert not slow.well
    assert "timed out" in slow.seen
    assert not away.well
    assert "refused" in away.seen


@pytest.mark.parametrize(
    ("query", "success", "well", "seen"),
    [
        (vector("0.5"), "result < 0.9", True, "result is 0.5"),
        (vector("0.95"), "result < 0.9", False, "result is 0.95"),
        (vector("1", "2"), "result.all(r, r < 3.0)", True, "result is [1.0, 2.0]"),
        (json.dumps({"resultType": "scalar", "result": [0, "7"]}), "result == 7.0", True, "result is 7.0"),
        (vector("NaN"), "result < 0.9", False, "result is nan"),
        (vector(), "result < 0.9", False, "the query has no value"),
        (
            json.dumps({"resultType": "matrix", "result": []}),
            "true",
            False,
            "a query of type matrix gives no numbers",
        ),
    ],
)
def test_a_query_is_judged_by_its_condition(
    server: str, deployed: Deployed, query: str, success: str, well: bool, seen: str
) -> None:
    said = measure(Check("x", Prometheus(server, query, success)), deployed)
    assert said == Measurement(well=well, seen=seen)


def test_what_prometheus_says_against_a_query_is_told(server: str, deployed: Deployed) -> None:
    said = measure(Check("x", Prometheus(f"{server}/failing", "up{", "true")), deployed)
    assert said == Measurement(well=False, seen="answered 400: parse error at char 3")


def test_a_job_that_the_revision_does_not_have_is_a_failure(deployed: Deployed) -> None:
    said = measure(Check("x", Job("other.yaml")), deployed)
    assert said == Measurement(well=False, seen=f"{given.SHA[:12]} has no file other.yaml")


def test_a_job_is_marked_with_what_it_verifies() -> None:
    body = job_body(JOB, "job.yaml", "prod")
    assert body["metadata"]["annotations"] == {"gitops.internal/verifies": "prod"}


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"a: [",
        JOB + b"---\n" + JOB,
        b"kind: Job",
        JOB.replace(b"Job", b"Pod"),
        b"!!python/object:os.system x",
    ],
)
def test_a_file_that_is_not_one_job_is_refused(content: bytes) -> None:
    with pytest.raises(ConfigError) as caught:
        job_body(content, "job.yaml", "prod")
    assert "job.yaml" in str(caught.value)


@pytest.mark.parametrize(
    ("answers", "count", "limit", "taken", "passed"),
    [
        ("ggg", 3, 0, 3, True),
        ("gbg", 3, 1, 3, True),
        ("gbb", 3, 1, 3, False),
        ("bgg", 3, 0, 1, False),
        ("bbg", 5, 1, 2, False),
    ],
)
def test_a_check_ends_when_it_is_decided(
    answers: str, count: int, limit: int, taken: int, passed: bool
) -> None:
    check, left, pauses = Check("x", Command(("true",)), count, 7.0, limit), list(answers), []
    [found] = verify([check], lambda _: Measurement(left.pop(0) == "g", ""), pause=pauses.append)
    assert (len(found.measurements), found.passed) == (taken, passed)
    assert pauses == [7.0] * (taken - 1)


def test_checks_run_side_by_side_and_come_in_their_order() -> None:
    checks = [Check(name, Command(("true",))) for name in ("b", "a")]
    together = threading.Barrier(2, timeout=5)

    def measured(check: Check) -> Measurement:
        together.wait()
        return Measurement(well=True, seen=check.name)

    found = verify(checks, measured)
    assert [item.measurements[0].seen for item in found] == ["b", "a"]


def test_no_checks_are_nothing_to_measure() -> None:
    assert verify([], lambda _: Measurement(well=True, seen="")) == ()
