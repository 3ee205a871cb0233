"""The commands about secrets, under one name."""

from __future__ import annotations

import click

from gitops.cli.secret.edit import edit
from gitops.cli.secret.hand_over import hand_over_secrets
from gitops.cli.secret.key import key, rotate
from gitops.cli.secret.opening import certificate, unseal, verify
from gitops.cli.secret.renewing import report, reseal
from gitops.cli.secret.seal import seal
from gitops.secrets.ring import without_core_dumps


@click.group()
def secret() -> None:
    """Keep secrets in Git: seal, open, check and renew them."""
    without_core_dumps()


for command in (seal, unseal, verify, certificate, reseal, report, rotate, edit, key, hand_over_secrets):
    secret.add_command(command)
