"""The life of one resource: from the engine's values to the cluster, and back to the engine's values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gitops.cluster.discovery import UnknownKindError
from gitops.cluster.errors import ApiError
from gitops.model.errors import GitOpsError
from sandbox.provider import state, writing
from sandbox.provider.annotations import is_true, propagation, timeout
from sandbox.provider.cluster import is_out_of_reach
from sandbox.provider.diff import prune
from sandbox.provider.failures import InitError, OperationError
from sandbox.provider.inputs import renamed, to_api_key, with_secret_data
from sandbox.provider.values import has_unknowns, reveal, with_secrets_of
from sandbox.provider.waitfor import InvalidWaitFor
from sandbox.provider.waiting import GoneError, NotReadyError, label, ready_rule

if TYPE_CHECKING:
    from collections.abc import Callable

    from gitops.cluster.client import Object
    from gitops.cluster.discovery import Resource
    from sandbox.provider.cluster import Cluster
    from sandbox.provider.immutable import Path

_TIMEOUT = 600.0
_SKIPS_DELETE_WAIT = frozenset(
    {"Namespace", "Pod", "ReplicationController", "DaemonSet", "Deployment", "StatefulSet", "Job"}
)


@dataclass(frozen=True, slots=True)
class Call:
    """One call: the cluster, the seconds asked for (0 for the default), and where a wait tells its reason."""

    cluster: Cluster
    timeout: float
    tell: Callable[[str], None]


def create(call: Call, given: Object, *, preview: bool) -> tuple[str, Object]:
    """(id, properties); in a preview the id is empty, and what can't be tried comes back as it was given."""
    inputs = _plain(given)
    _check_wait(inputs)
    if preview and has_unknowns(inputs):
        return "", given
    manager = state.manager_name(inputs, None)
    write = writing.Write(call.cluster, inputs, manager, preview)
    try:
        live = writing.create(write)
    except GitOpsError as error:
        if preview and (writing.preview_falls_back(error) or is_out_of_reach(error)):
            return "", given
        raise OperationError(f"{label(inputs)} was not created: {_told(error)}") from None
    if preview:
        return "", _outputs(inputs, live, manager, given)
    try:
        live = _wait(call, inputs, live)
    except NotReadyError as error:
        properties = _outputs(inputs, error.live, manager, given)
        raise InitError(state.object_id(live), properties, error.reasons) from None
    return state.object_id(live), _outputs(inputs, live, manager, given)


def update(call: Call, olds: Object, given: Object, ignored: list[Path], *, preview: bool) -> Object:
    """The properties after the update; when the server refuses, the reason beside them."""
    inputs = _plain(given)
    _check_wait(inputs)
    if preview and has_unknowns(inputs):
        return given
    old = state.parse(olds)
    manager = state.manager_name(inputs, old)
    write = writing.Write(call.cluster, inputs, manager, preview)
    api_version = old.api_version or str(inputs.get("apiVersion", ""))
    try:
        _, _, path = call.cluster.path(inputs)
        live = call.cluster.client.get(path)
    except GitOpsError as error:
        if preview and is_out_of_reach(error):
            return given
        raise OperationError(f"{label(inputs)} was not updated: {_told(error)}{_refresh(error)}") from None
    sent = inputs
    try:
        sent, live = writing.update(write, live, ignored, old.manager)
    except ApiError as error:
        reasons = [
            f"{label(inputs)} was not updated: {_told(error)}",
            *(f"{f}: {m}" for f, m in error.causes),
        ]
        now = _current(call.cluster, path, live)
        properties = _outputs(inputs, now, manager, given, api_version)
        raise InitError(state.object_id(inputs), properties, reasons) from None
    except GitOpsError as error:
        raise OperationError(f"{label(inputs)} was not updated: {_told(error)}") from None
    if not preview:
        try:
            live = _wait(call, inputs, live)
        except NotReadyError as error:
            properties = _outputs(sent, error.live, manager, given, api_version)
            raise InitError(state.object_id(inputs), properties, error.reasons) from None
    return _outputs(sent, live, manager, given, api_version)


def read(
    call: Call, identity: str, kind: Object, olds: Object, given: Object
) -> tuple[str, Object, Object] | None:
    """(id, properties, inputs) of the object as it is, or None when it is gone.

    With neither inputs nor a state it is an import: the inputs are then the object's name and nothing else.
    `kind` is the apiVersion and kind of the resource's type.
    """
    old = state.parse(olds)
    wanted = _plain(given) or old.inputs
    if not wanted:
        namespace, _, name = identity.rpartition("/")
        wanted = {**kind, "metadata": {"name": name} | ({"namespace": namespace} if namespace else {})}
    try:
        _, _, path = call.cluster.path(wanted)
        live = call.cluster.client.get(path)
    except UnknownKindError:
        return None
    except ApiError as error:
        if error.status == 404:
            return None
        raise OperationError(f"{label(wanted)} could not be read: {_told(error)}") from None
    except GitOpsError as error:
        if call.cluster.settings.skip_update_unreachable and olds:
            return identity, olds, given
        if call.cluster.settings.delete_unreachable:
            return None
        raise OperationError(f"{label(wanted)} could not be read: {_told(error)}{_GONE_CLUSTER}") from None
    model = with_secrets_of(wanted, given)
    inputs = prune(live, wanted, old.live or None)
    manager = state.manager_name(wanted, old)
    properties = _outputs(inputs, live, manager, model, old.api_version or str(wanted.get("apiVersion", "")))
    now = with_secret_data(with_secrets_of(inputs, model))
    reasons = _readiness(call.cluster, live, wanted)
    if reasons:
        raise InitError(state.object_id(live), properties, reasons, now)
    return state.object_id(live), properties, now


def delete(call: Call, olds: Object) -> None:
    """Return when the object is gone; one that is gone already is a success."""
    old = state.parse(olds)
    inputs = old.inputs or old.live
    try:
        resource, _, path = call.cluster.path(inputs)
        answer = call.cluster.client.delete(path, propagation=propagation(inputs))
    except UnknownKindError:
        return
    except ApiError as error:
        if error.status == 404:
            return
        raise OperationError(f"{label(inputs)} was not deleted: {_told(error)}") from None
    except GitOpsError as error:
        if call.cluster.settings.delete_unreachable:
            return
        raise OperationError(f"{label(inputs)} was not deleted: {_told(error)}{_GONE_CLUSTER}") from None
    gone_at_once = answer.get("kind") == "Status"
    if gone_at_once or (is_true(inputs, "skipAwait") and inputs.get("kind") in _SKIPS_DELETE_WAIT):
        return
    limit = timeout(inputs, call.timeout, _TIMEOUT)
    try:
        call.cluster.waiter.until_gone(resource, answer, limit, call.tell)
    except NotReadyError as error:
        properties = _outputs(inputs, error.live, old.manager, olds, old.api_version)
        raise InitError(state.object_id(inputs), properties, error.reasons) from None


def _plain(given: Object) -> Object:
    plain: Object = renamed(reveal(given), to_api_key)
    return plain


def _check_wait(inputs: Object) -> None:
    try:
        ready_rule(inputs)
    except InvalidWaitFor as error:
        raise OperationError(
            f"{label(inputs)}: its annotation pulumi.com/waitFor can't be read: {error}"
        ) from None


def _wait(call: Call, inputs: Object, live: Object) -> Object:
    if ready_rule(inputs) is None:
        return live
    resource: Resource = call.cluster.resource(inputs)
    limit = timeout(inputs, call.timeout, _TIMEOUT)
    try:
        return call.cluster.waiter.until_ready(resource, live, inputs, limit, call.tell)
    except GoneError as error:
        raise OperationError(str(error)) from None


def _readiness(cluster: Cluster, live: Object, inputs: Object) -> list[str]:
    try:
        return cluster.waiter.is_ready(live, inputs)
    except InvalidWaitFor:
        return []


def _current(cluster: Cluster, path: str, fallback: Object) -> Object:
    try:
        return cluster.client.get(path)
    except GitOpsError:
        return fallback


def _outputs(inputs: Object, live: Object, manager: str, model: Object, api_version: str = "") -> Object:
    version = api_version or str(inputs.get("apiVersion", ""))
    return state.outputs(inputs, live, api_version=version, manager=manager, model=renamed(model, to_api_key))


def _told(error: GitOpsError) -> str:
    """The error in one line, with its next step; a field conflict says how it is forced."""
    if isinstance(error, ApiError) and error.reason == "Conflict" and error.causes:
        return (
            f'{error.message} → to take the fields back set the annotation pulumi.com/patchForce: "true", or '
            "enablePatchForce on the provider"
        )
    problem = error.problems[0]
    return f"{problem.what}{f' → {problem.next_step}' if problem.next_step else ''}"


def _refresh(error: GitOpsError) -> str:
    return " → run with --refresh, so that its loss is seen" if getattr(error, "status", 0) == 404 else ""


_GONE_CLUSTER = " (if the cluster is gone for good: PULUMI_K8S_DELETE_UNREACHABLE=true drops what it held)"
