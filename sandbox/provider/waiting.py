"""Waiting for an object to be ready or gone, saying why all the while, and ending by a time limit."""

from __future__ import annotations

import threading
import time
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gitops.cluster.errors import ApiError, Unreachable
from sandbox.provider import causes, waitfor
from sandbox.provider.annotations import WAIT_FOR, annotation, is_true
from sandbox.provider.readiness import needs_endpoints, rule
from sandbox.provider.verdict import READY, Verdict, waiting

if TYPE_CHECKING:
    from collections.abc import Callable

    from gitops.cluster.client import Client, Object
    from gitops.cluster.discovery import Resource
    from sandbox.provider.watching import Watches

_EVERY = 2.0
_SLICES = "/apis/discovery.k8s.io/v1/namespaces/{}/endpointslices"


class NotReadyError(Exception):
    """The object exists and did not become ready; `reasons` say why, `live` is its last form."""

    def __init__(self, reasons: list[str], live: Object) -> None:
        super().__init__(reasons[0])
        self.reasons = reasons
        self.live = live


class GoneError(Exception):
    """The object was deleted while it was waited for."""


@dataclass(frozen=True, slots=True)
class Waiter:
    """What waiting needs: the cluster, its watches, where to tell, and whether to stop."""

    client: Client
    watches: Watches
    cancelled: threading.Event

    def until_ready(
        self, resource: Resource, live: Object, inputs: Object, timeout: float, tell: Callable[[str], None]
    ) -> Object:
        """Return the object's form in which it is ready. Raises NotReadyError, GoneError."""
        check = ready_rule(inputs)
        if check is None:
            return live
        verdict = self._assess(check, live)
        if verdict.ready:
            return live
        metadata = live["metadata"]
        name, namespace = metadata["name"], metadata.get("namespace", "")
        deadline, told = time.monotonic() + timeout, time.monotonic()
        changed = threading.Event()
        with ExitStack() as subscriptions:
            watched = self.watches.subscribe(resource.path(namespace), changed, name)
            feed = subscriptions.enter_context(watched)
            if needs_endpoints_rule(live):
                subscriptions.enter_context(self.watches.subscribe(_SLICES.format(namespace), changed))
            while True:
                remaining = deadline - time.monotonic()
                if verdict.failed or remaining <= 0 or self.cancelled.is_set():
                    raise NotReadyError(self._report(live, verdict, timeout, feed.trouble), live)
                changed.wait(min(remaining, _EVERY))
                changed.clear()
                live = feed.objects.get(name) or self._look(resource, live)
                verdict = self._assess(check, live)
                if verdict.ready:
                    return live
                if time.monotonic() - told > _EVERY:
                    told = time.monotonic()
                    tell("; ".join(self._reasons(live, verdict, feed.trouble)))

    def until_gone(
        self, resource: Resource, live: Object, timeout: float, tell: Callable[[str], None]
    ) -> None:
        """Return when the object with this uid no longer exists. Raises NotReadyError."""
        metadata = live["metadata"]
        name, namespace, uid = metadata["name"], metadata.get("namespace", ""), metadata.get("uid")
        deadline, told = time.monotonic() + timeout, time.monotonic()
        changed = threading.Event()
        with self.watches.subscribe(resource.path(namespace), changed, name) as feed:
            while True:
                remaining = deadline - time.monotonic()
                live = feed.objects.get(name, live)
                if remaining <= 0 or self.cancelled.is_set():
                    raise NotReadyError(
                        [f"{label(live)} still exists{_after(self.cancelled, timeout)}: {held(live)}"], live
                    )
                changed.wait(min(remaining, _EVERY))
                changed.clear()
                if feed.listed.is_set() and name not in feed.objects:
                    try:
                        live = self._look(resource, live)
                    except GoneError:
                        return
                if live["metadata"].get("uid") != uid:
                    return
                if time.monotonic() - told > _EVERY:
                    told = time.monotonic()
                    tell(f"{label(live)} is being deleted: {feed.trouble or held(live)}")

    def _look(self, resource: Resource, live: Object) -> Object:
        """The object that a feed does not hold: too new for it, gone, or in a collection we may not watch."""
        metadata = live["metadata"]
        try:
            return self.client.get(resource.path(metadata.get("namespace", ""), metadata["name"]))
        except ApiError as error:
            if error.status == 404:
                raise GoneError(f"{label(live)} was deleted while it was waited for") from None
            return live
        except Unreachable:
            return live

    def is_ready(self, live: Object, inputs: Object) -> list[str]:
        """The reasons why an object is not ready at this moment; none when it is."""
        check = ready_rule(inputs)
        verdict = self._assess(check, live) if check else READY
        return [] if verdict.ready else self._reasons(live, verdict, "")

    def _assess(self, check: Callable[[Object], Verdict], live: Object) -> Verdict:
        verdict = check(live)
        if verdict.ready and check is rule(live) and needs_endpoints_rule(live):
            return self._endpoints(live)
        if not verdict.ready and live.get("kind") == "PersistentVolumeClaim" and self._waits_for_pod(live):
            return READY
        return verdict

    def _endpoints(self, service: Object) -> Verdict:
        metadata = service["metadata"]
        try:
            slices = self.client.list(
                _SLICES.format(metadata["namespace"]), f"kubernetes.io/service-name={metadata['name']}"
            )
        except (ApiError, Unreachable) as error:
            return waiting(str(error))
        ends = [e for s in slices for e in s.get("endpoints") or ()]
        if any((e.get("conditions") or {}).get("ready", True) for e in ends):
            return READY
        return waiting(f"none of its {len(ends)} pods is ready" if ends else "no pod matches its selector")

    def _waits_for_pod(self, claim: Object) -> bool:
        """A claim of a class that binds late is as ready as it can be before a pod uses it."""
        name = (claim.get("spec") or {}).get("storageClassName")
        if not name or (claim.get("status") or {}).get("phase", "Pending") != "Pending":
            return False
        try:
            found = self.client.get(f"/apis/storage.k8s.io/v1/storageclasses/{name}")
        except (ApiError, Unreachable):
            return False
        return bool(found.get("volumeBindingMode") == "WaitForFirstConsumer")

    def _report(self, live: Object, verdict: Verdict, timeout: float, trouble: str) -> list[str]:
        first, *more = self._reasons(live, verdict, trouble)
        return [f"{first}{'' if verdict.failed else _after(self.cancelled, timeout)}", *more]

    def _reasons(self, live: Object, verdict: Verdict, trouble: str) -> list[str]:
        return [f"{label(live)}: {trouble or verdict.reason}", *self._causes(live)]

    def _causes(self, live: Object) -> list[str]:
        """What its pods and its warnings tell; a cluster that doesn't let us look tells nothing."""
        metadata = live["metadata"]
        core = f"/api/v1/namespaces/{metadata.get('namespace')}"
        chosen = causes.selector(live)
        try:
            if live.get("kind") == "Pod":
                found = causes.of_pods([live])
            else:
                found = causes.of_pods(self.client.list(f"{core}/pods", chosen)) if chosen else []
            if not found and metadata.get("namespace"):
                about = f"involvedObject.uid={metadata.get('uid')}"
                found = causes.of_events(self.client.list(f"{core}/events", field_selector=about))
        except (ApiError, Unreachable):
            return []
        return found


def needs_endpoints_rule(live: Object) -> bool:
    """Whether an object is a Service that is of no use before its pods."""
    return live.get("kind") == "Service" and live.get("apiVersion") == "v1" and needs_endpoints(live)


def ready_rule(inputs: Object) -> Callable[[Object], Verdict] | None:
    """What decides: skipAwait, then waitFor, then the kind's own rule. Raises InvalidWaitFor."""
    if is_true(inputs, "skipAwait"):
        return None
    text = annotation(inputs, WAIT_FOR)
    return waitfor.parse(text) if text else rule(inputs)


def label(obj: Object) -> str:
    """`Deployment shop/web`."""
    metadata = obj.get("metadata") or {}
    place = "/".join(filter(None, [metadata.get("namespace"), metadata.get("name")]))
    return f"{obj.get('kind')} {place}"


def held(obj: Object) -> str:
    """What keeps a deleted object from going away."""
    finalizers = (obj.get("metadata") or {}).get("finalizers") or []
    conditions = (obj.get("status") or {}).get("conditions") or ()
    said = [
        str(c.get("message"))
        for c in conditions
        if c.get("status") == "True" and "Remaining" in c.get("type", "")
    ]
    if said:
        return "; ".join(said)
    return (
        f"held by the finalizers {', '.join(finalizers)}" if finalizers else "its deletion has not finished"
    )


def _after(cancelled: threading.Event, timeout: float) -> str:
    return ", and the run was cancelled" if cancelled.is_set() else f" after {timeout:.0f} s"
