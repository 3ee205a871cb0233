"""A stack of nothing but files: what a commit states of Argo CD's objects becomes applications, objects and a plan."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from gitops.manifests.build import manifests
from gitops.manifests.cache import Cache
from gitops.manifests.program import Program
from gitops.manifests.rendering import Rendering
from gitops.model.errors import AccessError, Problems
from gitops.model.plan import Gate
from gitops.model.settings import FleetCluster
from gitops.stated import find_stated
from gitops.waves.plan import make_plan
from tests import given

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gitops.model.application import Application
    from gitops.model.health_rule import HealthRule
    from gitops.model.plan import Hook, Plan, PlannedObject
    from gitops.source.commit import Commit

URL = "https://git.example.test/platform.git"
ARGO = "argocd.argoproj.io"
WAVE, HOOK, OPTIONS = (f"{ARGO}/{name}" for name in ("sync-wave", "hook", "sync-options"))
FINALIZER = "resources-finalizer.argocd.argoproj.io"
FLEET = (FleetCluster("test", (), (("tier", "lab"),)), FleetCluster("prod", ("https://10.0.0.1:6443",)))
# Prints what it was given as an object, so that a test sees the call.
_FAKE = """#!/bin/sh
case "$*" in
  *template*) printf -- '---\\n# Source: web/templates/x.yaml\\n' ;;
esac
printf 'apiVersion: v1\\nkind: ConfigMap\\nmetadata:\\n  name: %s\\ndata:\\n  arguments: |\\n' "$NAME"
for argument in "$@"; do printf '    %s\\n' "$argument"; done
printf '  files: |\\n'
find . -type f | LC_ALL=C sort | while read -r f; do printf '    %s: %s\\n' "${f#./}" "$(tr '\\n' ' ' < "$f")"; done
printf '  environment: |\\n'
env | LC_ALL=C sort | sed 's/^/    /'
"""


@dataclass(frozen=True)
class Outcome:
    """What became of a commit."""

    applications: Mapping[str, Application]
    plan: Plan
    problems: tuple[str, ...]

    @property
    def steps(self) -> list[str]:
        """The names of all steps in their order, without the gates."""
        return [step.name for step in self.plan.steps if not isinstance(step, Gate)]

    def object(self, name: str) -> PlannedObject:
        """The object of that name, such as `ConfigMap:web/x`."""
        [found] = [item for item in self.plan.objects if item.name == name]
        return found

    def hook(self, name: str) -> Hook:
        """The hook whose object has that name."""
        [found] = [hook for hook in self.plan.hooks if hook.manifest.body["metadata"].get("name") == name]
        return found

    def follows(self, later: str, earlier: str) -> bool:
        """Whether a step, by the end of its name, can only start when another one is done."""
        steps = {step.name: step for step in self.plan.steps}
        [start], [goal] = ([name for name in steps if name.endswith(end)] for end in (later, earlier))
        reached, waiting = set[str](), [start]
        while waiting:
            for name in steps[waiting.pop()].after:
                if name not in reached:
                    reached.add(name)
                    waiting.append(name)
        return goal in reached


def document(kind: str, name: str = "x", api: str = "v1", *, of: Any = None, **more: Any) -> str:
    """An object as a document; `of` are its annotations."""
    metadata = {"name": name, **({"annotations": of} if of else {}), **more.pop("metadata", {})}
    return json.dumps({"apiVersion": api, "kind": kind, "metadata": metadata, **more})


def job(name: str = "x", **of: str) -> str:
    """A Job with these annotations."""
    return document("Job", name, "batch/v1", of=of)


def application(name: str = "web", *, of: Any = None, source: Any = None, **spec: Any) -> str:
    """An Application over the folder of its name; `of` are its annotations, `source` is laid over its own."""
    finalizers = spec.pop("finalizers", [FINALIZER])
    body = {
        "project": "default",
        "source": {"repoURL": URL, "targetRevision": "HEAD", "path": f"apps/{name}", **(source or {})},
        "destination": {"server": "https://kubernetes.default.svc", "namespace": name},
        "syncPolicy": {"automated": {"prune": True}},
        **spec,
    }
    metadata = {"finalizers": finalizers}
    return document("Application", name, "argoproj.io/v1alpha1", of=of, metadata=metadata, spec=body)


def deployment(name: str = "x", **of: str) -> str:
    """A Deployment with these annotations."""
    return document("Deployment", name, "apps/v1", of=of, spec={})


CRD = document(
    "CustomResourceDefinition", "things.example.test", "apiextensions.k8s.io/v1",
    spec={"group": "example.test", "names": {"kind": "Thing"}, "scope": "Namespaced"},
)  # fmt: skip
THING = document("Thing", "t", "example.test/v1")


def planned(
    files: Mapping[str, str],
    *,
    folder: Path | None = None,
    tool: str = _FAKE,
    rules: tuple[HealthRule, ...] = (),
) -> Outcome:
    """What these files, with the Applications in `argocd/`, come to; `tool` stands in for helm and kustomize.

    What is rendered is kept in the folder, else forgotten.
    """
    settings = given.settings(argocd=("argocd",), applications=(), fleet=FLEET, health_rules=rules)
    settings = replace(settings, repository=replace(settings.repository, url=URL))
    problems, notes = Problems(), Problems()
    with TemporaryDirectory() as scratch:
        helm, kustomize = (_stand_in(Path(scratch, name), tool) for name in ("helm", "kustomize"))
        rendering = Rendering(Cache(folder or Path(scratch)), helm, kustomize, "test")
        stated = find_stated(given.commit(files), settings, rendering, _out_of_reach, problems)
        found = manifests(stated.documents, "test", {}, problems, notes)
    for problem in stated.forbidden(found):
        problems.note(problem)
    plan = make_plan("test", given.SHA, stated.applications, found, problems)
    return Outcome({item.name: item for item in stated.applications}, plan, tuple(map(str, problems)))


def of_one(*documents: str, rules: tuple[HealthRule, ...] = (), **more: Any) -> Outcome:
    """What one application `web` of these documents comes to; nothing is wrong with it."""
    files = {"argocd/web.yaml": application(**more), "apps/web/x.yaml": "\n---\n".join(documents)}
    found = planned(files, rules=rules)
    assert found.problems == ()
    return found


def of_files(files: Mapping[str, str], **more: Any) -> Outcome:
    """What one application `web` of these files in its folder comes to."""
    return planned(
        {"argocd/web.yaml": application(**more), **{f"apps/web/{path}": text for path, text in files.items()}}
    )


def _stand_in(binary: Path, script: str) -> Program:
    binary.write_text(script.replace("$NAME", binary.name))
    binary.chmod(0o755)
    first = ("build",) if binary.name == "kustomize" else ()
    return Program((str(binary), *first), f"stand-in {binary.name}")


def _out_of_reach(url: str, revision: str) -> Commit:
    raise AccessError(f"{url}@{revision} is out of reach")
