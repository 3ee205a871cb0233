"""A Pulumi project of its own for a live test: the real program, a stack file, the real command line."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

CHECKOUT = Path(__file__).resolve().parents[2]
SMOKE = "import os, sys; sys.exit(os.environ['GITOPS_REVISION'] in open('bad-' + os.environ['GITOPS_STACK']).read())"
"""A check, in Python: bad is the revision that the file bad-<stack> names."""


@dataclass(frozen=True)
class Result:
    code: int
    text: str
    events: list[dict[str, Any]] = field(repr=False, default_factory=list)

    def operations(self) -> dict[str, str]:
        """What was done to each resource that was not left the same, by resource name."""
        done = {}
        for event in self.events:
            metadata = event.get("resOutputsEvent", {}).get("metadata") or event.get(
                "resourcePreEvent", {}
            ).get("metadata")
            if metadata and metadata["op"] not in {"same", "refresh", "read"}:
                done[metadata["urn"].split("::", 3)[3]] = metadata["op"]
        return done

    def objects(self) -> dict[str, str]:
        """As `operations`, of Kubernetes objects only."""
        kinds = {
            event["resOutputsEvent"]["metadata"]["urn"].split("::", 3)[3]
            for event in self.events
            if "$kubernetes:" in (event.get("resOutputsEvent") or {}).get("metadata", {}).get("urn", "")
        }
        kinds |= {
            event["resourcePreEvent"]["metadata"]["urn"].split("::", 3)[3]
            for event in self.events
            if "$kubernetes:" in (event.get("resourcePreEvent") or {}).get("metadata", {}).get("urn", "")
        }
        return {name: op for name, op in self.operations().items() if name in kinds}


class StackProject:
    """One stack of the program against one cluster of the sandbox, with bare `pulumi` commands."""

    def __init__(
        self, folder: Path, sandbox: Any, *, stack: str, context: str, repository: str, **config: Any
    ) -> None:
        self.folder = folder
        self.stack = stack
        self.context = context
        self.environment = {**sandbox.environment(), "GITOPS_ALLOW_DELETES": "confirmed"}
        self.kubeconfig = str(sandbox.kubeconfig)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "Pulumi.yaml").write_text((CHECKOUT / "Pulumi.yaml").read_text())
        if not (folder / ".venv").exists():  # two stacks may share a project
            (folder / ".venv").symlink_to(sys.prefix)
        (folder / "__main__.py").write_text((CHECKOUT / "__main__.py").read_text())
        self.values = {
            "repository": repository,
            "kubeconfig": self.kubeconfig,
            "context": context,
            "healthTimeout": "60s",
            "deleteLimit": 100,
            "secrets": "program",
            "keyRing": f"file:{sandbox.home.key_ring(context)}",
            **config,
        }
        self._write()
        self.run("stack", "init", stack)

    def configure(self, **values: Any) -> None:
        """Change the stack's file."""
        self.values |= values
        self._write()

    def _write(self) -> None:
        file = self.folder / f"Pulumi.{self.stack}.yaml"
        salt = [line for line in file.read_text().splitlines() if "salt" in line] if file.exists() else []
        lines = ["config:", *(f"  gitops:{key}: {json.dumps(value)}" for key, value in self.values.items())]
        file.write_text("\n".join([*salt, *lines, ""]))

    def run(self, *arguments: str, timeout: float = 240, **environment: str) -> Result:
        """Any pulumi command."""
        done = subprocess.run(
            ["pulumi", *arguments, "--non-interactive"],
            cwd=self.folder,
            env={**self.environment, **environment},
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )
        return Result(done.returncode, done.stdout + done.stderr, _events(done.stdout))

    def start(self, *arguments: str) -> subprocess.Popen[bytes]:
        """A pulumi command in the background, in a session of its own so that it can be killed whole."""
        with (self.folder / "background.log").open("ab") as log:
            return subprocess.Popen(
                ["pulumi", *arguments, "--non-interactive"],
                cwd=self.folder,
                env=self.environment,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def up(self, *arguments: str, **environment: str) -> Result:
        return self.run("up", "--yes", "--skip-preview", "--json", *self._stack(), *arguments, **environment)

    def preview(self, *arguments: str) -> Result:
        return self.run(
            "preview",
            "--json",
            *self._stack(),
            *arguments,
            PULUMI_ENABLE_STREAMING_JSON_PREVIEW="true",
        )

    def destroy(self) -> Result:
        return self.run("destroy", "--yes", "--skip-preview", "--json", *self._stack())

    def outputs(self) -> dict[str, Any]:
        text = self.run("stack", "output", "--json", *self._stack()).text
        return json.loads(text)

    def gitops(self, *arguments: str) -> Result:
        """The project's own command line."""
        done = subprocess.run(
            [sys.executable, "-m", "gitops.cli.main", "--project", str(self.folder), *arguments],
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=240,
            check=False,
        )
        return Result(done.returncode, done.stdout + done.stderr)

    def shell(self, line: str, told: str, *, code: int = 0, **environment: str) -> str:
        """An example of the help as it stands, in a shell in the project's folder, where questions are answered `y`."""
        path = f"{Path(sys.executable).parent}{os.pathsep}{self.environment['PATH']}"
        done = subprocess.run(
            ["bash", "-c", f"set -o pipefail; {line}"],
            cwd=self.folder,
            env={**self.environment, "PATH": path, **environment},
            input="y\n",
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        text = done.stdout + done.stderr
        assert (done.returncode, told in text) == (code, True), text
        return done.stdout

    def killed(self, sign: str, *arguments: str) -> list[str]:
        """The command line again, killed without a word as soon as it says this; the lines until then."""
        said = []
        with subprocess.Popen(
            [sys.executable, "-m", "gitops.cli.main", "--project", str(self.folder), *arguments],
            cwd=CHECKOUT,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        ) as running:
            assert running.stdout
            for line in running.stdout:
                said.append(line.strip())
                if sign in line:
                    running.kill()
                    break
        return said

    def kubectl(self, *arguments: str, stdin: str = "") -> str:
        done = subprocess.run(
            ["kubectl", "--context", self.context, *arguments],
            env=self.environment,
            input=stdin,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def live(self, kind: str, namespace: str = "", name: str = "") -> Any:
        scope = ["-n", namespace] if namespace else ["-A"]
        return json.loads(self.kubectl("get", kind, *([name] if name else []), *scope, "-o", "json"))

    def labeled(self) -> set[str]:
        """Kind, namespace and name of everything that carries the stack's label, whoever made it."""
        kinds = self.kubectl("api-resources", "--verbs=list,delete", "-o", "name").split()
        kinds = [kind for kind in kinds if not kind.startswith(("events", "endpoint"))]
        found = json.loads(
            self.kubectl(
                "get", ",".join(kinds), "-A", "-l", f"gitops.internal/stack={self.stack}", "-o", "json"
            )
        )["items"]
        return {
            f"{o['kind']} {o['metadata'].get('namespace', '')}/{o['metadata']['name']}"
            for o in found
            if not any(owner.get("controller") for owner in o["metadata"].get("ownerReferences", []))
        }

    def _stack(self) -> tuple[str, str]:
        return "--stack", self.stack


def elsewhere(sandbox: Any, **variables: str) -> Any:
    """The same sandbox for projects whose programs see other variables, from the first of their commands on."""
    around = {**sandbox.environment(), **variables}
    return SimpleNamespace(environment=lambda: around, kubeconfig=sandbox.kubeconfig, home=sandbox.home)


@contextmanager
def deployed(
    folder: Path,
    sandbox: Any,
    *,
    stack: str,
    context: str,
    repository: str,
    bring_up: Callable[[StackProject], Result] = StackProject.up,
    **config: Any,
) -> Iterator[StackProject]:
    """A stack that is brought up, and taken down at the end, when nothing of it may be left."""
    project = StackProject(folder, sandbox, stack=stack, context=context, repository=repository, **config)
    result = bring_up(project)
    assert result.code == 0, result.text[-3000:]
    try:
        yield project
    finally:
        gone = project.destroy()
    assert gone.code == 0, gone.text[-3000:]
    assert project.labeled() == set()


def _events(text: str) -> list[dict[str, Any]]:
    events = []
    for line in text.splitlines():
        if line.startswith("{"):
            try:
                events.append(json.loads(line))
            except ValueError:
                continue
    return events


def deployment(name: str, image: str = "nginx:1.27", replicas: int = 1) -> str:
    """A small Deployment, as YAML."""
    return f"""
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {name}
spec:
  replicas: {replicas}
  selector:
    matchLabels: {{app: {name}}}
  template:
    metadata:
      labels: {{app: {name}}}
    spec:
      containers:
        - name: main
          image: {image}
"""


def config_map(name: str, **data: str) -> str:
    """A ConfigMap, as YAML."""
    lines = "".join(f"  {key}: {json.dumps(value)}\n" for key, value in data.items())
    return f"apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {name}\ndata:\n{lines}"


__all__ = [
    "CHECKOUT",
    "SMOKE",
    "Result",
    "StackProject",
    "config_map",
    "deployed",
    "deployment",
    "elsewhere",
]
