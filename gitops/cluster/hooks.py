"""An object that does its work once: made, waited for by Argo CD's rules of health, and deleted by its policies."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any, TypeVar

from gitops.cluster.errors import ApiError, Unreachable
from gitops.cluster.health import Status, health
from gitops.cluster.survey import is_copy
from gitops.model.errors import GitOpsError, TimedOutError
from gitops.model.keys import APPLICATION_LABEL, FIELD_MANAGER, HOOK_ANNOTATION, STACK_LABEL
from gitops.model.phase import DeletePolicy

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from gitops.cluster.client import Client, Object
    from gitops.cluster.connect import Connection

_FAILED = frozenset((Status.DEGRADED, Status.UNKNOWN))
_SHORTEST, _LONGEST = 0.1, 1.0
T = TypeVar("T")


class HookFailedError(GitOpsError):
    """What a hook made has failed, or was deleted before it was seen to end."""


async def run_hook(
    connection: Connection, body: Object, policies: Collection[DeletePolicy], patience: float
) -> None:
    """Make the object and wait until it has done its work; `patience` is in seconds.

    Only short calls leave the event loop, so that a run that is ended does not wait for the hook.

    Raises:
        HookFailedError: it failed; the message says why.
        TimedOutError: it has not ended in time; the message says what it was seen to wait for.
        ApiError, UnknownKindError: the API server refused it.
    """
    client, deadline = connection.client, time.monotonic() + patience
    name = _called(body)
    path = await _path(connection, body)
    if DeletePolicy.BEFORE_HOOK_CREATION in policies:
        await _remove(client, path, name, deadline)
    live = await asyncio.to_thread(client.apply, path, body, field_manager=FIELD_MANAGER, force=True)
    pause = _SHORTEST
    while (found := health(live)).status is not Status.HEALTHY:
        if found.status in _FAILED:
            reason = await _reason(client, live) or found.message
            if DeletePolicy.HOOK_FAILED in policies:
                await _delete(client, path)
            raise HookFailedError(f"hook {name} failed: {reason}", next_step=f"look at the logs of {name}")
        if time.monotonic() > deadline:
            reason = await _reason(client, live) or found.message
            raise TimedOutError(
                f"hook {name} has not ended after {patience:g} s: {reason}",
                next_step="mend it, or give the application a longer timeout",
            )
        await asyncio.sleep(pause)
        pause = min(_LONGEST, pause * 1.5)
        live = await _look(client, path, live, name)


async def delete_made(connection: Connection, body: Object) -> None:
    """Delete everything that the hook has made, also under generated names."""
    metadata = body["metadata"]
    labels = metadata["labels"]
    selector = ",".join(f"{label}={labels[label]}" for label in (STACK_LABEL, APPLICATION_LABEL))
    resource = await asyncio.to_thread(connection.discovery.find, body["apiVersion"], body["kind"])
    collection = resource.path(metadata.get("namespace", ""))
    for item in await asyncio.to_thread(connection.client.list, collection, selector):
        found = item["metadata"]
        if is_copy(resource.key(found), item):
            continue
        if (found.get("annotations") or {}).get(HOOK_ANNOTATION) == metadata["annotations"][HOOK_ANNOTATION]:
            await _delete(connection.client, resource.path(found.get("namespace", ""), found["name"]))


async def _path(connection: Connection, body: Object) -> str:
    resource = await asyncio.to_thread(connection.discovery.find, body["apiVersion"], body["kind"])
    return resource.path(body["metadata"].get("namespace", ""), body["metadata"]["name"])


async def _look(client: Client, path: str, last: Object, name: str) -> Object:
    """The object now, or as it was when the server is away for a moment."""
    try:
        return await asyncio.to_thread(client.get, path)
    except Unreachable:
        return last
    except ApiError as error:
        if error.status != 404:
            raise
        raise HookFailedError(
            f"hook {name} was deleted before it was seen to end",
            next_step="raise its ttlSecondsAfterFinished, or see who deletes it",
        ) from None


async def _remove(client: Client, path: str, name: str, deadline: float) -> None:
    """Delete what an earlier run left, and wait until it is gone."""
    await _delete(client, path)
    while await _quiet(lambda: client.get(path)) is not None:
        if time.monotonic() > deadline:
            raise TimedOutError(
                f"hook {name} of an earlier run is still being deleted",
                next_step="see which finalizers it has and who was to take them off",
            )
        await asyncio.sleep(_SHORTEST)


async def _delete(client: Client, path: str) -> None:
    await _quiet(lambda: client.delete(path))


async def _quiet(call: Callable[[], T]) -> T | None:
    """The call's answer; None when there is no such object."""
    try:
        return await asyncio.to_thread(call)
    except ApiError as error:
        if error.status != 404:
            raise
        return None


async def _reason(client: Client, live: Object) -> str:
    """What a pod of the object says is wrong with it; "" when none says anything."""
    metadata = live["metadata"]
    if live["kind"] == "Pod":
        return _pod_reason(live)
    if live["kind"] != "Job":
        return ""
    pods = f"/api/v1/namespaces/{metadata['namespace']}/pods"
    found = await _quiet(lambda: client.list(pods, f"batch.kubernetes.io/job-name={metadata['name']}"))
    told = next(filter(None, map(_pod_reason, found or ())), "")
    ended = next((c.get("message", "") for c in _conditions(live, "Failed")), "")
    return "; ".join(filter(None, (ended, told)))


def _pod_reason(pod: Object) -> str:
    status = pod.get("status") or {}
    name = f"pod {pod['metadata']['name']}"
    for container in (*(status.get("initContainerStatuses") or ()), *(status.get("containerStatuses") or ())):
        state = container.get("state") or {}
        waits, ended = state.get("waiting") or {}, state.get("terminated") or {}
        if waits.get("reason"):
            return (
                f"{name}: container {container['name']}: {waits['reason']} {waits.get('message', '')}".strip()
            )
        if ended.get("exitCode"):
            return f"{name}: container {container['name']} ended with exit code {ended['exitCode']}"
    for condition in _conditions(pod, "PodScheduled"):
        if condition.get("status") == "False":
            return f"{name}: {condition.get('message') or condition.get('reason', '')}"
    return ""


def _conditions(live: Object, kind: str) -> list[dict[str, Any]]:
    return [c for c in (live.get("status") or {}).get("conditions") or () if c.get("type") == kind]


def _called(body: Object) -> str:
    metadata = body["metadata"]
    namespace = f"{metadata['namespace']}/" if metadata.get("namespace") else ""
    return f"{body['kind']} {namespace}{metadata['name']}"
