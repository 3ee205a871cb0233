"""`gitops secret seal`: from clear to sealed."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from gitops.cli.secret.options import Place, cert_option, format_option, given, place_options
from gitops.cli.secret.writing import write
from gitops.model.errors import ConfigError
from gitops.secrets.files import as_text, merged, sealed_in
from gitops.secrets.recipients import others_in
from gitops.secrets.renew import sealed_for_all
from gitops.secrets.scope import Scope, scope_of
from gitops.secrets.sealed import seal_secret
from gitops.secrets.sops import decrypted
from gitops.secrets.values import (
    checked_name,
    env_values,
    file_value,
    from_secret,
    read_file,
    secrets_in,
    together,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from gitops.model.manifest import JsonObject
    from gitops.secrets.certificate import Certificate


@dataclass(frozen=True, slots=True)
class Recipients:
    """Whom to seal for, and how values that have not changed are known."""

    first: Certificate
    others: Mapping[str, Certificate]
    digest_key: str


def _refused(_context: click.Context, _option: click.Parameter, values: tuple[str, ...]) -> None:
    """What people type who know `kubectl create secret`."""
    if values:
        raise click.UsageError(
            "a value on the command line can be read by every user of this machine:"
            " give --prompt KEY, or pipe it into --from-file KEY=-"
        )


@click.command("seal")
@click.argument("manifest", default="")
@place_options
@cert_option
@click.option("--name", default="", help="The Secret's name, where no manifest says it.")
@click.option("--namespace", "-n", default="", help="The Secret's namespace, where no manifest says it.")
@click.option(
    "--scope",
    type=click.Choice([item.value for item in Scope]),
    help="How far the values may be moved; strict without it.",
)
@click.option("--type", "kind", default="", help="The Secret's type, such as kubernetes.io/tls.")
@click.option("--from-file", multiple=True, metavar="[KEY=]FILE", help="A value that is a file's content.")
@click.option("--from-env-file", multiple=True, metavar="FILE", help="Values from lines KEY=VALUE.")
@click.option("--from-literal", multiple=True, hidden=True, expose_value=False, callback=_refused)
@click.option("--prompt", multiple=True, metavar="KEY", help="A value to be typed, unseen.")
@click.option(
    "--merge-into", type=click.Path(dir_okay=False, path_type=Path), help="A sealed file to put them into."
)
@click.option(
    "--write", "-w", "target", type=click.Path(dir_okay=False, path_type=Path), help="Write this file."
)
@click.option("--and-for", multiple=True, metavar="STACK", help="Seal for this stack's cluster as well.")
@click.option("--raw", is_flag=True, help="Print nothing but the one sealed value.")
@format_option
def seal(
    *,
    manifest: str,
    place: Place,
    cert: str,
    name: str,
    namespace: str,
    scope: str | None,
    kind: str,
    from_file: tuple[str, ...],
    from_env_file: tuple[str, ...],
    prompt: tuple[str, ...],
    and_for: tuple[str, ...],
    merge_into: Path | None,
    target: Path | None,
    raw: bool,
    form: str,
) -> None:
    """Seal Secrets: whole manifests, or values from files, env files and standard input.

    MANIFEST is a file with Secrets in clear, or `-` for standard input; so are the files of the options.
    Values are never taken from the command line, where every user of the machine could read them.

    \b
    Examples:
      kubectl create secret generic web --dry-run=client -o yaml --from-file=a | gitops secret seal - -s staging -n web
      gitops secret seal -s staging -n web --name web --from-env-file .env --write sealed.yaml
      gitops secret seal -s staging --prompt password --merge-into sealed.yaml
    """
    loose = [
        *(_file(item) for item in from_file),
        *(_env(item) for item in from_env_file),
        *map(_typed, prompt),
    ]
    if not manifest and not loose:
        raise click.UsageError("nothing to seal: give a manifest, --from-file, --from-env-file or --prompt")
    secrets = secrets_in(decrypted(given(manifest), manifest), manifest) if manifest else [_empty(kind)]
    if len(secrets) > 1 and (loose or name or raw or merge_into):
        raise click.UsageError(f"{manifest} holds {len(secrets)} Secrets; these options are for one")
    before = _before(merge_into, merge_into or target)
    known = _only(before, merge_into, name) if merge_into else None
    recipients = Recipients(place.certificate(cert), _others(place, and_for, known), place.digest_key)
    done = [
        _sealed(item, loose, known, recipients, (name, namespace, scope, kind), before or b"")
        for item in secrets
    ]
    if raw:
        values = list(done[0]["spec"]["encryptedData"].values())
        if len(values) != 1:
            raise click.UsageError(f"--raw is for one value, and there are {len(values)}")
        click.echo(values[0])
    elif merge_into:
        write(merge_into, merged(before, str(merge_into), done[0]))
    elif target:
        write(target, as_text(done, form=form))
    else:
        click.echo(as_text(done, form=form), nl=False)


def _sealed(
    secret: JsonObject,
    loose: list[Iterator[tuple[str, bytes]]],
    known: JsonObject | None,
    recipients: Recipients,
    said: tuple[str, str, str | None, str],
    before: bytes,
) -> JsonObject:
    """One SealedSecret; what the command line says must not contradict what a manifest or sealed file says."""
    name, namespace, chosen, kind = said
    metadata = secret["metadata"]
    own = known["metadata"] if known else {}
    metadata = {
        **metadata,
        "name": _agreed("name", metadata.get("name"), name, own.get("name")),
        "namespace": _agreed("namespace", metadata.get("namespace"), namespace, own.get("namespace")),
    }
    scope = Scope(chosen) if chosen else scope_of(own) if known else scope_of(metadata)
    if known and scope is not scope_of(own):
        raise ConfigError(f"the sealed file is {scope_of(own)}, not {scope}", next_step="leave --scope out")
    checked_name(metadata["name"], metadata["namespace"], namespaced=scope is not Scope.CLUSTER)
    values = together([from_secret(secret), *loose])
    if not values:
        raise ConfigError("the Secret has no values", next_step="give data, stringData or --from-file")
    secret = {**secret, "metadata": metadata} | ({"type": kind} if kind else {})
    done = seal_secret(secret, values, scope, recipients.first)
    previous = known or _same(before, metadata["name"], metadata["namespace"])
    return sealed_for_all(
        done,
        values,
        recipients.first,
        recipients.others,
        previous=previous if previous and scope_of(previous["metadata"]) is scope else None,
        digest_key=recipients.digest_key,
    )


def _before(merge_into: Path | None, file: Path | None) -> bytes:
    """What is in the file that is written; the one to merge into has to be there."""
    if file and file.exists():
        return read_file(file)
    if merge_into:
        raise ConfigError(
            f"there is no file {merge_into}", next_step="make it: --write instead of --merge-into"
        )
    return b""


def _others(place: Place, stacks: Iterable[str], known: JsonObject | None) -> dict[str, Certificate]:
    """The other stacks to seal for: those that are named, and those that the file is sealed for already."""
    there = others_in(known) if known else {}
    if place.stack in there:
        raise ConfigError(
            f"the file is sealed for another stack first, and for {place.stack} as well",
            next_step="give --stack with the stack that it was sealed for first",
        )
    return place.others({*stacks, *there} - {place.stack})


def _same(before: bytes, name: str, namespace: str) -> JsonObject | None:
    """The SealedSecret of this name in the file that is written anew."""
    try:
        found = [item.body for item in sealed_in(before, "")]
    except ConfigError:
        return None
    wanted = (name, namespace)
    return next(
        (b for b in found if (b["metadata"]["name"], b["metadata"].get("namespace", "")) == wanted), None
    )


def _agreed(what: str, *said: str | None) -> str:
    """The one thing that is said about a name, or ""."""
    found = sorted({text for text in said if text})
    if len(found) > 1:
        raise ConfigError(f"the {what} is both {found[0]!r} and {found[1]!r}", next_step="say it once")
    return found[0] if found else ""


def _only(content: bytes, file: Path, name: str) -> JsonObject:
    """The SealedSecret to put values into."""
    found = [
        item.body for item in sealed_in(content, str(file)) if name in {"", item.body["metadata"]["name"]}
    ]
    if len(found) != 1:
        raise ConfigError(
            f"{file} holds {len(found)} SealedSecrets that could be meant", next_step="give --name"
        )
    return found[0]


def _empty(kind: str) -> JsonObject:
    return {"metadata": {}, "type": kind or "Opaque"}


def _file(argument: str) -> Iterator[tuple[str, bytes]]:
    key, path = file_value(argument)
    yield key, decrypted(given(str(path)), str(path))


def _env(name: str) -> Iterator[tuple[str, bytes]]:
    yield from env_values(decrypted(given(name), name), name)


def _typed(key: str) -> Iterator[tuple[str, bytes]]:
    if not sys.stdin.isatty():
        raise click.UsageError(f"--prompt {key} needs a terminal; pipe it instead: --from-file {key}=-")
    yield key, click.prompt(key, hide_input=True, confirmation_prompt=True).encode()
