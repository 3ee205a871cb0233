"""Charts from chart repositories and registries, downloaded once and kept by what they are called."""

from __future__ import annotations

import base64
import os
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from gitops.manifests.archive import ArchiveError, unpacked
from gitops.manifests.program import ProgramError, run, scratch
from gitops.manifests.raw import RenderError

if TYPE_CHECKING:
    from gitops.manifests.rendering import Rendering
    from gitops.model.errors import Location
    from gitops.source.commit import Commit

# Where downloads go through, and who vouches for servers, is the machine's matter.
_PASSED_ON = (
    *("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy"),
    *("SSL_CERT_FILE", "SSL_CERT_DIR"),
)


def pull(repository: str, name: str, version: str, rendering: Rendering, where: Location) -> Commit:
    """The files of one version of a chart, below a folder of its name.

    Raises:
        RenderError: it can't be had, or it is no chart.
    """
    key = ("chart", repository, name, version)
    kept = rendering.cache.get(*key)
    data = base64.b64decode(kept) if kept else _download(repository, name, version, rendering, where)
    try:
        chart = unpacked(data)
    except ArchiveError as error:
        raise RenderError(
            f"chart {name} {version} of {repository}: {error}", where, "publish it anew"
        ) from error
    if f"{name}/Chart.yaml" not in chart.entries:
        raise RenderError(f"what {repository} has as {name} {version} is no chart of that name", where)
    if not kept:
        rendering.cache.put(base64.b64encode(data).decode(), *key)
    return chart


def _download(repository: str, name: str, version: str, rendering: Rendering, where: Location) -> bytes:
    if rendering.helm is None:
        raise RenderError("needs helm, which is not on PATH", where, "install helm")
    with scratch() as folder:
        arguments = ["pull", f"--version={version}", "--destination=.", *_address(repository, name, where)]
        try:
            run(rendering.helm, arguments, folder, environment=_surroundings(folder))
            [file] = (folder / "files").glob("*.tgz")
            return file.read_bytes()
        except (ProgramError, ValueError, OSError) as error:
            raise RenderError(
                f"chart {name} {version} can't be had from {repository}: {error}",
                where,
                "check the address and the version, or vendor the chart into the repository",
            ) from error


def _address(repository: str, name: str, where: Location) -> list[str]:
    """How `helm pull` is told where the chart is.

    A repository without a scheme is a registry, as Argo CD has it.
    """
    address = repository if "://" in repository else f"oci://{repository}"
    parts = urlsplit(address)
    if (
        parts.scheme not in ("https", "http", "oci")
        or not parts.hostname
        or repository.startswith(("-", "@"))
    ):
        raise RenderError(
            f"{repository!r} is no address of a chart repository", where, "use https:// or oci://"
        )
    if parts.username or parts.password:
        raise RenderError(
            f"the address of chart repository {parts.hostname} carries a credential",
            where,
            "use `helm registry login`",
        )
    if parts.scheme != "oci":
        return [f"--repo={address}", name]
    # A registry on this very machine speaks no TLS, as every container tool assumes.
    plain = ["--plain-http"] if parts.hostname in ("localhost", "127.0.0.1", "::1") else []
    return [*plain, f"{address.rstrip('/')}/{name}"]


def _surroundings(folder: Path) -> dict[str, str]:
    """What `helm pull` may know of this machine: its proxies, its authorities, and who is logged in where."""
    config = os.environ.get("HELM_CONFIG_HOME") or str(Path.home() / ".config" / "helm")
    login = os.environ.get("HELM_REGISTRY_CONFIG") or f"{config}/registry/config.json"
    return {
        **{name: os.environ[name] for name in _PASSED_ON if name in os.environ},
        **helm_home(folder),
        "HELM_REGISTRY_CONFIG": login,
    }


def helm_home(folder: Path) -> dict[str, str]:
    """Helm's own folders, all of them in a scratch folder."""
    return {f"HELM_{name}_HOME": str(folder / "home" / name.lower()) for name in ("CACHE", "CONFIG", "DATA")}
