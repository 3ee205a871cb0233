"""`gitops secret reseal` and `report`: sealed files as keys grow older."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from gitops.cli.options import output_option, say
from gitops.cli.secret.options import Place, cert_option, keys_option, place_options
from gitops.cli.secret.writing import write
from gitops.model.errors import GitOpsError, Problem, ProblemsError
from gitops.report.secrets import SealedAge, as_json, as_table
from gitops.secrets.files import edited, is_sealed_text, sealed_in
from gitops.secrets.recipients import for_stack
from gitops.secrets.renew import opening_keys, renewed, with_values
from gitops.secrets.values import read_file
from gitops.source.worktree import changed_at, commit_files, manifest_files

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from gitops.secrets.certificate import Certificate
    from gitops.secrets.files import Sealed
    from gitops.secrets.keys import KeyRing

_PATHS = click.argument("paths", nargs=-1, required=True, metavar="PATH...", type=click.Path(path_type=Path))


@click.command("reseal")
@_PATHS
@place_options
@keys_option
@cert_option
@click.option(
    "--by-controller", is_flag=True, help="Let the controller of the stack's cluster do it: needs no key."
)
@click.option(
    "--commit", "message", metavar="MESSAGE", default="", help="Commit the changed files, and no others."
)
@click.option("--dry-run", is_flag=True, help="Say which files would change.")
def reseal(
    *,
    paths: tuple[Path, ...],
    place: Place,
    keys: tuple[str, ...],
    cert: str,
    by_controller: bool,
    message: str,
    dry_run: bool,
) -> None:
    """Seal the values of files and folders for the newest key; what is sealed for it already stays as it is.

    Values are in clear in memory only. All files are read before the first is written: when a value does not open,
    nothing is changed.

    \b
    Examples:
      gitops secret reseal k8s --stack staging --dry-run
      gitops secret reseal k8s --stack staging --commit "Reseal for the new key"
    """
    ring = None if by_controller else place.ring(keys)
    certificate = None if ring is None else place.certificate(cert)
    texts: dict[Path, str] = {}
    wrong: list[Problem] = []
    for file, content in _files(paths):
        changes: dict[tuple[str, str | None], Callable[[object], None]] = {}
        for item in sealed_in(content, str(file)):
            metadata = item.body["metadata"]
            try:
                values = _renewed(item, place, ring, certificate)
            except GitOpsError as error:
                wrong += [Problem(p.what, p.where or item.where, p.next_step) for p in error.problems]
                continue
            if values:
                changes[metadata["name"], metadata.get("namespace")] = with_values(place.stack, values)
        if changes:
            texts[file] = edited(content, str(file), changes)
    if wrong:
        raise ProblemsError(wrong)
    for file, text in texts.items():
        if not dry_run:
            write(file, text)
        click.echo(f"{file}: {'would be ' if dry_run else ''}resealed")
    if message and texts and not dry_run:
        click.echo(f"commit {commit_files(list(texts), message)}")


def _renewed(
    item: Sealed, place: Place, ring: KeyRing | None, certificate: Certificate | None
) -> dict[str, str]:
    if ring is not None and certificate is not None:
        return renewed(item.body, place.stack, ring, certificate)
    own = for_stack(item.body, place.stack)
    answer = place.controller.rotated(own)["spec"]["encryptedData"]
    return {name: answer[name] for name in own["spec"]["encryptedData"]}


@click.command("report")
@_PATHS
@place_options
@keys_option
@output_option("table", "json", "yaml")
@click.option(
    "--exit-code", is_flag=True, help="End with 1 when something does not open or has an older key."
)
def report(
    *, paths: tuple[Path, ...], place: Place, keys: tuple[str, ...], output: str, exit_code: bool
) -> None:
    """Say of every SealedSecret below some paths with which key it opens, and how old it and its key are.

    \b
    Examples:
      gitops secret report k8s --stack staging
      gitops secret report k8s --keys backup.yaml -o json
    """
    ring = place.ring(keys)
    now = datetime.now(UTC)
    found = [
        _age(item, place.stack, ring, now, changed_at(file))
        for file, content in _files(paths)
        for item in sealed_in(content, str(file))
    ]
    used = {fingerprint for item in found for fingerprint in item.keys}
    idle = [pair.fingerprint for pair in ring.pairs if pair.fingerprint not in used]
    say(as_table(found, idle) if output == "table" else as_json(found, idle), output)
    if exit_code and any(item.state != "current" for item in found):
        raise click.exceptions.Exit(1)


def _age(item: Sealed, stack: str, ring: KeyRing, now: datetime, changed: int | None) -> SealedAge:
    opened = opening_keys(for_stack(item.body, stack), ring)
    made = {pair.fingerprint: pair.made for pair in ring.pairs}
    keys = tuple(sorted({name for name in opened.values() if name}))
    newest = ring.pairs[0].fingerprint if ring.pairs else ""
    oldest = min((made[name] for name in keys), default=None)
    closed = tuple(sorted(name for name, key in opened.items() if not key))
    return SealedAge(
        str(item.where),
        item.title,
        "closed" if closed else "older key" if set(keys) - {newest} else "current",
        keys,
        None if oldest is None or oldest.year == 1 else (now - oldest).days,
        None if changed is None else (now - datetime.fromtimestamp(changed, UTC)).days,
        closed,
    )


def _files(paths: tuple[Path, ...]) -> Iterator[tuple[Path, bytes]]:
    """The files that hold SealedSecrets; others are not even parsed, since not all YAML there is ours."""
    for file in manifest_files(paths):
        content = read_file(file)
        if is_sealed_text(content):
            yield file, content
