"""One object made again what Git says, in the provider's own way, so that the engine sees no difference after it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gitops.cluster.client import JSON_PATCH
from gitops.cluster.errors import ApiError
from gitops.cluster.ownership import handed_over
from gitops.cluster.reading import read
from gitops.model.keys import FIELD_MANAGER

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gitops.cluster.client import Client, Object
    from gitops.cluster.discovery import Resource
    from gitops.model.keys import ObjectKey
    from gitops.watch.decide import Decision
    from gitops.watch.wanted import Wanted

_ATTEMPTS = 4
# Their fields are taken over as the provider takes them: what a person added to a list by hand goes.
_PEOPLE = ("kubectl", "before-first-apply")


@dataclass
class Mender:
    """Writes to one cluster; `resources` are the kinds of the plan, by group and kind."""

    client: Client
    resources: Mapping[tuple[str, str], Resource]

    def get(self, key: ObjectKey) -> Object | None:
        """The object as it is now; None when it is gone.

        Raises:
            GitOpsError: the cluster does not answer, or not to us.
        """
        return read(self.client, self._path(key))

    def mend(self, wanted: Wanted, live: Object | None, decision: Decision) -> Object:
        """Apply what is wanted; gives the object as it is then.

        Over a live object only when it is still that very one, so that what somebody has just deleted on purpose
        does not come back by this.

        Raises:
            GitOpsError: the cluster refuses or does not answer.
        """
        path = self._path(wanted.planned.manifest.key)
        for attempt in range(_ATTEMPTS):
            try:
                result = self.client.apply(path, wanted.body(live), field_manager=FIELD_MANAGER, force=True)
                break
            except ApiError as error:
                if error.status == 422 and live is not None and self._of_people(live, decision):
                    # beside what a person wrote it is refused, such as two ports of one name
                    return self._taken_over(path, wanted, live, decision)
                # a Rollout wrote its part in between: look again
                if error.status != 409 or not wanted.planned.steering or attempt == _ATTEMPTS - 1:
                    raise
                live = self.client.get(path)
        if live is None or not wanted.differences(result):
            return result
        return self._taken_over(path, wanted, result, decision)

    def _taken_over(self, path: str, wanted: Wanted, live: Object, decision: Decision) -> Object:
        """Apply it once more with the fields that people wrote in our hands, so that what we don't state goes."""
        for attempt in range(_ATTEMPTS):
            entries = self._of_people(live, decision)
            if entries is None:
                break
            patch = [
                {
                    "op": "test",
                    "path": "/metadata/resourceVersion",
                    "value": live["metadata"]["resourceVersion"],
                },
                {"op": "replace", "path": "/metadata/managedFields", "value": entries},
            ]
            try:
                live = self.client.patch(path, patch, content_type=JSON_PATCH, field_manager=FIELD_MANAGER)
                return self.client.apply(path, wanted.body(live), field_manager=FIELD_MANAGER, force=True)
            except ApiError as error:
                # a controller wrote in between: look again
                if error.status not in {409, 422} or attempt == _ATTEMPTS - 1:
                    raise
                live = self.client.get(path)
        return live

    def _of_people(self, live: Object, decision: Decision) -> list[Object] | None:
        """The managed fields with those in our hands that people wrote; None where nothing is theirs."""
        return handed_over(live, lambda name: name in decision.by and name.startswith(_PEOPLE), FIELD_MANAGER)

    def _path(self, key: ObjectKey) -> str:
        return self.resources[key.group, key.kind].path(key.namespace, key.name)
