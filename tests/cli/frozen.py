"""A project of three stacks that is the same in every run: its repository, what lives of it, and its past."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from gitops.cluster.events import Event
from gitops.cluster.survey import Survey
from gitops.cluster.tree import Branch
from gitops.delivery.living import Living
from gitops.desired import rendered
from gitops.model.check import Check, Verdict
from gitops.model.deployment import Deployment, Intent
from gitops.model.errors import AccessError
from gitops.model.keys import APPLICATION_LABEL, STACK_LABEL, ObjectKey
from gitops.source.stackfile import settings_from, stack_values
from tests.git_repository import GitRepository

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from gitops.model.settings import Cluster, Settings

DEPLOYMENT = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 1
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: main, image: web:1.4.0}]}
"""
STATUS = {"replicas": 1, "updatedReplicas": 1, "readyReplicas": 1, "availableReplicas": 1}
OWNER = {
    "manager": "kubectl",
    "operation": "Update",
    "time": "2026-03-01T09:30:00Z",
    "fieldsV1": {"f:spec": {"f:replicas": {}}},
}
WEB, POD = ObjectKey("apps", "Deployment", "web", "web"), ObjectKey("", "Pod", "web", "web-5d9c-x7k2p")
EVENTS = (
    Event("2026-03-01T09:30:01Z", "Normal", "ScalingReplicaSet", str(WEB), 1, "Scaled up to 5"),
    Event("2026-03-01T09:30:09Z", "Warning", "FailedScheduling", str(POD), 12, "0/3 nodes are available"),
)
CHECKS = (
    Check("engine", Verdict.OK, "pulumi 3.200.0", ""),
    Check("clock", Verdict.WARNING, "40 s behind the cluster's", "let NTP set it"),
    Check("rights", Verdict.FAILURE, "may not patch deployments.apps in web", "grant them", 3),
)
SHA = "6c0ffee" + "0" * 33


def past() -> tuple[Deployment, ...]:
    """One that runs, one that failed, one by bare `pulumi up` and one that went well; newest first."""

    def intent(number: int, *applications: str, why: str = "") -> Intent:
        return Intent(f"6743a1{number}", "ada@laptop", "main", SHA, applications, ("bad",), why=why)

    began, ended = "2026-03-01T09:{}:00Z", "2026-03-01T09:{}:07Z"
    return (
        Deployment(4, "update", intent(4, "web"), "Sync", began.format(40), "", "Running"),
        Deployment(
            3,
            "update",
            intent(3, "dns", "shop", "web", "api", "mail", why="hotfix"),
            "Sync",
            began.format(30),
            ended.format(31),
            "Failed",
            "web: not healthy within 300 s",
            {"create": 1, "same": 9},
        ),
        Deployment(
            2, "update", None, "by hand", began.format(20), ended.format(20), "Succeeded", "", {"same": 10}
        ),
        Deployment(
            1,
            "update",
            intent(1, "dns", "web"),
            "Sync",
            began.format(10),
            ended.format(10),
            "Succeeded",
            "",
            {"create": 10},
        ),
    )


class Frozen:
    """In `prod` everything is as stated, in `staging` much is not, and the cluster of `edge` is away."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.repository = _repository(folder / "origin")
        self.project = folder / "project"
        self.project.mkdir()
        self.live: dict[str, dict[ObjectKey, Any]] = {}
        for stack in ("edge", "prod", "staging"):
            (self.project / f"Pulumi.{stack}.yaml").write_text(
                f"config:\n  gitops:repository: {self.repository.url}\n  gitops:context: {stack}\n"
            )
            _, manifests = rendered(self._settings(stack), (), folder / "cache" / "pulumi-gitops")
            self.live[stack] = {item.key: dict(item.body) for item in manifests}
        self._live_well("prod")
        self._live_badly("staging")
        self.live["edge"] = {}

    def connect(self, cluster: Cluster) -> Any:
        """As `gitops.cluster.connect.connect`."""
        if not self.live[cluster.context]:
            raise AccessError("https://edge.example.org:6443 does not answer", next_step="start the cluster")
        return self

    client = None

    def survey(self, stack: str, *, metadata_only: bool = True) -> Survey:
        """As that of a connection."""
        if not stack:
            return Survey(
                {**self.live["staging"], ObjectKey("", "ConfigMap", "web", "stray"): {"metadata": {}}}, {}
            )
        assert not metadata_only
        return Survey(self.live[stack], {})

    def living(self, _settings: Settings, _application: str) -> Living:
        """As `gitops.delivery.living.living`."""
        live = self.live["staging"]
        return Living(
            self,  # type: ignore[arg-type]
            tuple(Branch(key, live[key]) for key in sorted(live) if key.namespace == "web"),
        )

    def tree(self, *_: object) -> tuple[Branch, ...]:
        """As `gitops.cluster.tree.tree`, of application `web`."""
        body = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": POD.name}}
        pod = Branch(POD, {**body, "status": {"phase": "Pending"}})
        found = self.living(self._settings("staging"), "web").branches
        return tuple(Branch(b.key, b.live, (pod,)) if b.key == WEB else b for b in found)

    def _settings(self, stack: str) -> Settings:
        return settings_from(stack_values(stack, self.project), stack, self.project, {})

    def _live_well(self, stack: str) -> None:
        web = self.live[stack][WEB]
        self.live[stack][WEB] = {**web, "status": STATUS}

    def _live_badly(self, stack: str) -> None:
        live = self.live[stack]
        web = live[WEB]
        live[WEB] = {
            **web,
            "metadata": {**web["metadata"], "managedFields": [OWNER]},
            "spec": {**web["spec"], "replicas": 5},
            "status": {**STATUS, "replicas": 5, "updatedReplicas": 5},
        }
        settings = ObjectKey("", "ConfigMap", "web", "settings")
        labels = {APPLICATION_LABEL: "web", STACK_LABEL: stack}
        live[ObjectKey("", "ConfigMap", "web", "old")] = {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {"name": "old", "namespace": "web", "labels": labels},
        }
        live[settings] = {**live[settings], "data": {**live[settings]["data"], "added": "by hand"}}
        live[settings]["metadata"] = {
            **live[settings]["metadata"],
            "managedFields": [{**OWNER, "fieldsV1": {"f:data": {"f:added": {}}}}],
        }
        secret = ObjectKey("", "Secret", "shop", "shop")
        live[secret] = {**live[secret], "data": {"password": "aHVudGVyMg=="}}
        del live[ObjectKey("", "ConfigMap", "dns", "dns")]


def checks(_settings: Settings) -> Iterator[Check]:
    """As `gitops.delivery.doctor.examine`."""
    return iter(CHECKS)


def _repository(folder: Path) -> GitRepository:
    repository = GitRepository(folder)
    repository.write("k8s/01-infrastructure/dns/x.yaml", _object("ConfigMap", "dns", zone="example.org"))
    repository.write("k8s/02-apps/shop/gitops.yaml", "critical: true\nproject: shop\nselfHeal: false\n")
    repository.write("k8s/02-apps/shop/x.yaml", _object("Secret", "shop", password="cGFzc3dvcmQ="))
    repository.write("k8s/02-apps/web/base/x.yaml", DEPLOYMENT)
    repository.write("k8s/02-apps/web/base/settings.yaml", _object("ConfigMap", "settings", level="info"))
    repository.write("k8s/02-apps/web/base/kustomization.yaml", "resources: [x.yaml, settings.yaml]\n")
    for stack in ("edge", "prod", "staging"):
        tag = "1.3.0" if stack == "prod" else "1.4.0"
        overlay = f"k8s/02-apps/web/overlays/{stack}/kustomization.yaml"
        repository.write(overlay, f"resources: [../../base]\nimages: [{{name: web, newTag: {tag}}}]\n")
    repository.commit()
    return repository


def _object(kind: str, name: str, **data: str) -> str:
    return json.dumps({"apiVersion": "v1", "kind": kind, "metadata": {"name": name}, "data": data})
