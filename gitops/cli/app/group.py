"""The commands about applications, under one name."""

from __future__ import annotations

import click

from gitops.cli.app.look import diff_applications, get_application, list_applications
from gitops.cli.app.objects import (
    events_of_application,
    logs_of_application,
    manifests_of_application,
    resources_of_application,
)
from gitops.cli.app.past import history_of_application, rollback_application
from gitops.cli.app.sync import sync_applications, wait_for_applications


@click.group()
def app() -> None:
    """Look at applications, sync them, follow them."""


for command in (
    list_applications,
    get_application,
    diff_applications,
    sync_applications,
    wait_for_applications,
    manifests_of_application,
    resources_of_application,
    events_of_application,
    logs_of_application,
    history_of_application,
    rollback_application,
):
    app.add_command(command)
