"""`gitops secret unseal`, `verify` and `cert`: what sealed files hold, and whom they are sealed for."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from gitops.cli.options import output_option, say
from gitops.cli.secret.options import (
    Place,
    cert_option,
    dates_of,
    format_option,
    given,
    keys_option,
    place_options,
)
from gitops.model.errors import ConfigError, GitOpsError, NotFoundError
from gitops.report.secrets import Opening, keys_as_json, openings_as_json
from gitops.secrets.files import Sealed, as_text, sealed_in
from gitops.secrets.sealed import unseal_secret, unseal_values

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gitops.secrets.keys import KeyRing

_FILES = click.argument("files", nargs=-1, required=True, metavar="FILE...")


@click.command("unseal")
@_FILES
@place_options
@keys_option
@click.option("--key", "-k", default="", help="Print only this key's value, byte by byte.")
@format_option
def unseal(*, files: tuple[str, ...], place: Place, keys: tuple[str, ...], key: str, form: str) -> None:
    """Print the Secrets that sealed files hold, in clear, without a cluster.

    \b
    Examples:
      gitops secret unseal sealed.yaml --keys backup.yaml --keys older.pem
      gitops secret unseal sealed.yaml --stack staging --key password
    """
    ring, found = place.ring(keys), _sealed(files)
    if not key:
        click.echo(as_text([unseal_secret(item.body, ring) for item in found], form=form), nl=False)
        return
    values = [opened[key] for item in found if key in (opened := unseal_values(item.body, ring))]
    if len(values) != 1:
        raise NotFoundError(
            f"{len(values)} values have the key {key!r}", next_step="name one file that has it"
        )
    sys.stdout.buffer.write(values[0])


@click.command("verify")
@_FILES
@place_options
@keys_option
@click.option("--by-controller", is_flag=True, help="Ask the controller of the stack's cluster instead.")
@output_option("text", "json", "yaml")
def verify(
    *, files: tuple[str, ...], place: Place, keys: tuple[str, ...], by_controller: bool, output: str
) -> None:
    """Say of every SealedSecret whether it opens; ends with 1 if one does not.

    \b
    Examples:
      gitops secret verify k8s/02-apps/web/sealed.yaml --stack staging
      gitops secret verify sealed.yaml --stack prod --by-controller
    """
    ring = None if by_controller else place.ring(keys)
    found = [Opening(str(item.where), item.title, _why_closed(item, place, ring)) for item in _sealed(files)]
    say(openings_as_json(found) if output != "text" else "\n".join(map(str, found)), output)
    if any(item.why for item in found):
        raise click.exceptions.Exit(1)


def _why_closed(item: Sealed, place: Place, ring: KeyRing | None) -> str:
    """Why it does not open, or "" if it does; asks the controller where there is no ring."""
    if ring is None:
        return "" if place.controller.can_open(item.body) else "the controller can't open it"
    try:
        unseal_secret(item.body, ring)
    except GitOpsError as error:
        return error.problems[0].what
    return ""


@click.command("cert")
@place_options
@cert_option
@click.option("--info", is_flag=True, help="Print its fingerprint and dates instead.")
@output_option("text", "json", "yaml")
def certificate(*, place: Place, cert: str, info: bool, output: str) -> None:
    """Print the certificate to seal for: the stack's own, its controller's, or the one at a file or URL.

    \b
    Examples:
      gitops secret cert --stack staging > staging.pem
      gitops secret cert --cert https://example.org/cert.pem --info
    """
    found = place.certificate(cert)
    if info:
        dates = dates_of(found)
        say(keys_as_json([dates]) if output != "text" else str(dates), output)
    else:
        click.echo(found.pem, nl=False)


def _sealed(files: Sequence[str]) -> list[Sealed]:
    """Every SealedSecret of the files."""
    found = []
    for file in files:
        here = sealed_in(given(file), file)
        if not here:
            raise ConfigError(f"{file} holds no SealedSecret", next_step="name a file that does")
        found += here
    return found
