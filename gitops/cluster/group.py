"""Several Rollouts as one group: a pause without duration waits for all, and one that is aborted takes all back.

A patch can pass the controller by unseen, as `acts` tells, so each is repeated until it has shown.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gitops.cluster.acts import abortion, carry_out
from gitops.cluster.errors import ApiError, Unreachable
from gitops.cluster.health import Status, aborted_at, canary_steps, health
from gitops.cluster.reading import read_live
from gitops.cluster.verdict import verdict
from gitops.model.errors import GitOpsError, RefusedError, TimedOutError
from gitops.model.manifest import as_list, as_mapping

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gitops.cluster.client import Object
    from gitops.cluster.connect import Connection
    from gitops.model.manifest import Manifest

_TIMEOUT = 3.0  # seconds


class TakenBackError(GitOpsError):
    """A Rollout was aborted, since another one of its group was."""


@dataclass
class Group:
    """The other Rollouts of one's group, as they are seen from the moment on that one is waited for."""

    connection: Connection
    own: Manifest
    others: Sequence[Manifest]
    _before: dict[str, Any] | None = None

    def look(self, live: Object) -> None:
        """Let the own Rollout go on when all have come as far, or abort it when another one was.

        What was aborted before this was first called belongs to an earlier change.

        Raises:
            TakenBackError: another one was aborted.
            ApiError, Unreachable: the cluster refuses or does not answer.
        """
        there = {str(item.key): self._read(item) for item in self.others}
        marks = {name: _status(item).get("abortedAt") for name, item in there.items()}
        if self._before is None:
            self._before = marks
        for name, item in there.items():
            if _status(item).get("abort") and marks[name] != self._before[name]:
                if health(live).status is not Status.HEALTHY and not _status(live).get("abort"):
                    self._abort(live)
                raise TakenBackError(
                    f"{self.own.key} was taken back with its group, since {name} was aborted:"
                    f" {verdict(self.connection.client, item) or 'nobody says why'}",
                    next_step="mend that one; all of the group begin anew with the next change of theirs",
                )
        if _was_let_go(live):
            self._patch({"pauseConditions": None, "currentStepIndex": _index(live) + 1})
        elif stands(live) and all(
            _has_come(there[str(item.key)], item, _passed(live)) for item in self.others
        ):
            self._patch({"pauseConditions": None})

    def _abort(self, live: Object) -> None:
        try:
            carry_out(self.connection.client, self._path(), abortion(live), _TIMEOUT)
        except (TimedOutError, RefusedError, Unreachable):
            return  # that it was to be aborted is told all the same
        except ApiError as error:
            if error.status != 404:
                raise

    def _read(self, manifest: Manifest) -> Object:
        with suppress(Unreachable):
            return read_live(self.connection, manifest) or {}
        return {}

    def _patch(self, patch: Object) -> None:
        self.connection.client.patch(f"{self._path()}/status", {"status": patch})

    def _path(self) -> str:
        resource = self.connection.discovery.find(self.own.api_version, self.own.kind)
        return resource.path(self.own.key.namespace, self.own.key.name)


def aborted_with(live: Object, stated: Manifest) -> str:
    """When a live Rollout was aborted with the pods that Git states; "" where it was not.

    Of one that takes its pods over from a workload, only that it was aborted is known.
    """
    return aborted_at(live) if live and _is_at(live, stated) else ""


def stands(live: Object) -> bool:
    """Whether a Rollout stands at a pause without duration, which in a group waits for the others."""
    reasons = {as_mapping(item).get("reason") for item in as_list(_status(live).get("pauseConditions"))}
    if reasons != {"CanaryPauseStep"} or as_mapping(live.get("spec")).get("paused"):
        return False
    return _is_at_endless(live)


def _was_let_go(live: Object) -> bool:
    """Whether a pause without duration has ended, and the controller has not seen it yet."""
    status, held = _status(live), as_mapping(live.get("spec")).get("paused")
    seen = status.get("pauseConditions") or not status.get("controllerPause")
    return not held and not seen and _is_at_endless(live)


def _is_at_endless(live: Object) -> bool:
    steps, index = _steps(live), _index(live)
    return index < len(steps) and _is_endless(steps[index])


def _index(live: Object) -> int:
    return int(_status(live).get("currentStepIndex") or 0)


def _has_come(live: Object, stated: Manifest, passed: int) -> bool:
    """Whether a Rollout is at what Git states, and has come as far as another one, or is through."""
    if not live or not _is_at(live, stated):
        return False
    return health(live).status is Status.HEALTHY or _passed(live) >= passed


def _is_at(live: Object, stated: Manifest) -> bool:
    template = as_mapping(stated.body.get("spec")).get("template")
    return _holds(template, as_mapping(live.get("spec")).get("template"))


def _passed(live: Object) -> int:
    """How many pauses without duration a Rollout has come to, the one where it stands among them."""
    return sum(
        map(_is_endless, _steps(live)[: _index(live) + (1 if stands(live) or _was_let_go(live) else 0)])
    )


def _is_endless(step: Any) -> bool:
    pause = as_mapping(step).get("pause")
    return isinstance(pause, dict) and not pause.get("duration")


def _holds(stated: Any, live: Any) -> bool:
    """Whether a live value has all that is stated."""
    if isinstance(stated, dict):
        there = as_mapping(live)
        return all(_holds(value, there.get(name)) for name, value in stated.items())
    if isinstance(stated, list):
        return isinstance(live, list) and len(stated) == len(live) and all(map(_holds, stated, live))
    return bool(stated == live)


def _status(live: Object) -> Object:
    return as_mapping(live.get("status"))


def _steps(live: Object) -> list[Any]:
    return canary_steps(as_mapping(live.get("spec")))
