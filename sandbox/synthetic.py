"""A repository of any size, for measuring how cost grows with the number of objects."""

from __future__ import annotations

import json
import tempfile
from itertools import chain, count, islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gitops.model.errors import ConfigError
from sandbox.bare import publish

if TYPE_CHECKING:
    from collections.abc import Iterator

_FIRST_WAVE = 20
_IMAGE = "registry.example/service:1.0.0"


def write_repository(
    destination: Path, *, applications: int, objects_per_application: int, waves: int = 1, revision: int = 0
) -> str:
    """Make a bare repository of `applications` times `objects_per_application` objects; return its commit.

    Objects are a fixed mix: of every eight, three ConfigMaps, and a ServiceAccount, a Service, a Deployment
    of one pod, a Role and a RoleBinding. Applications are spread evenly over `waves` waves. Another
    `revision` changes one ConfigMap of the first application and nothing else, in a new commit on top.

    Raises:
        ConfigError: a number is too small, or there are more waves than applications.
        AccessError: the destination is something else, or can't be written.
        NotFoundError: git is missing.
    """
    if min(applications, objects_per_application, waves) < 1 or waves > applications:
        raise ConfigError(
            f"{applications} applications of {objects_per_application} objects in {waves} waves: impossible",
            next_step="give whole numbers from 1, and no more waves than applications",
        )
    with tempfile.TemporaryDirectory(prefix="synthetic-") as scratch:
        for index in range(applications):
            name = f"service-{index:04}"
            wave = _FIRST_WAVE + index * waves // applications
            folder = Path(scratch) / "k8s" / "02-apps" / f"{wave}-{name}"
            folder.mkdir(parents=True)
            eights = (_eight(name, number, revision if index == number == 0 else 0) for number in count())
            objects = islice(chain.from_iterable(eights), objects_per_application)
            # JSON documents are YAML documents too, and by far the quickest to write.
            (folder / "objects.yaml").write_text("---\n".join(json.dumps(each) + "\n" for each in objects))
        return publish(destination, Path(scratch), message=f"Describe {applications} services")


def _eight(application: str, number: int, setting: int) -> Iterator[dict[str, Any]]:
    """Eight objects that belong together; `application` is also the namespace they will be in."""
    name = f"{application}-{number}"
    labels = {"app.kubernetes.io/name": name, "app.kubernetes.io/part-of": application}
    selector = {"app.kubernetes.io/name": name}
    rbac = "rbac.authorization.k8s.io"
    container = {
        "name": "service",
        "image": _IMAGE,
        "ports": [{"name": "http", "containerPort": 8080}],
        "resources": {"requests": {"cpu": "1m", "memory": "4Mi"}},
    }
    pod = {"metadata": {"labels": labels}, "spec": {"serviceAccountName": name, "containers": [container]}}

    def described(api_version: str, kind: str, *, called: str = name, **body: Any) -> dict[str, Any]:
        metadata = {"name": called, "labels": labels}
        return {"apiVersion": api_version, "kind": kind, "metadata": metadata, **body}

    yield described("v1", "ConfigMap", data={"greeting": f"hello from {name}", "setting": str(setting)})
    yield described("v1", "ServiceAccount", automountServiceAccountToken=False)
    ports = [{"name": "http", "port": 80, "targetPort": "http"}]
    yield described("v1", "Service", spec={"selector": selector, "ports": ports})
    spec = {"replicas": 1, "selector": {"matchLabels": selector}, "template": pod}
    yield described("apps/v1", "Deployment", spec=spec)
    rule = {"apiGroups": [""], "resources": ["configmaps"], "verbs": ["get", "list", "watch"]}
    yield described(f"{rbac}/v1", "Role", rules=[rule])
    yield described(
        f"{rbac}/v1",
        "RoleBinding",
        roleRef={"apiGroup": rbac, "kind": "Role", "name": name},
        subjects=[{"kind": "ServiceAccount", "name": name, "namespace": application}],
    )
    for part in ("templates", "translations"):
        yield described("v1", "ConfigMap", called=f"{name}-{part}", data={part: name * 8})
