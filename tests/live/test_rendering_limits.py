"""Charts that mean harm, and very many that don't."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from gitops.desired import desired_plan
from gitops.model.capabilities import Served
from gitops.model.settings import Repository
from gitops.model.sources import Source
from tests import given
from tests.live.charts import UMBRELLA

if TYPE_CHECKING:
    from tests.live.bench import Bench

pytestmark = pytest.mark.live

LOOP = '{{ define "r" }}{{ include "r" . }}{{ end }}{{ include "r" . }}'
HOSTILE = {
    "50 MB": (
        '{{ range until 900000 }}a{{ . }}: "' + "a" * 50 + '"\n{{ end }}',
        "it printed more than 32 MiB",
    ),
    "too many documents": ("{{ range until 10001 }}---\nx: 1\n{{ end }}", "more than 10000 objects"),
    "a template that calls itself": (LOOP, "calling include"),
    "no UTF-8": (b"a: '\xff\xfe'\n", "does not render"),
    "no end": ("{{ range until 2000000000 }}{{ end }}", "it needs more than 4 GiB of memory"),
}


@pytest.mark.parametrize("case", HOSTILE)
def test_a_hostile_chart_ends_in_a_clear_error_soon(bench: Bench, case: str) -> None:
    template, what = HOSTILE[case]
    bench.write(
        "apps/bad",
        {"Chart.yaml": "apiVersion: v2\nname: bad\nversion: 1.0.0\n", "templates/x.yaml": template},
    )
    started = time.monotonic()
    found, [told] = bench.ours(Source(path="apps/bad"))
    assert time.monotonic() - started < 45
    assert found == []
    assert told.startswith("apps/bad/")
    assert what in told


FOLDER = "k8s/02-apps"


def timed(bench: Bench) -> tuple[float, int]:
    """Seconds from a commit to its plan, and how many applications that has."""
    sha = bench.repository.commit()
    settings = given.settings(repository=Repository(bench.repository.url, sha))
    started = time.monotonic()
    plan = desired_plan(settings, Served(), bench.home / "git")
    return time.monotonic() - started, len(plan.applications)


def test_of_two_hundred_charts_a_change_of_one_is_planned_in_a_second(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", f"{Path(bench.tools['helm']).parent}{os.pathsep}{os.environ['PATH']}")
    chart = {path: text for path, text in UMBRELLA.items() if path.startswith("charts/")}
    for name in (f"chart-{index}" for index in range(200)):
        about = f"apiVersion: v2\nname: {name}\nversion: 1.0.0\n"
        bench.write(f"{FOLDER}/{name}", {**chart, "Chart.yaml": about})
    _, count = timed(bench)
    bench.write(f"{FOLDER}/chart-7", {"charts/cache/values.yaml": "size: 2\n"})
    again, _ = timed(bench)
    assert count == 200
    assert again < 1


def test_a_thousand_plain_applications_are_planned_in_ten_seconds(bench: Bench) -> None:
    config = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: NAME}\ndata: {a: b}\n"
    for name in (f"plain-{index}" for index in range(1000)):
        text = "---\n".join(config.replace("NAME", f"{name}-{index}") for index in range(5))
        bench.write(f"{FOLDER}/{name}", {"objects.yaml": text})
    first, count = timed(bench)
    assert count == 1000
    assert first < 10
