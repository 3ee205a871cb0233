"""A live Rollout as people follow it: its steps, its weights, its versions, and what its analyses measure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from gitops.cluster.acts import is_through, step_index
from gitops.cluster.errors import ApiError
from gitops.cluster.health import Health, canary_steps, health
from gitops.cluster.verdict import verdict, when_of
from gitops.model.keys import APPLICATION_LABEL, GROUP_ANNOTATION, ObjectKey
from gitops.model.manifest import as_list, as_mapping
from gitops.model.steering import HASH_LABEL

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from gitops.cluster.client import Client, Object

_REVISION = "rollout.argoproj.io/revision"
_COUNTS = ("successful", "failed", "inconclusive", "error")


class Step(NamedTuple):
    """One step of a canary: in words, and whether it is `done`, `now` or `next`."""

    told: str
    state: str


class Version(NamedTuple):
    """The pods of one version.

    Attributes:
        revision: the controller's number, the newest has the highest.
        name: of its ReplicaSet.
        roles: such as `stable`, `canary`, `active`, `preview`; none for one that was replaced.
        images: of its containers.
        ready: how many pods are ready.
        wanted: how many there are to be.
        created: in UTC, ISO 8601.
        ended: how it went, such as `stable`, `under way` or `analysis failed`.
    """

    revision: int
    name: str
    roles: tuple[str, ...]
    images: tuple[str, ...]
    ready: int
    wanted: int
    created: str
    ended: str


class Metric(NamedTuple):
    """What a metric of an analysis has measured: how often it went how, and what last."""

    name: str
    phase: str
    counts: dict[str, int]
    last: str


class Analysis(NamedTuple):
    """An AnalysisRun of the newest version: where it belongs, such as `at step 2 of 5`, and how it is."""

    name: str
    when: str
    phase: str
    metrics: tuple[Metric, ...]


class Weights(NamedTuple):
    """Per cent of the traffic for the new version: as the steps want it, and as it is split."""

    wanted: int
    actual: int


class RolloutView(NamedTuple):
    """A Rollout.

    Attributes:
        group: the name of the group that it is of, "" without one.
        strategy: `canary` or `blueGreen`.
        why: what it waits for, or why it was aborted, with what was measured; "" when all is well.
        weights: by the pods that are ready where no traffic is split; None without steps.
        versions: the newest first.
    """

    application: str
    key: ObjectKey
    group: str
    strategy: str
    health: Health
    why: str
    steps: tuple[Step, ...]
    weights: Weights | None
    versions: tuple[Version, ...]
    analyses: tuple[Analysis, ...]


def view(client: Client, live: Object) -> RolloutView:
    """All of a Rollout; its ReplicaSets and AnalysisRuns are read for it.

    Raises:
        ApiError, Unreachable: the cluster refuses or does not answer.
    """
    metadata, spec = live["metadata"], as_mapping(live.get("spec"))
    namespace = metadata["namespace"]
    runs = _owned(client, f"/apis/{live['apiVersion']}/namespaces/{namespace}/analysisruns", live)
    replica_sets = _owned(client, f"/apis/apps/v1/namespaces/{namespace}/replicasets", live)
    found = health(live)
    versions = tuple(sorted((_version(item, live, runs) for item in replica_sets), reverse=True))
    return RolloutView(
        application_of(live),
        ObjectKey.of_body(live),
        group_of_rollout(live),
        "blueGreen" if "blueGreen" in as_mapping(spec.get("strategy")) else "canary",
        found,
        verdict(client, live) or found.message,
        tuple(_steps(live)),
        _weights(live, versions),
        versions,
        tuple(_analyses(live, runs)),
    )


def application_of(live: Object) -> str:
    """The application that a live object says it is of."""
    return str((live["metadata"].get("labels") or {}).get(APPLICATION_LABEL, ""))


def group_of_rollout(live: Object) -> str:
    """The name of the group that a Rollout is of, "" without one."""
    return str((live["metadata"].get("annotations") or {}).get(GROUP_ANNOTATION, ""))


def _owned(client: Client, path: str, live: Object) -> list[Object]:
    """What a Rollout owns of a kind; nothing where that may not be read, since the rest is worth telling."""
    uid = live["metadata"].get("uid")
    try:
        items = client.list(path)
    except ApiError as error:
        if error.status in {403, 404}:
            return []
        raise
    return [
        item
        for item in items
        if any(owner.get("uid") == uid for owner in as_list(item["metadata"].get("ownerReferences")))
    ]


def _steps(live: Object) -> Iterator[Step]:
    index = step_index(live)
    for number, step in enumerate(canary_steps(as_mapping(live.get("spec")))):
        done = is_through(live) or number < index
        yield Step(told_step(as_mapping(step)), "done" if done else "now" if number == index else "next")


def told_step(step: dict[str, Any]) -> str:
    """A step in words, such as `weight 20` or `pause 5m`."""
    for kind, value in step.items():
        stated = as_mapping(value)
        match kind:
            case "setWeight":
                return f"weight {value}"
            case "pause":
                duration = stated.get("duration")
                return (
                    f"pause {duration}{'s' if str(duration).isdecimal() else ''}"
                    if duration
                    else "pause until promoted"
                )
            case "analysis":
                names = (
                    str(as_mapping(item).get("templateName")) for item in as_list(stated.get("templates"))
                )
                return f"analysis {', '.join(names)}"
            case "setCanaryScale":
                return "canary scale " + ", ".join(f"{name} {wanted}" for name, wanted in stated.items())
            case "setHeaderRoute" | "setMirrorRoute":
                return f"{'header' if kind == 'setHeaderRoute' else 'mirror'} route {stated.get('name')}"
            case _:
                return str(kind)
    return "nothing"


def _weights(live: Object, versions: Sequence[Version]) -> Weights | None:
    """As the traffic is split; where nothing splits it, by the pods that are ready."""
    status, spec = as_mapping(live.get("status")), as_mapping(live.get("spec"))
    steps, index = canary_steps(spec), step_index(live)
    split = as_mapping(as_mapping(status.get("canary")).get("weights"))
    if not (split or steps):
        return None
    set_so_far = [step["setWeight"] for step in map(as_mapping, steps[: index + 1]) if "setWeight" in step]
    if status.get("abort") or is_through(live):
        wanted = 0
    else:
        wanted = 100 if index >= len(steps) else int((set_so_far or [0])[-1])
    if split:
        return Weights(wanted, int(as_mapping(split.get("canary")).get("weight") or 0))
    new, ready = (sum(one.ready for one in group) for group in (_new(versions), versions))
    return Weights(wanted, round(100 * new / ready) if ready else 0)


def _new(versions: Sequence[Version]) -> list[Version]:
    return [one for one in versions if "canary" in one.roles]


def _version(replica_set: Object, live: Object, runs: list[Object]) -> Version:
    metadata, status = replica_set["metadata"], as_mapping(replica_set.get("status"))
    mark = str((metadata.get("labels") or {}).get(HASH_LABEL, ""))
    pod = as_mapping(as_mapping(as_mapping(replica_set.get("spec")).get("template")).get("spec"))
    revision = str((metadata.get("annotations") or {}).get(_REVISION, "0"))
    roles = tuple(_roles(mark, live))
    return Version(
        int(revision) if revision.isdecimal() else 0,
        str(metadata["name"]),
        roles,
        tuple(str(item.get("image")) for item in map(as_mapping, as_list(pod.get("containers")))),
        int(status.get("readyReplicas") or 0),
        int(as_mapping(replica_set.get("spec")).get("replicas") or 0),
        str(metadata.get("creationTimestamp") or ""),
        _ended(mark, roles, live, runs),
    )


def _roles(mark: str, live: Object) -> Iterator[str]:
    status = as_mapping(live.get("status"))
    green = as_mapping(status.get("blueGreen"))
    if mark == status.get("stableRS"):
        yield "stable"
    if mark == green.get("activeSelector"):
        yield "active"
    elif mark == green.get("previewSelector"):
        yield "preview"
    if mark == status.get("currentPodHash") != status.get("stableRS") and not green:
        yield "canary"


def _ended(mark: str, roles: tuple[str, ...], live: Object, runs: list[Object]) -> str:
    status = as_mapping(live.get("status"))
    if "stable" in roles:
        return "stable"
    phases = {
        as_mapping(run.get("status")).get("phase")
        for run in runs
        if (run["metadata"].get("labels") or {}).get(HASH_LABEL) == mark
    }
    bad = " and ".join(sorted(str(phase).lower() for phase in phases & {"Failed", "Error"}))
    if mark == status.get("currentPodHash"):
        return "aborted" if status.get("abort") else "under way"
    return f"analysis {bad}" if bad else "replaced"


def _analyses(live: Object, runs: list[Object]) -> Iterator[Analysis]:
    mark = as_mapping(live.get("status")).get("currentPodHash")
    newest = sorted(
        (run for run in runs if (run["metadata"].get("labels") or {}).get(HASH_LABEL) == mark),
        key=lambda run: str(run["metadata"].get("creationTimestamp")),
    )
    for run in newest:
        status = as_mapping(run.get("status"))
        yield Analysis(
            str(run["metadata"]["name"]),
            when_of(run, live),
            str(status.get("phase") or "Pending"),
            tuple(_metric(as_mapping(item)) for item in as_list(status.get("metricResults"))),
        )


def _metric(result: dict[str, Any]) -> Metric:
    samples = [as_mapping(item) for item in as_list(result.get("measurements"))]
    last = samples[-1] if samples else {}
    return Metric(
        str(result.get("name")),
        str(result.get("phase") or ""),
        {name: int(result[name]) for name in _COUNTS if result.get(name)},
        str(last.get("value") or last.get("message") or result.get("message") or ""),
    )
