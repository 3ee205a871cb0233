"""Charts that mean harm, and very many that don't."""

from __future__ import annotations

import os
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from gitops.manifests.sources import read
from gitops.model.errors import Problems
from gitops.model.settings import Repository
from gitops.model.sources import Source
from gitops.source.git import fetch
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


def timed(bench: Bench, names: list[str]) -> tuple[float, int]:
    """Seconds from a commit to what its applications state, and how many objects that is."""
    sha = bench.repository.commit()
    started = time.monotonic()
    commit = fetch(Repository(bench.repository.url, sha), bench.home / "git")
    problems = Problems()

    def objects(name: str) -> int:
        application = given.application(name, path=f"apps/{name}")
        return len(read(commit, application, bench.rendering, lambda *_: commit, problems))

    with ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
        count = sum(pool.map(objects, names))
    assert not problems.found
    return time.monotonic() - started, count


def test_of_two_hundred_charts_a_change_of_one_is_rendered_in_a_second(bench: Bench) -> None:
    names = [f"chart-{index}" for index in range(200)]
    chart = {path: text for path, text in UMBRELLA.items() if path.startswith("charts/")}
    for name in names:
        bench.write(
            f"apps/{name}", {**chart, "Chart.yaml": f"apiVersion: v2\nname: {name}\nversion: 1.0.0\n"}
        )
    _, count = timed(bench, names)
    bench.write(f"apps/{names[7]}", {"charts/cache/values.yaml": "size: 2\n"})
    again, _ = timed(bench, names)
    assert count == 200
    assert again < 1


def test_a_thousand_plain_applications_are_read_in_ten_seconds(bench: Bench) -> None:
    names = [f"plain-{index}" for index in range(1000)]
    config = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: NAME}\ndata: {a: b}\n"
    for name in names:
        text = "---\n".join(config.replace("NAME", f"{name}-{index}") for index in range(5))
        bench.write(f"apps/{name}", {"objects.yaml": text})
    first, count = timed(bench, names)
    assert count == 5000
    assert first < 10
