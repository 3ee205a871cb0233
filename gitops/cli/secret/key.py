"""`gitops secret key …` and `rotate`: the keys themselves."""

from __future__ import annotations

import json
from pathlib import Path

import click

from gitops.cli.options import output_option, say
from gitops.cli.secret.keeping import add_keys, refuse_committing
from gitops.cli.secret.options import Place, dates_of, keys_option, place_options
from gitops.cli.secret.writing import write
from gitops.cluster.connect import connect
from gitops.cluster.sealing import restore_keys, sealing_keys
from gitops.model.duration import parse_duration
from gitops.model.errors import ConfigError, RefusedError
from gitops.report.secrets import KeyDates, keys_as_json
from gitops.secrets.keys import KeyRing, read_keys
from gitops.secrets.making import EVERY, as_list, as_pem, as_secret, generated, is_due
from gitops.secrets.ring import PASSPHRASE, password, ring_of_files

_INTO = click.option(
    "--into", default="", metavar="FILE", help="The file to keep it in; the stack's key ring without."
)


@click.group("key")
def key() -> None:
    """Make, list, back up and restore the keys that open secrets."""


@key.command("generate")
@place_options
@_INTO
def generate(*, place: Place, into: str) -> None:
    """Make a key and add it to a key ring: from now on it is the one to seal for.

    \b
    Examples:
      gitops secret key generate --stack staging
      gitops secret key generate --into ~/keys/staging.pem
    """
    pair = generated()
    click.echo(f"{pair.fingerprint} is in {add_keys(place, into, [pair])}")


@key.command("list")
@place_options
@keys_option
@output_option("text", "json", "yaml")
def list_keys(*, place: Place, keys: tuple[str, ...], output: str) -> None:
    """List the keys of a ring, the newest first.

    \b
    Examples:
      gitops secret key list --stack staging
    """
    found = [
        dates_of(pair.certificate) if pair.certificate else KeyDates(pair.fingerprint)
        for pair in place.ring(keys).pairs
    ]
    say(keys_as_json(found) if output != "text" else "\n".join(map(str, found)), output)


@key.command("import")
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@place_options
@_INTO
def import_keys(*, files: tuple[str, ...], place: Place, into: str) -> None:
    """Add keys from PEM files, Secrets or Lists of Secrets to a key ring.

    \b
    Examples:
      gitops secret key import backup.yaml --stack staging
    """
    pairs = ring_of_files(files).pairs
    where = add_keys(place, into, pairs)
    for pair in pairs:
        click.echo(f"{pair.fingerprint} is in {where}")


@key.command("export")
@place_options
@keys_option
@click.option("--from-cluster", is_flag=True, help="The keys that the cluster's controller keeps.")
@click.option("--fingerprint", multiple=True, help="Only keys whose fingerprint begins like this.")
@click.option("--in-clear", is_flag=True, help="As a List of Secrets for `kubectl apply`, not encrypted.")
@click.option("--write", "-w", "target", required=True, type=click.Path(dir_okay=False, path_type=Path))
def export(
    *,
    place: Place,
    keys: tuple[str, ...],
    from_cluster: bool,
    fingerprint: tuple[str, ...],
    in_clear: bool,
    target: Path,
) -> None:
    """Back keys up into a file that only you can read, encrypted with the passphrase in GITOPS_KEY_PASSPHRASE.

    \b
    Examples:
      gitops secret key export --stack staging --from-cluster --write staging-keys.pem
      gitops secret key export --keys backup.pem --in-clear --write for-kubectl.json
    """
    ring = _cluster_ring(place) if from_cluster else place.ring(keys)
    pairs = [
        pair
        for pair in ring.pairs
        if not fingerprint or pair.fingerprint.startswith(tuple(_full(text) for text in fingerprint))
    ]
    if not pairs:
        raise ConfigError("no key has such a fingerprint", next_step="see them: gitops secret key list")
    if in_clear:
        refuse_committing(target)
        write(target, as_list(pairs, place.namespace), private=True)
    else:
        write(target, as_pem(pairs, _passphrase()), private=True)
    click.echo(f"{len(pairs)} keys are in {target}, {'in clear' if in_clear else 'encrypted'}")


@key.command("restore")
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@place_options
def restore(*, files: tuple[str, ...], place: Place) -> None:
    """Give the cluster's controller keys back from a backup; it reads them when it starts.

    \b
    Examples:
      gitops secret key restore staging-keys.pem --stack staging
    """
    client = connect(place.settings.cluster).client
    pairs = ring_of_files(files).pairs
    secrets = [as_secret(pair, place.namespace) for pair in pairs]
    for pair, (name, new) in zip(pairs, restore_keys(client, place.namespace, secrets), strict=True):
        click.echo(f"{pair.fingerprint}: {'restored' if new else 'was there'} as {place.namespace}/{name}")
    click.echo("restart the controller, so that it reads them")


@click.command("rotate")
@place_options
@_INTO
@click.option(
    "--every", default=EVERY, show_default=True, help="Make a key when the newest is older than this."
)
@click.option("--force", is_flag=True, help="Make one in any case.")
def rotate(*, place: Place, into: str, every: str, force: bool) -> None:
    """Add a new key to a key ring when the newest one is due; older ones stay, and open what they sealed.

    \b
    Examples:
      gitops secret rotate --stack staging
      gitops secret rotate --into keys.pem --every 2160h
    """
    try:
        seconds = parse_duration(every)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--every") from error
    ring = (ring_of_files((into,)) if Path(into).exists() else KeyRing()) if into else place.ring(())
    if not force and not is_due(ring, seconds):
        click.echo(f"{ring.newest.fingerprint} of {ring.newest.not_before:%Y-%m-%d} is not due yet")
        return
    pair = generated()
    click.echo(f"{pair.fingerprint} is in {add_keys(place, into, [pair])}")
    click.echo("seal anew what older keys sealed: gitops secret reseal PATH")


def _cluster_ring(place: Place) -> KeyRing:
    found = sealing_keys(connect(place.settings.cluster).client, place.namespace)
    if not found:
        raise ConfigError(
            f"namespace {place.namespace} keeps no sealing keys", next_step="give --controller-namespace"
        )
    content = json.dumps({"kind": "List", "items": found}).encode()
    return KeyRing.of(read_keys(content, f"namespace {place.namespace}"))


def _full(text: str) -> str:
    return text if text.startswith("SHA256:") else f"SHA256:{text}"


def _passphrase() -> bytes:
    given = password()
    if given:
        return given
    raise RefusedError(
        "the keys would stand there in clear",
        next_step=f"give a passphrase in {PASSPHRASE}, or --in-clear if that is meant",
    )
