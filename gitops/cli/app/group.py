"""The commands about applications, under one name."""

from __future__ import annotations

import click

from gitops.cli.app.look import diff_applications, get_application, list_applications
from gitops.cli.app.past import history_of_application


@click.group()
def app() -> None:
    """Look at applications, sync them, follow them."""


for command in (list_applications, get_application, diff_applications, history_of_application):
    app.add_command(command)
