"""Where requests to a VirtualService end up: shares of pods, by the weights of its route."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

ERRORS, LATENCY = "sandbox.gitops.internal/errors", "sandbox.gitops.internal/latency"
"""Annotations of pods that shall not do well: the share of requests that fails, and milliseconds until an answer."""
_USUAL = 20.0


@dataclass(frozen=True, slots=True)
class Stream:
    """What one pod gets of the requests to one VirtualService.

    Attributes:
        host: the name of the Service.
        namespace: of the VirtualService.
        pod: the pod's name, or "" where no pod is ready to answer.
        share: of all requests, from 0 to 1.
        errors: the share of these that fails.
        milliseconds: until an answer.
    """

    host: str
    namespace: str
    pod: str
    share: float
    errors: float = 0.0
    milliseconds: float = _USUAL


def destinations(route: Mapping[str, Any]) -> Iterator[tuple[str, float]]:
    """Each Service that the first route for everybody leads to, with its share.

    Format: istio.io, "Virtual Service", `HTTPRouteDestination`.
    """
    for http in route["spec"].get("http", ()):
        if "match" not in http:
            targets = http.get("route", ())
            for target in targets:
                weight = target.get("weight", 0 if len(targets) > 1 else 100)
                yield target["destination"]["host"].partition(".")[0], weight / 100
            return


def streams(
    route: Mapping[str, Any], services: Sequence[Mapping[str, Any]], pods: Sequence[Mapping[str, Any]]
) -> Iterator[Stream]:
    """What each pod gets of the requests to a VirtualService, of the Services and pods of its namespace."""
    namespace = route["metadata"]["namespace"]
    selectors = {item["metadata"]["name"]: item["spec"].get("selector") for item in services}
    for host, share in destinations(route):
        if not share:
            continue
        selector = selectors.get(host)
        behind = [pod for pod in pods if selector and _answers(pod, selector)]
        for pod in behind:
            told = pod["metadata"].get("annotations", {})
            yield Stream(
                host,
                namespace,
                pod["metadata"]["name"],
                share / len(behind),
                _number(told.get(ERRORS), 0.0),
                _number(told.get(LATENCY), _USUAL),
            )
        if not behind:
            yield Stream(host, namespace, "", share, errors=1.0)


def _answers(pod: Mapping[str, Any], selector: Mapping[str, str]) -> bool:
    metadata, conditions = pod["metadata"], pod.get("status", {}).get("conditions", ())
    return (
        selector.items() <= metadata.get("labels", {}).items()
        and "deletionTimestamp" not in metadata
        and any(each["type"] == "Ready" and each["status"] == "True" for each in conditions)
    )


def _number(text: str | None, usual: float) -> float:
    try:
        return usual if text is None else float(text)
    except ValueError:
        return usual
