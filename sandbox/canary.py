"""Two new versions of one application of the demo: the first goes through, the second is taken back."""

from __future__ import annotations

import subprocess
import sys
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

from gitops.model.errors import GitOpsError
from sandbox.controlplane.api import Api
from sandbox.mesh.flow import ERRORS, destinations
from sandbox.repository import EXAMPLE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from sandbox.console import Console
    from sandbox.controlplane.values import Sandbox

APPLICATION = "podinfo"
_FILE = f"k8s/02-apps/{APPLICATION}/base/{APPLICATION}.yaml"
_EARLIER, _GOOD, _BAD = "6.7.0", "6.7.1", "6.7.2"
_ROUTE = f"/apis/networking.istio.io/v1/namespaces/{APPLICATION}/virtualservices/{APPLICATION}"


def earlier() -> dict[str, str]:
    """The file of the version before the example's, by its path."""
    return {_FILE: _text().replace(_GOOD, _EARLIER)}


def bad() -> dict[str, str]:
    """The file of a version whose pods fail three requests of ten."""
    template = "  template:\n    metadata:\n"
    broken = f"{template}      annotations:\n        {ERRORS}: '0.3'\n"
    return {_FILE: _text().replace(_GOOD, _BAD).replace(template, broken)}


def show(
    sandbox: Sandbox, stack: str, project: Path, publish: Callable[[Mapping[str, str]], str], console: Console
) -> None:
    """Bring the example's version and then a bad one to a stack that runs the earlier one, and tell what happens.

    Args:
        sandbox: where it runs.
        stack: the stack, whose cluster has its name.
        project: the folder of the Pulumi project.
        publish: commits the example, with these files instead of its own.
        console: told the weights, and which metric was bad.

    Raises:
        GitOpsError: a version did not come to the end that it should.
    """
    cluster = sandbox.cluster(stack)
    api = Api(cluster.address, sandbox.home.cluster(stack).pki)

    def sync(version: str, files: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
        publish(files)
        console.say(f"  {APPLICATION} {version} is committed")
        with _weights_told(api, console):
            return _gitops(sandbox, project, "app", "sync", APPLICATION, "--stack", stack, "--quiet")

    if sync(_GOOD, {}).returncode:
        raise _unexpected(stack, f"{_GOOD} did not go through")
    console.say(f"  {APPLICATION} {_GOOD} is through")
    aborted = sync(_BAD, bad())
    if not aborted.returncode:
        raise _unexpected(stack, f"{_BAD} was not aborted")
    got = _gitops(sandbox, project, "app", "get", APPLICATION, "--stack", stack)
    console.say(f"  {APPLICATION} {_BAD} was aborted and taken back:")
    for sentence in _reason(aborted.stdout + aborted.stderr + got.stdout):
        console.say(f"    {sentence}")
    if sync(f"{_GOOD} again", {}).returncode:
        raise _unexpected(stack, f"{_GOOD} did not come back")


def _reason(text: str) -> list[str]:
    """Which metric decided it, in the program's own words."""
    told = next((line for line in text.splitlines() if "metric " in line and "; query" in line), "")
    sentences = "".join(told.partition("metric ")[1:]).split("; ")
    return [each for each in sentences if not each.startswith("→")]


def _text() -> str:
    return (EXAMPLE / _FILE).read_text()


@contextmanager
def _weights_told(api: Api, console: Console) -> Iterator[None]:
    """Meanwhile, say which share of the requests the new version gets whenever that changes."""
    over = threading.Event()

    def watch() -> None:
        last = 0.0
        while not over.wait(0.1):
            status, route = api.call("GET", _ROUTE)
            share = dict(destinations(route)).get(f"{APPLICATION}-canary", 0.0) if status == 200 else last
            if share != last:
                console.say(f"    {share:4.0%} of the requests go to the new version")
            last = share

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield
    finally:
        over.set()
        watcher.join()


def _gitops(sandbox: Sandbox, project: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "gitops.cli.main", *words],
        cwd=project,
        env=sandbox.environment(),
        capture_output=True,
        text=True,
        check=False,
    )


def _unexpected(stack: str, what: str) -> GitOpsError:
    return GitOpsError(
        f"{APPLICATION} {what} on stack {stack}",
        next_step=f"`make shell`, then `gitops app get {APPLICATION} --stack {stack}`; `make demo` goes on",
    )
