"""The commands about secrets, under one name."""

from __future__ import annotations

import click

from gitops.cli.secret.opening import certificate, unseal, verify
from gitops.cli.secret.seal import seal
from gitops.secrets.ring import without_core_dumps


@click.group()
def secret() -> None:
    """Keep secrets in Git: seal, open, check and renew them."""
    without_core_dumps()


for command in (seal, unseal, verify, certificate):
    secret.add_command(command)
