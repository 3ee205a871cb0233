"""One measurement of each kind of probe; a probe that can't be taken counts as one that failed."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import urllib3

from gitops.cluster.hooks import run_hook
from gitops.delivery.verification.job import job_body
from gitops.expressions import ExpressionError, holds
from gitops.model.errors import GitOpsError
from gitops.model.phase import DeletePolicy
from gitops.model.verification import Command, Http, Job, Measurement, Prometheus

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from gitops.cluster.connect import Connection
    from gitops.model.verification import Check

_MOST = 1024 * 1024
_WORDS = 200


@dataclass(frozen=True, slots=True)
class Deployed:
    """What is verified.

    Attributes:
        project: the folder in which commands are started.
        revision: the commit that the stack runs.
        read: gives a file of the repository at that commit.
    """

    stack: str
    project: Path
    revision: str
    connection: Connection
    read: Callable[[str], bytes]


def measure(check: Check, deployed: Deployed) -> Measurement:
    """Take one measurement; never raises for what the probe finds."""
    try:
        match check.probe:
            case Command() as probe:
                return _command(probe, deployed, check.timeout)
            case Http() as probe:
                return _http(probe, check.timeout)
            case Prometheus() as probe:
                return _prometheus(probe, check.timeout)
            case Job() as probe:
                return _job(probe, deployed, check)
    except (GitOpsError, ExpressionError, OSError, ValueError, urllib3.exceptions.HTTPError) as error:
        return Measurement(well=False, seen=_short(str(error)))


def _command(probe: Command, deployed: Deployed, timeout: float) -> Measurement:
    told = {"GITOPS_STACK": deployed.stack, "GITOPS_REVISION": deployed.revision}
    process = subprocess.Popen(
        probe.arguments,
        cwd=deployed.project,
        env={**os.environ, **told},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    try:
        output, _ = process.communicate(timeout=timeout)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        return Measurement(well=False, seen=f"has not ended after {timeout:g} s")
    lines = output[-_MOST:].decode(errors="replace").strip().splitlines()
    last = f": {lines[-1]}" if lines else ""
    return Measurement(process.returncode == 0, _short(f"ended with {process.returncode}{last}"))


def _http(probe: Http, timeout: float) -> Measurement:
    status, body = _get(probe.url, timeout)
    if status != probe.status:
        return Measurement(well=False, seen=f"answered {status}, not {probe.status}")
    if probe.contains not in body.decode(errors="replace"):
        return Measurement(well=False, seen=f"answered {status} without {probe.contains!r}")
    return Measurement(well=True, seen=f"answered {status}")


def _prometheus(probe: Prometheus, timeout: float) -> Measurement:
    status, body = _get(f"{probe.address}/api/v1/query", timeout, {"query": probe.query})
    answer = json.loads(body)
    if answer.get("status") != "success":
        return Measurement(well=False, seen=_short(f"answered {status}: {answer.get('error', 'no result')}"))
    values = _values(answer["data"])
    if not values:
        return Measurement(well=False, seen="the query has no value")
    result = values[0] if len(values) == 1 else values
    return Measurement(holds(probe.success, {"result": result}), _short(f"result is {result}"))


def _values(data: Any) -> list[float]:
    """The numbers in an answer: https://prometheus.io/docs/prometheus/latest/querying/api/."""
    match data:
        case {"resultType": "vector", "result": list(series)}:
            return [float(one["value"][1]) for one in series]
        case {"resultType": "scalar", "result": [_, value]}:
            return [float(value)]
    raise ValueError(f"a query of type {data.get('resultType')} gives no numbers")


def _get(url: str, timeout: float, fields: dict[str, str] | None = None) -> tuple[int, bytes]:
    """Status and the first MiB of the body."""
    with urllib3.PoolManager(retries=False, timeout=timeout) as pool:
        answer = pool.request("GET", url, fields=fields, preload_content=False)
        try:
            return answer.status, answer.read(_MOST)
        finally:
            answer.close()


def _job(probe: Job, deployed: Deployed, check: Check) -> Measurement:
    try:
        content = deployed.read(probe.file)
    except KeyError:
        return Measurement(well=False, seen=f"{deployed.revision[:12]} has no file {probe.file}")
    body = job_body(content, probe.file, deployed.stack)
    policies = (DeletePolicy.BEFORE_HOOK_CREATION,)
    asyncio.run(run_hook(deployed.connection, body, policies, check.timeout))
    return Measurement(well=True, seen="the Job has completed")


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _WORDS else f"{line[: _WORDS - 1]}…"
