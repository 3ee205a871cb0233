"""`ignoreDifferences`, as Applications and `gitops.yaml` state them alike."""

from __future__ import annotations

import msgspec

from gitops.model.sync import IgnoreDifference


class Ignored(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="camel"):
    """Fields that are no drift."""

    kind: str
    group: str = ""
    name: str = ""
    namespace: str = ""
    json_pointers: tuple[str, ...] = ()
    jq_path_expressions: tuple[str, ...] = ()
    managed_fields_managers: tuple[str, ...] = ()

    @property
    def rule(self) -> IgnoreDifference:
        """The same in the model."""
        return IgnoreDifference(
            group=self.group,
            kind=self.kind,
            name=self.name,
            namespace=self.namespace,
            json_pointers=self.json_pointers,
            jq_expressions=self.jq_path_expressions,
            managers=self.managed_fields_managers,
        )
