"""The metrics that the analyses of a Rollout measure, as its templates in Git state them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from gitops.model.duration import parse_duration
from gitops.model.manifest import as_list, as_mapping
from gitops.rollouts.referenced import analyses_of, template_of, with_nested
from gitops.rollouts.simulation.arguments import UnknownArgumentError, filled, given
from gitops.rollouts.simulation.condition import condition

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from gitops.model.keys import ObjectKey
    from gitops.model.manifest import JsonObject

_LIMIT, _ERRORS = 0, 4


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric of an analysis.

    Attributes:
        rollout: the Rollout that it decides about.
        name: its name in the template.
        template: the template's name.
        places: where the strategy runs it, such as `spec.strategy.canary.steps[1].analysis`.
        address: of the Prometheus server.
        query: PromQL, with the arguments filled in.
        success: the condition of a good measurement, "" for none; `failure` of a bad one.
        interval: seconds between two measurements.
        delay: seconds before the first.
        count: how many are taken; None for as long as the rollout goes on.
        failures, inconclusives: how many may be so; failures -1 for any.
        errors: how many in a row may be errors.
        dry_run: whether its outcome counts for nothing.
        filled: what stands in the query for an argument whose value a canary would have brought.
        obstacle: why it can't be simulated, "" when it can.
    """

    rollout: ObjectKey
    name: str
    template: str
    places: tuple[str, ...] = ()
    address: str = ""
    query: str = ""
    success: str = ""
    failure: str = ""
    interval: float = 0.0
    delay: float = 0.0
    count: int | None = 1
    failures: int = _LIMIT
    inconclusives: int = _LIMIT
    errors: int = _ERRORS
    dry_run: bool = False
    filled: tuple[tuple[str, str], ...] = ()
    obstacle: str = ""

    @property
    def length(self) -> float | None:
        """Seconds from the start of a run to its last measurement; None when the rollout ends it."""
        return None if self.count is None else self.delay + (self.count - 1) * self.interval


def metrics_of(
    rollout: JsonObject, stated: Mapping[ObjectKey, JsonObject], key: ObjectKey, args: Mapping[str, str]
) -> tuple[Metric, ...]:
    """Each metric once, with all the places that run it; `args` wins over what Git says of arguments."""
    found: dict[Metric, tuple[str, ...]] = {}
    for path, analysis in analyses_of(as_mapping(as_mapping(rollout.get("spec")).get("strategy"))):
        for reference in as_list(analysis.get("templates")):
            for template, body in with_nested(template_of(key, as_mapping(reference)), stated).items():
                for metric in _metrics(key, template, body, analysis, args):
                    found[metric] = (*found.get(metric, ()), path)
    return tuple(replace(metric, places=places) for metric, places in found.items())


def lasting(rollout: JsonObject, metrics: Iterable[Metric]) -> float:
    """Seconds that the steps of a canary take at least: its pauses and the analyses between its steps."""
    canary = as_mapping(as_mapping(as_mapping(rollout.get("spec")).get("strategy")).get("canary"))
    total = 0.0
    known = tuple(metrics)
    for number, step in enumerate(map(as_mapping, as_list(canary.get("steps")))):
        total += _seconds(as_mapping(step.get("pause")).get("duration"))
        place = f".steps[{number}].analysis"
        total += max((m.length or 0.0 for m in known if any(p.endswith(place) for p in m.places)), default=0)
    return total


def _metrics(
    key: ObjectKey,
    template: ObjectKey,
    body: JsonObject | None,
    analysis: JsonObject,
    args: Mapping[str, str],
) -> Iterator[Metric]:
    if body is None:
        yield Metric(key, template.name, template.name, obstacle=f"the application does not state {template}")
        return
    spec = as_mapping(body.get("spec"))
    values = given(as_list(spec.get("args")), as_list(analysis.get("args")), args)
    dry = {as_mapping(item).get("metricName") for item in as_list(spec.get("dryRun"))}
    dry |= {as_mapping(item).get("metricName") for item in as_list(analysis.get("dryRun"))}
    for item in map(as_mapping, as_list(spec.get("metrics"))):
        name = str(item.get("name") or "")
        metric = Metric(key, name, template.name, dry_run=bool(dry & {name, "*", ".*"}))
        try:
            yield _read(metric, item, values)
        except ValueError as error:
            yield replace(metric, obstacle=str(error))


def _read(metric: Metric, stated: JsonObject, values: Mapping[str, str | None]) -> Metric:
    """The metric in whole.

    Raises:
        ValueError: it can't be simulated.
    """
    provider = as_mapping(stated.get("provider"))
    asked = as_mapping(provider.get("prometheus"))
    if not asked.get("query"):
        message = f"asks {', '.join(provider) or 'nobody'}, and only Prometheus is asked for its past here"
        raise ValueError(message)
    for name in ("rangeQuery", "authentication"):
        if asked.get(name):
            message = f"states prometheus.{name}, which is not simulated"
            raise ValueError(message)
    if stated.get("consecutiveSuccessLimit"):
        raise ValueError("states consecutiveSuccessLimit, which is not simulated")

    def text(value: Any) -> str:
        return filled(str(value or ""), values)[0]

    query, put = filled(str(asked["query"]), values)
    read = replace(
        metric,
        address=text(asked.get("address")).rstrip("/"),
        query=query,
        filled=put,
        success=text(stated.get("successCondition")),
        failure=text(stated.get("failureCondition")),
        interval=_seconds(text(stated.get("interval"))),
        delay=_seconds(text(stated.get("initialDelay"))),
        failures=_whole(text(stated.get("failureLimit")), _LIMIT),
        inconclusives=_whole(text(stated.get("inconclusiveLimit")), _LIMIT),
        errors=_whole(text(stated.get("consecutiveErrorLimit")), _ERRORS),
    )
    for told in filter(None, (read.success, read.failure)):
        condition(told)
    count = _whole(text(stated.get("count")), 0)
    return replace(read, count=count or (None if read.interval else 1))


def _seconds(value: Any) -> float:
    """Seconds of a duration as Argo Rollouts takes it: Go's, or a number of seconds."""
    text = str(value or "0")
    return float(text) if text.isdecimal() else parse_duration(text)


def _whole(text: str, usual: int) -> int:
    return int(text) if text else usual


__all__ = ["Metric", "UnknownArgumentError", "lasting", "metrics_of"]
