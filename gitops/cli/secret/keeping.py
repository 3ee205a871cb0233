"""Where a key ring is written to: a file, the stack's configuration, or the cluster."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from gitops.cli.secret.writing import write
from gitops.cluster.connect import connect
from gitops.cluster.sealing import restore_keys
from gitops.desired import stack_ring
from gitops.model.errors import RefusedError
from gitops.secrets.keys import KeyRing
from gitops.secrets.making import as_pem, as_secret
from gitops.secrets.ring import PASSPHRASE, password, ring_of_files
from gitops.source.worktree import may_be_committed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gitops.cli.secret.options import Place
    from gitops.secrets.keys import KeyPair

_LARGEST_NUMBER = 200
"""Keys that one rotation after the other would leave behind in sixteen years."""


def add_keys(place: Place, file: str, pairs: Sequence[KeyPair]) -> str:
    """Add keys to a file's ring, or to the stack's where it keeps it; says where they are now.

    Raises:
        RefusedError: the file would hold keys in clear and be readable in a checkout.
        GitOpsError: the ring can't be read or written.
    """
    if file:
        return _into_file(file, pairs)
    settings = place.settings
    kind, _, where = settings.secrets.key_ring.partition(":")
    if kind == "file":
        return _into_file(where, pairs)
    if kind == "kubernetes":
        namespace = where.partition("/")[0]
        client = connect(settings.cluster).client
        list(restore_keys(client, namespace, [as_secret(pair, namespace) for pair in pairs]))
        return f"namespace {namespace} of the cluster"
    from gitops.engine.config import set_secret  # the engine's SDK is slow to import

    known = stack_ring(settings).pairs if settings.secrets.key_ring else ()
    # without the passphrase: each run would need it too, though the provider encrypts the whole
    set_secret(place.stack, place.project, "gitops:keyRing", as_pem(_all(known, pairs)))
    return f"gitops:keyRing of stack {place.stack}, encrypted by its secrets provider"


def refuse_committing(file: Path) -> None:
    """Refuse to write keys in clear where they may be committed.

    Raises:
        RefusedError: the file is in a Git repository that does not ignore it.
    """
    if may_be_committed(file):
        raise RefusedError(
            f"{file} is in a Git repository, and the keys would stand there in clear",
            next_step=f"give a passphrase in {PASSPHRASE}, or a file outside of it",
        )


def _into_file(name: str, pairs: Sequence[KeyPair]) -> str:
    file = Path(name)
    known = ring_of_files((name,)).pairs if file.exists() else ()
    passphrase = password()
    if passphrase is None:
        refuse_committing(file)
    write(file, as_pem(_all(known, pairs), passphrase), private=True)
    return f"{file}, {'encrypted' if passphrase else 'in clear'}"


def _all(known: Sequence[KeyPair], more: Sequence[KeyPair]) -> tuple[KeyPair, ...]:
    return KeyRing.of((*known, *more)).pairs[:_LARGEST_NUMBER]
