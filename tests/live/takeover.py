"""Running objects as a tool left them, and a stack that states the same objects."""

import json
import subprocess
import time

import yaml

from tests.git_repository import GitRepository
from tests.live.stack_project import StackProject, config_map, deployment

LEFTOVER = "leftover"  # what the tool has and Git does not state
TRACKED = "argocd.argoproj.io/tracking-id"
STATEFUL_SET = """
apiVersion: apps/v1
kind: StatefulSet
metadata:
  name: db
spec:
  serviceName: db
  replicas: 1
  selector:
    matchLabels: {app: db}
  template:
    metadata:
      labels: {app: db}
    spec:
      containers:
        - name: main
          image: postgres:17
"""
SERVICE = """
apiVersion: v1
kind: Service
metadata:
  name: web
spec:
  selector: {app: web}
  ports:
    - port: 80
"""
SECRET = """
apiVersion: v1
kind: Secret
metadata:
  name: login
stringData:
  password: hunter2-hunter2
"""
MANIFESTS = {
    "web.yaml": deployment("web"),
    "db.yaml": STATEFUL_SET,
    "service.yaml": SERVICE,
    "config.yaml": config_map("settings", stays="yes", goes="soon"),
    "secret.yaml": SECRET,
}
KINDS = "deployment,statefulset,service,configmap,secret"


def definition(group: str, version: str, kind: str) -> str:
    """A CRD of the kind that takes anything."""
    plural = f"{kind.lower()}s"
    return json.dumps(
        {
            "apiVersion": "apiextensions.k8s.io/v1",
            "kind": "CustomResourceDefinition",
            "metadata": {"name": f"{plural}.{group}"},
            "spec": {
                "group": group,
                "scope": "Namespaced",
                "names": {"kind": kind, "plural": plural, "singular": kind.lower()},
                "versions": [
                    {
                        "name": version,
                        "served": True,
                        "storage": True,
                        "schema": {
                            "openAPIV3Schema": {
                                "type": "object",
                                "x-kubernetes-preserve-unknown-fields": True,
                            }
                        },
                    }
                ],
            },
        }
    )


DEFINITIONS = (
    ("argoproj.io", "v1alpha1", "Application"),
    ("argoproj.io", "v1alpha1", "ApplicationSet"),
    ("kustomize.toolkit.fluxcd.io", "v1", "Kustomization"),
)


class Takeover:
    """One namespace with the objects as a tool left them, and a stack that states the same objects."""

    def __init__(self, tmp_path, sandbox, name: str) -> None:
        self.name = name
        self.repository = GitRepository(tmp_path / "repository")
        for file, content in MANIFESTS.items():
            self.repository.write(f"k8s/02-apps/{name}/{file}", content)
        self.repository.commit("State what runs")
        self.stack = StackProject(
            tmp_path / "project", sandbox, stack=name, context="staging", repository=self.repository.url
        )
        self.kubectl = self.stack.kubectl
        self.kubectl("create", "namespace", name)
        for crd in DEFINITIONS:
            self.kubectl("apply", "--server-side", "-f", "-", stdin=definition(*crd))
            self.kubectl("wait", "--for=condition=Established", f"crd/{crd[2].lower()}s.{crd[0]}")

    def apply(self, *options: str, labels=None, tracked: bool = False) -> None:
        """Apply the manifests as a tool does, and wait until the pods run."""
        for content in MANIFESTS.values():
            body = yaml.safe_load(content)
            metadata = body["metadata"]
            if labels:
                metadata["labels"] = labels
            if tracked:
                group = body["apiVersion"].rpartition("/")[0]
                identity = f"{self.name}:{group}/{body['kind']}:{self.name}/{metadata['name']}"
                metadata["annotations"] = {TRACKED: identity}
            self.kubectl("apply", "-n", self.name, *options, "-f", "-", stdin=json.dumps(body))
        self.settle()

    def run(self, *command: str) -> None:
        """Any command, with the sandbox's programs and clusters."""
        subprocess.run(command, env=self.stack.environment, check=True, timeout=120, capture_output=True)

    def settle(self) -> None:
        self.kubectl("-n", self.name, "rollout", "status", "deployment/web", "--timeout=60s")
        self.kubectl("-n", self.name, "rollout", "status", "statefulset/db", "--timeout=60s")

    def gitops(self, *words: str, code: int = 0) -> str:
        done = self.stack.gitops(words[0], "--stack", self.name, *words[1:])
        assert done.code == code, done.text
        return done.text

    def sync(self) -> str:
        done = self.stack.gitops("stack", "sync", "--stack", self.name, "--quiet")
        assert done.code == 0, done.text
        return done.text

    def until_refused(self, kind: str) -> None:
        """Wait until a policy that was just made refuses changes to a kind, as seen on an object of no account."""
        self.kubectl("-n", self.name, "create", kind, "clusterip", "probe", "--tcp=1")
        patch = ["-n", self.name, "annotate", kind, "probe", "--overwrite"]
        for attempt in range(200):
            try:
                self.kubectl(*patch, f"attempt={attempt}")
            except AssertionError:
                break
            time.sleep(0.1)
        self.kubectl("-n", self.name, "delete", kind, "probe")

    def objects(self) -> dict[str, dict]:
        found = json.loads(
            self.kubectl("-n", self.name, "get", KINDS, "-o", "json", "--show-managed-fields")
        )["items"]
        return {
            f"{o['kind']}/{o['metadata']['name']}": o
            for o in found
            if o["metadata"]["name"] not in {"kube-root-ca.crt", LEFTOVER}
            and not o["metadata"]["name"].startswith("sh.helm.release.")  # Helm's note about a release
        }

    def pods(self) -> set[tuple[str, str]]:
        found = json.loads(self.kubectl("-n", self.name, "get", "pods", "-o", "json"))["items"]
        return {(o["metadata"]["uid"], o["metadata"]["creationTimestamp"]) for o in found}

    def specs(self) -> dict[str, tuple]:
        """What the objects are; a Deployment's generation counts its annotations too, so it says nothing."""
        return {
            name: (
                o["metadata"]["uid"],
                None if o["kind"] == "Deployment" else o["metadata"].get("generation"),
                o.get("spec"),
                o.get("data"),
            )
            for name, o in self.objects().items()
        }

    def writers(self) -> set[tuple[str, str]]:
        """Who writes the objects themselves, apart from the controllers of the cluster."""
        return {
            (entry["manager"], entry["operation"])
            for o in self.objects().values()
            for entry in o["metadata"].get("managedFields", ())
            if not entry.get("subresource") and not entry["manager"].startswith("kube-")
        }

    def marks(self) -> dict[str, tuple]:
        """Labels, annotations and owners of fields, apart from what controllers write."""
        return {
            name: (
                o["metadata"].get("labels"),
                {k: v for k, v in o["metadata"].get("annotations", {}).items() if "deployment.kub" not in k},
                sorted(
                    json.dumps(entry, sort_keys=True)
                    for entry in o["metadata"].get("managedFields", ())
                    if not entry.get("subresource") and not entry["manager"].startswith("kube-")
                ),
            )
            for name, o in self.objects().items()
        }

    def states(self) -> dict[str, str]:
        listed = self.stack.gitops("app", "list", "--stack", self.name, "-o", "json")
        assert listed.code == 0, listed.text
        return {item["name"]: item["sync"] for item in json.loads(listed.text)["applications"]}

    def end(self) -> None:
        for kind in ("application", "kustomization"):  # no controller runs that would take these away
            for item in self.stack.live(kind, self.name)["items"]:
                patch = '{"metadata":{"finalizers":null}}'
                self.kubectl(
                    "-n", self.name, "patch", kind, item["metadata"]["name"], "--type=merge", "-p", patch
                )
        self.stack.destroy()
        self.kubectl("delete", "namespace", self.name, "--ignore-not-found")
