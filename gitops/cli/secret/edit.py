"""`gitops secret edit`: a sealed file in an editor, in clear in memory only."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from base64 import b64encode
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import yaml

from gitops.cli.secret.options import Place, cert_option, keys_option, place_options
from gitops.cli.secret.writing import write
from gitops.model.errors import ConfigError, GitOpsError, RefusedError
from gitops.secrets.files import edited, sealed_in
from gitops.secrets.recipients import for_stack, others_in
from gitops.secrets.renew import label_of
from gitops.secrets.sealed import plain_values, seal_values, unseal_values
from gitops.secrets.values import read_file, secrets_in, together
from gitops.source.yaml_writer import Writer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

_MOUNTS = Path("/proc/mounts")
_HEAD = "# What is saved here is sealed again; it is in memory only, and gone when you leave the editor.\n"


@click.command("edit")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@place_options
@keys_option
@cert_option
@click.option("--name", default="", help="The SealedSecret, where the file holds several.")
def edit(*, file: Path, place: Place, keys: tuple[str, ...], cert: str, name: str) -> None:
    """Open a sealed file in your editor, and seal again what you changed.

    The editor is that of VISUAL or EDITOR. What it edits lies in a private folder in memory, never on a disk;
    where there is no such folder, this command refuses. Values that you don't change stay byte for byte.

    \b
    Examples:
      gitops secret edit k8s/02-apps/web/sealed.yaml --stack staging
    """
    content = read_file(file)
    found = [
        item.body for item in sealed_in(content, str(file)) if name in {"", item.body["metadata"]["name"]}
    ]
    if len(found) != 1:
        raise ConfigError(
            f"{file} holds {len(found)} SealedSecrets that could be meant", next_step="give --name"
        )
    if others_in(found[0]):
        raise RefusedError(
            f"{file} is sealed for several stacks",
            next_step="change it with: gitops secret seal --merge-into",
        )
    sealed = for_stack(found[0], place.stack)
    before = unseal_values(sealed, place.ring(keys))
    certificate = place.certificate(cert)
    after = _in_editor(before, sealed["metadata"])
    changed = {key: value for key, value in after.items() if before.get(key) != value}
    gone = before.keys() - after.keys()
    if not changed and not gone:
        click.echo("nothing changed")
        return
    values = seal_values(changed, label_of(sealed), certificate)

    def change(body: Any) -> None:
        for key in sorted(gone):
            del body["spec"]["encryptedData"][key]
        for key, value in values.items():
            body["spec"]["encryptedData"][key] = value

    metadata = sealed["metadata"]
    write(file, edited(content, str(file), {(metadata["name"], metadata.get("namespace")): change}))
    click.echo(f"{file}: {len(changed)} values sealed, {len(gone)} taken out")


def _in_editor(values: Mapping[str, bytes], metadata: Mapping[str, Any]) -> dict[str, bytes]:
    """The values as they are when the editor is left; a mistake there can be mended, or all of it given up."""
    command = shlex.split(os.environ.get("VISUAL") or os.environ.get("EDITOR") or "vi")
    with _memory() as folder:
        file = folder / "secret.yaml"
        file.write_text(_HEAD + _as_yaml(values, metadata), encoding="utf-8")
        while True:
            try:
                done = subprocess.run([*command, str(file)], env=_quiet(folder), check=False)
            except OSError as error:
                raise ConfigError(
                    f"the editor {command[0]} can't be started: {error.strerror}", next_step="set EDITOR"
                ) from None
            if done.returncode:
                raise RefusedError(f"the editor ended with {done.returncode}; nothing was changed")
            try:
                (secret,) = secrets_in(file.read_bytes(), "the edited text")
                return together([plain_values(secret).items()])
            except (GitOpsError, ValueError, OSError) as error:
                click.echo(f"error: {error}", err=True)
                if not (sys.stdin.isatty() and click.confirm("edit it again?", default=True, err=True)):
                    raise RefusedError("the edited text can't be sealed; nothing was changed") from None


def _as_yaml(values: Mapping[str, bytes], metadata: Mapping[str, Any]) -> str:
    """A Secret to edit: text as text, other values in base64."""
    text: dict[str, str] = {}
    binary: dict[str, str] = {}
    for key, value in values.items():
        try:
            decoded = value.decode()
            printable = decoded.isprintable() or all(c.isprintable() or c in "\n\t" for c in decoded)
        except UnicodeDecodeError:
            printable = False
        if printable:
            text[key] = value.decode()
        else:
            binary[key] = b64encode(value).decode()
    own = {key: metadata[key] for key in ("name", "namespace") if key in metadata}
    body: dict[str, Any] = {"kind": "Secret", "metadata": own}
    body |= {"stringData": text} | ({"data": binary} if binary else {})
    return yaml.dump(body, Dumper=_Dumper, sort_keys=False, width=1_000_000, allow_unicode=True)


class _Dumper(Writer):
    """Writes text of several lines as it is."""


def _represent(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


_Dumper.add_representer(str, _represent)


@contextmanager
def _memory() -> Iterator[Path]:
    """A folder in memory that only this user can enter, gone afterwards.

    Raises:
        RefusedError: this machine has none.
    """
    places = [os.environ.get("XDG_RUNTIME_DIR", ""), "/dev/shm"]  # noqa: S108 - looked at before it is used
    for place in filter(None, places):
        if _is_memory(Path(place)) and os.access(place, os.W_OK | os.X_OK):
            folder = Path(tempfile.mkdtemp(prefix="gitops-secret-", dir=place))
            try:
                yield folder
            finally:
                shutil.rmtree(folder, ignore_errors=True)
            return
    raise RefusedError(
        "this machine has no folder in memory to edit in, and secrets are not written to a disk",
        next_step="seal the new value: gitops secret seal --merge-into FILE --prompt KEY",
    )


def _is_memory(place: Path, mounts: Callable[[], str] = _MOUNTS.read_text) -> bool:
    """Whether the innermost file system that holds a folder is in memory."""
    try:
        resolved = place.resolve(strict=True)
        lines = [line.split()[1:3] for line in mounts().splitlines()]
    except OSError:
        return False
    held = [(len(point), kind) for point, kind in lines if resolved.is_relative_to(point)]
    return bool(held) and max(held)[1] in {"tmpfs", "ramfs"}


def _quiet(folder: Path) -> dict[str, str]:
    """The environment of an editor that leaves nothing behind: swap files, backups and history stay in the folder."""
    return {
        **os.environ,
        "TMPDIR": str(folder),
        "VIMINIT": f"set directory={folder} nobackup nowritebackup noundofile viminfo=",
    }
