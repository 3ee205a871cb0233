from __future__ import annotations

import hashlib
import hmac
import http.client
import re
from typing import Any

import pytest

from gitops.model.errors import ConfigError
from gitops.report.metrics import Metrics
from gitops.watch.server import Answers, serve
from gitops.watch.webhook import LARGEST, is_authentic
from tests.house.repository_files import ROOT

SECRET = "known to both"
BODY = b'{"ref": "refs/heads/main"}'
SIGNATURE = hmac.new(SECRET.encode(), BODY, hashlib.sha256).hexdigest()


@pytest.mark.parametrize(
    "headers",
    [
        {"x-hub-signature-256": f"sha256={SIGNATURE}"},
        {"x-gitea-signature": SIGNATURE},
        {"x-gitlab-token": SECRET},
        {"x-gitops-signature-256": f"sha256={SIGNATURE}"},
    ],
    ids=["GitHub", "Gitea", "GitLab", "anybody"],
)
def test_a_call_of_each_forge_is_known_by_its_secret(headers: dict[str, str]) -> None:
    assert is_authentic(headers, BODY, SECRET)
    assert not is_authentic(headers, BODY, "another")
    assert not is_authentic(headers, BODY, "")
    (name,) = headers
    assert not is_authentic({name: ""}, BODY, SECRET)
    assert not is_authentic({name: "sha256=\udcff"}, BODY, SECRET)
    if name != "x-gitlab-token":
        assert not is_authentic(headers, BODY + b" ", SECRET)


def test_without_any_signature_nobody_is_believed() -> None:
    assert not is_authentic({}, BODY, SECRET)
    assert not is_authentic({"x-hub-signature": f"sha1={SIGNATURE}"}, BODY, SECRET)


class World:
    def __init__(self) -> None:
        self.looked = 0
        self.counted: list[str] = []
        self.good = True

    def look(self) -> None:
        self.looked += 1


@pytest.fixture
def world():
    world = World()
    metrics = Metrics("home")
    world.server = serve(
        "127.0.0.1:0",
        Answers(
            metrics.text, lambda: world.good, lambda: world.good, world.look, world.counted.append, SECRET
        ),
    )
    yield world
    world.server.shutdown()
    world.server.server_close()


def ask(world, method: str, path: str, body: bytes | None = None, **headers: str) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", world.server.server_port, timeout=5)
    connection.putrequest(method, path)
    for name, value in headers.items():
        connection.putheader(name.replace("_", "-"), value)
    connection.endheaders(body)
    answer = connection.getresponse()
    text = answer.read()
    connection.close()
    return answer.status, text


def test_a_signed_call_makes_the_loop_look_and_does_nothing_else(world) -> None:
    length = str(len(BODY))
    signed = {"content_length": length, "x_hub_signature_256": f"sha256={SIGNATURE}"}
    assert ask(world, "POST", "/webhook", BODY, **signed)[0] == 202
    assert ask(world, "POST", "/webhook", BODY, content_length=length)[0] == 401
    assert (world.looked, world.counted) == (1, ["accepted", "denied"])


@pytest.mark.parametrize(
    ("length", "status"), [(str(LARGEST + 1), 413), ("9" * 5000, 413), ("-1", 411), ("x", 411), ("", 411)]
)
def test_a_body_that_is_too_large_or_of_no_length_is_not_read(world, length: str, status: int) -> None:
    headers: dict[str, Any] = {"content_length": length} if length else {}
    assert ask(world, "POST", "/webhook", **headers)[0] == status
    assert world.counted == ["malformed"]
    assert world.looked == 0


def test_health_and_readiness_are_told_by_status(world) -> None:
    assert ask(world, "GET", "/healthz") == (200, b"ok\n")
    assert ask(world, "GET", "/readyz")[0] == 200
    world.good = False
    assert ask(world, "GET", "/healthz")[0] == ask(world, "GET", "/readyz")[0] == 503
    assert ask(world, "GET", "/other")[0] == ask(world, "POST", "/other", content_length="0")[0] == 404


@pytest.mark.parametrize(
    "address", ["127.0.0.1", "127.0.0.1:http", "127.0.0.1:99999", "no.such.host.test:80"]
)
def test_an_address_that_is_none_is_refused(address: str) -> None:
    with pytest.raises(ConfigError):
        serve(address, Answers(bytes, bool, bool, lambda: None, print, ""))


def test_every_metric_is_in_the_manual_and_every_one_there_exists(world) -> None:
    status, text = ask(world, "GET", "/metrics")
    assert status == 200
    told = {
        line.split()[2]
        for line in text.decode().splitlines()
        if line.startswith("# TYPE")
        if "_created" not in line
    }
    manual = (ROOT / "docs" / "watch.md").read_text()
    assert told == set(re.findall(r"^\| `(gitops_\w+)` \|", manual, re.MULTILINE))
    labels = dict(re.findall(r"^\| `(gitops_\w+)` \| \w+ \| (.*?) \|", manual, re.MULTILINE))
    for metric in Metrics("home").registry._collector_to_names:
        names = [name for name in metric._labelnames if name != "stack"]
        documented = labels[metric._name + ("_total" if metric._type == "counter" else "")]
        assert re.findall("`(.+?)`", documented) == names, metric._name
