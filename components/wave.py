"""A wave: the applications that start together, behind the gate of the wave before."""

from __future__ import annotations

import pulumi


class Wave(pulumi.ComponentResource):
    """Groups a wave's applications in the tree that people see; order comes from the gates."""

    def __init__(self, number: int, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("gitops:index:Wave", f"wave-{number}", None, opts)
        self.register_outputs({})
