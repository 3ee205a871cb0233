"""`gitops ci`."""

from __future__ import annotations

import click

from gitops.cli.ci.deploy import deploy
from gitops.cli.ci.drift import drift
from gitops.cli.ci.preview import preview
from gitops.cli.ci.promote import promote


@click.group()
def ci() -> None:
    """What pipelines run: a preview of a change, its deployment, drift, promotion."""


ci.add_command(preview)
ci.add_command(deploy)
ci.add_command(drift)
ci.add_command(promote)
