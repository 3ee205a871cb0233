"""What is exported for the Pulumi Kubernetes Operator, held against its own definition by a real API server."""

import json
import re
import subprocess
from pathlib import Path

import pytest
import yaml

from sandbox.toolchain import golang
from sandbox.toolchain.cache import cache_folder

pytestmark = pytest.mark.live

# The newest version that is a Go module; definitions of version 2 serve the same pulumi.com/v1, with more fields.
MODULE = "github.com/pulumi/pulumi-kubernetes-operator@v1.16.0"
SUM = "h1:HSgXateOE1GAgetlqB85iRx5EbcCfvLI7WeDEny9fVA="
NEW_IN_2 = {"spec.serviceAccountName", "spec.workspaceTemplate"}
GOLDEN = Path(__file__).parents[1] / "cli" / "fleet-export.yaml"


@pytest.fixture(scope="module")
def definition():
    """The operator's definition of a Stack; this one's checksum is in no public log, so it stands here."""
    go = golang.find(cache_folder())
    told = subprocess.run(
        [go.path, "mod", "download", "-json", MODULE],
        env={**go.environment(), "GONOSUMDB": MODULE.partition("@")[0]},
        cwd=cache_folder(),
        capture_output=True,
        check=True,
    )
    found = json.loads(told.stdout)
    assert found["Sum"] == SUM
    return Path(found["Dir"]) / "deploy" / "crds" / "pulumi.com_stacks.yaml"


def test_the_operators_own_definition_takes_every_field(sandbox, definition, tmp_path):
    stacks = list(yaml.safe_load_all(GOLDEN.read_text()))
    for stack in stacks:
        stack["metadata"]["namespace"] = "default"

    def kubectl(*words, stdin=""):
        command = ["kubectl", "--context", "staging", *words]
        environment = {**sandbox.environment(), "HOME": str(tmp_path)}  # for what it caches
        return subprocess.run(
            command, input=stdin, env=environment, capture_output=True, text=True, timeout=60, check=False
        )

    def created(how, *changed):
        text = json.dumps({"apiVersion": "v1", "kind": "List", "items": changed})
        return kubectl("create", "--dry-run=server", f"--validate={how}", "-f", "-", stdin=text)

    try:
        made = kubectl("apply", "--server-side", "-f", str(definition))
        assert made.returncode == 0, made.stderr
        crd = "crd/stacks.pulumi.com"
        assert kubectl("wait", "--for=condition=Established", crd, "--timeout=30s").returncode == 0
        told = created("warn", *stacks)
        assert told.returncode == 0, told.stderr
        assert len(told.stdout.splitlines()) == len(stacks)
        assert set(re.findall(r'unknown field "(.*?)"', told.stderr)) == NEW_IN_2
        # and a wrong one is seen
        stacks[0]["spec"]["prerequisites"] = "prod"
        assert "spec.prerequisites" in created("strict", stacks[0]).stderr
    finally:
        kubectl("delete", "crd", "stacks.pulumi.com", "--ignore-not-found", "--wait=false")
