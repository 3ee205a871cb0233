"""An application: the objects of one directory of the repository."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pulumi

if TYPE_CHECKING:
    from gitops.model.application import Application as ApplicationModel


class Application(pulumi.ComponentResource):
    """Groups an application's objects under their wave."""

    def __init__(self, model: ApplicationModel, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("gitops:index:Application", model.name, None, opts)
        self.register_outputs({})
