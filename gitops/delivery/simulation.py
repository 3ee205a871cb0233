"""The analyses of a stack's Rollouts, held against what Prometheus has measured."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from gitops.delivery.prometheus import Prometheus
from gitops.model.errors import ConfigError, NotFoundError
from gitops.rollouts.naming import is_rollout
from gitops.rollouts.simulation.judgement import Judged, Simulated, judged
from gitops.rollouts.simulation.metrics import lasting, metrics_of
from gitops.rollouts.simulation.runs import Past, resolution

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from gitops.model.manifest import Manifest
    from gitops.rollouts.simulation.metrics import Metric

_MOMENTS = 100_000
_STARTS = 1000


@dataclass(frozen=True, slots=True)
class Asked:
    """How the past is looked at.

    Attributes:
        now: the end of it (seconds since 1970); `since` how many seconds it goes back.
        step: seconds between the starts of two simulated runs; 0 for the interval of each metric.
        lasting: seconds that a rollout takes; 0 for what its steps add up to.
        address: of the Prometheus server, "" for the one that the analyses name.
        token: what that server wants to see, "" for nothing.
        args: values of arguments.
    """

    now: float
    since: float
    step: float = 0.0
    lasting: float = 0.0
    address: str = ""
    token: str = ""
    args: Mapping[str, str] = field(default_factory=dict)


def simulate(
    manifests: Iterable[Manifest], asked: Asked, told: Callable[[str], object] = lambda _: None
) -> tuple[Simulated, ...]:
    """Judge each metric of the Rollouts among the manifests; `told` hears which one is being looked at.

    Raises:
        NotFoundError: no Rollout there runs an analysis.
        AccessError: Prometheus does not answer, or does not let us in.
        GitOpsError: it refuses a query, or answers what is none.
    """
    stated = {item.key: item for item in manifests}
    bodies = {key: item.body for key, item in stated.items()}
    found: list[Simulated] = []
    for key, item in stated.items():
        if is_rollout(key):
            metrics = metrics_of(item.body, bodies, key, asked.args)
            lasts = asked.lasting or lasting(item.body, metrics)
            for metric in metrics:
                told(f"{key.namespace}/{key.name}: {metric.name}")
                found.append(Simulated(item.application, _judged(metric, asked, lasts)))
    if not found:
        raise NotFoundError(
            "no Rollout there runs an analysis, so there is nothing to simulate",
            next_step="name checks in an analysis of the rollout section; docs/rollouts.md has examples",
        )
    return tuple(found)


def _judged(metric: Metric, asked: Asked, lasts: float) -> Judged:
    if metric.obstacle:
        return Judged(metric, obstacle=metric.obstacle)
    step = resolution(metric)
    moments = int(asked.since / step) + 1
    if moments > _MOMENTS:
        raise ConfigError(
            f"{metric.name} would need {moments:,} moments {step:g} s apart, and at most {_MOMENTS:,} are asked for",
            next_step=f"look back less far: --since {int(_MOMENTS * step)}s",
        )
    metric = replace(metric, address=asked.address.rstrip("/") or metric.address)
    begin = asked.now - (moments - 1) * step
    past = Past(begin, step, Prometheus(metric.address, asked.token).past(metric.query, begin, step, moments))
    apart = asked.step or metric.interval or step
    return judged(metric, past, max(apart, asked.since / _STARTS), lasts or asked.since / 2)
