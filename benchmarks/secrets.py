"""Sealed secrets: many values sealed, and what opening them in the program adds to a plan."""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from gitops.desired import desired_plan
from gitops.model.capabilities import WITHOUT_CLUSTER, Served
from gitops.model.settings import Cluster, Repository, Secrets, Settings
from gitops.secrets.files import as_text
from gitops.secrets.making import as_pem, generated
from gitops.secrets.scope import Scope
from gitops.secrets.sealed import seal_secret, seal_values
from sandbox.bare import publish

if TYPE_CHECKING:
    from gitops.secrets.certificate import Certificate

_SIZE = 32
_SERVED = Served({("bitnami.com", "SealedSecret"): True}, WITHOUT_CLUSTER)


def write_sealed(destination: Path, secrets: int, certificate: Certificate) -> None:
    """A repository of SealedSecrets with one value each, ten to an application."""
    with tempfile.TemporaryDirectory(prefix="sealed-") as scratch:
        for number in range(secrets):
            metadata = {"name": f"secret-{number:04}", "namespace": f"app-{number // 10:04}"}
            folder = Path(scratch, "k8s", "02-apps", metadata["namespace"])
            folder.mkdir(parents=True, exist_ok=True)
            body = {"metadata": metadata, "type": "Opaque"}
            sealed = seal_secret(body, {"password": bytes(_SIZE)}, Scope.STRICT, certificate)
            (folder / f"{metadata['name']}.yaml").write_text(as_text([sealed]))
        publish(destination, Path(scratch), message=f"Describe {secrets} secrets")


def seconds_for_plan(settings: Settings, cache: Path) -> float:
    """The time from a commit that was read before to its plan."""
    started = time.perf_counter()
    desired_plan(settings, _SERVED, cache)
    return time.perf_counter() - started


def main() -> None:
    """Print seconds, each the median of some runs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--values", type=int, default=1000, help="to seal")
    parser.add_argument("--secrets", type=int, default=500, help="to plan")
    parser.add_argument("--runs", type=int, default=5)
    options = parser.parse_args()
    pair = generated()
    assert pair.certificate is not None  # noqa: S101 - a new one always has one
    values = {f"key-{number}": bytes(_SIZE) for number in range(options.values)}
    times = []
    for _ in range(options.runs):
        started = time.perf_counter()
        seal_values(values, b"app/secret", pair.certificate)
        times.append(time.perf_counter() - started)
    print(f"sealing {options.values} values: {statistics.median(times):.2f} s")
    with tempfile.TemporaryDirectory(prefix="secrets-") as scratch:
        repository, ring = Path(scratch, "repository.git"), Path(scratch, "ring.pem")
        ring.write_text(as_pem([pair]))
        write_sealed(repository, options.secrets, pair.certificate)
        applied = Settings("bench", Repository(repository.as_uri(), "main"), Cluster())
        opened = replace(applied, secrets=Secrets(opened=True, key_ring=f"file:{ring}"))
        for what, settings in (("applied as they are", applied), ("opened by the program", opened)):
            cache = Path(scratch, "cache")
            seconds_for_plan(settings, cache)
            times = [seconds_for_plan(settings, cache) for _ in range(options.runs)]
            print(f"planning {options.secrets} SealedSecrets, {what}: {statistics.median(times):.2f} s")


if __name__ == "__main__":
    main()
