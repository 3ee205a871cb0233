"""A canary: the new version gets more traffic step by step."""

from __future__ import annotations

from collections.abc import Mapping  # noqa: TC003 - whoever reads sections reads the annotations
from dataclasses import dataclass, field

from gitops.model.rollout.analysis import COUNT, DURATION, Analysis, Background
from gitops.model.rollout.traffic import Istio  # noqa: TC001 - as above

WEIGHT = {"ge": 0, "le": 100}
SHARE = {"ge": 0, "pattern": r"^[0-9]+%$"}


@dataclass(frozen=True, slots=True)
class Pause:
    """A wait.

    Attributes:
        duration: seconds, or a duration such as `5m`; None until somebody promotes.
    """

    duration: int | str | None = field(default=None, metadata={"ge": 0, **DURATION})


@dataclass(frozen=True, slots=True)
class CanaryScale:
    """How many pods the canary has, apart from its traffic: a number, a share, or in step with the traffic again."""

    replicas: int | None = field(default=None, metadata=COUNT)
    weight: int | None = field(default=None, metadata=WEIGHT)
    match_traffic_weight: bool | None = None


@dataclass(frozen=True, slots=True)
class TextMatch:
    """One of the three."""

    exact: str | None = None
    prefix: str | None = None
    regex: str | None = None


@dataclass(frozen=True, slots=True)
class HeaderMatch:
    """A header and its value."""

    header_name: str
    header_value: TextMatch


@dataclass(frozen=True, slots=True)
class HeaderRoute:
    """Requests with these headers go to the canary; without a match, no longer."""

    name: str
    match: tuple[HeaderMatch, ...] = ()


@dataclass(frozen=True, slots=True)
class RequestMatch:
    """Which requests are mirrored."""

    method: TextMatch | None = None
    path: TextMatch | None = None
    headers: Mapping[str, TextMatch] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class MirrorRoute:
    """A share of these requests, in per cent, goes to the canary as well; without a match, no longer."""

    name: str
    match: tuple[RequestMatch, ...] = ()
    percentage: int | None = field(default=None, metadata=WEIGHT)


@dataclass(frozen=True, slots=True)
class Step:
    """One step; exactly one of the fields is there."""

    set_weight: int | None = field(default=None, metadata=WEIGHT)
    pause: Pause | None = None
    analysis: Analysis | None = None
    set_canary_scale: CanaryScale | None = None
    set_header_route: HeaderRoute | None = None
    set_mirror_route: MirrorRoute | None = None


@dataclass(frozen=True, slots=True)
class Canary:
    """The strategy.

    Attributes:
        analysis: what is measured from `starting_step` on until the end.
        istio: how traffic is split; None for a split by the number of pods.
        managed_routes: names of the routes that steps make; none for those that they name, in their order.
        stable_service: "" for the one Service that selects the pods.
        canary_service: "" for the stable one's name with `-canary`; made where Git states none.
        dynamic_stable_scale: whether the stable version shrinks while the canary grows.
        scale_down_delay_seconds: how long the old version stays after the switch.
        abort_scale_down_delay_seconds: how long the canary stays after it was aborted; 0 for ever.
    """

    steps: tuple[Step, ...] = ()
    analysis: Background | None = None
    istio: Istio | None = None
    managed_routes: tuple[str, ...] = ()
    stable_service: str = ""
    canary_service: str = ""
    max_surge: int | str | None = field(default=None, metadata=SHARE)
    max_unavailable: int | str | None = field(default=None, metadata=SHARE)
    dynamic_stable_scale: bool | None = None
    min_pods_per_replica_set: int | None = field(default=None, metadata=COUNT)
    scale_down_delay_seconds: int | None = field(default=None, metadata=COUNT)
    scale_down_delay_revision_limit: int | None = field(default=None, metadata=COUNT)
    abort_scale_down_delay_seconds: int | None = field(default=None, metadata=COUNT)
