"""Blue-green: the new version stands beside the old one, and takes all traffic over at once."""

from __future__ import annotations

from dataclasses import dataclass, field

from gitops.model.rollout.analysis import COUNT, Analysis
from gitops.model.rollout.canary import SHARE


@dataclass(frozen=True, slots=True)
class BlueGreen:
    """The strategy.

    Attributes:
        active_service: "" for the one Service that selects the pods.
        preview_service: "" for the active one's name with `-preview`; made where Git states none.
        auto_promotion_enabled: whether the switch happens unasked.
        auto_promotion_seconds: how long after the new version is ready.
        pre_promotion_analysis: what has to be well before the switch.
        post_promotion_analysis: what has to be well after it, or traffic goes back.
        scale_down_delay_seconds: how long the old version stays after the switch.
        abort_scale_down_delay_seconds: how long the new one stays after it was aborted; 0 for ever.
        preview_replica_count: how many pods the new version has before the switch.
    """

    active_service: str = ""
    preview_service: str = ""
    auto_promotion_enabled: bool | None = None
    auto_promotion_seconds: int | None = field(default=None, metadata=COUNT)
    pre_promotion_analysis: Analysis | None = None
    post_promotion_analysis: Analysis | None = None
    scale_down_delay_seconds: int | None = field(default=None, metadata=COUNT)
    scale_down_delay_revision_limit: int | None = field(default=None, metadata=COUNT)
    abort_scale_down_delay_seconds: int | None = field(default=None, metadata=COUNT)
    preview_replica_count: int | None = field(default=None, metadata=COUNT)
    max_unavailable: int | str | None = field(default=None, metadata=SHARE)
