"""What the stack's state says about itself, read from inside the program."""

from __future__ import annotations

import pulumi

from gitops.model.keys import ObjectKey


def recorded_objects() -> frozenset[ObjectKey]:
    """The Kubernetes objects that the last run of this stack recorded.

    Source: the engine's builtin function `readStackResourceOutputs`, which answers outputs by URN.
    """
    told = pulumi.runtime.invoke("pulumi:pulumi:readStackResourceOutputs", {"stackName": pulumi.get_stack()})
    urns = (urn.split("::", 3) for urn in told.value["outputs"])
    return frozenset(ObjectKey.of(name) for _, _, kind, name in urns if "$kubernetes:" in kind)
