"""Programs out of Debian packages, unpacked into the cache: nothing is installed, and no rights are needed."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from gitops.model.errors import AccessError, ConfigError
from sandbox.toolchain.cache import turn

if TYPE_CHECKING:
    from sandbox.console import Console

PROMETHEUS = ("prometheus", "promtool")
"""Measures, keeps and is queried; its Go module lacks what it serves to browsers, and does not build."""


def prometheus(cache: Path, path: str, console: Console) -> dict[str, Path]:
    """Prometheus and its tool: those on the path, else of the package of this system's release.

    The package is downloaded by `apt-get` and unpacked into a folder named by its version. Where the system has no
    lists of packages, own ones are made in the cache.

    Raises:
        ConfigError: neither is there, nor can this system have the package.
        AccessError: the package can't be downloaded.
    """
    found = {name: shutil.which(name, path=path) for name in PROMETHEUS}
    if all(found.values()):
        return {name: Path(str(file)).resolve() for name, file in found.items()}
    folder = cache / "toolchain"
    known = sorted(folder.glob("prometheus-[0-9]*"))
    if not known:
        if not (shutil.which("apt-get") and shutil.which("dpkg-deb")):
            raise ConfigError(
                "`prometheus` and `promtool` are not on PATH, and this system has no Debian packages",
                next_step="install Prometheus 2.42 or newer from https://prometheus.io/download and put both on PATH",
            )
        with turn(folder / "prometheus.lock", lambda: console.say("waiting: Prometheus is being fetched")):
            known = sorted(folder.glob("prometheus-[0-9]*")) or [_fetched(folder, console)]
    return {name: known[-1] / "usr" / "bin" / name for name in PROMETHEUS}


def _fetched(folder: Path, console: Console) -> Path:
    console.say("fetching Prometheus from this system's packages")
    with tempfile.TemporaryDirectory(dir=folder, prefix=".prometheus-") as draft:
        place = Path(draft)
        if not _downloads(place, []):
            own = [f"-oDir::State::Lists={place}/lists", f"-oDir::Cache={place}/cache"]
            for name in ("lists/partial", "cache/archives/partial"):
                (place / name).mkdir(parents=True)
            _run(place, ["apt-get", *own, "update"])
            if not _downloads(place, own):
                raise AccessError(
                    "the package `prometheus` can't be downloaded",
                    next_step="see why: cd /tmp && apt-get download prometheus; or install it on PATH",
                )
        (package,) = place.glob("prometheus_*.deb")
        version = package.name.split("_")[1].replace("%3a", ":")
        _run(place, ["dpkg-deb", "-x", str(package), str(place / "files")])
        return (place / "files").rename(folder / f"prometheus-{version}")


def _downloads(place: Path, options: list[str]) -> bool:
    done = _run(place, ["apt-get", "-q", *options, "download", "prometheus"])
    return done.returncode == 0 and any(place.glob("prometheus_*.deb"))


def _run(place: Path, command: list[str]) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(command, cwd=place, capture_output=True, check=False, timeout=600)
