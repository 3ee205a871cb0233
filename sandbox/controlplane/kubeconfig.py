"""Kubeconfig files: certificates inside, so that a file works wherever it is copied.

Format: `kubectl config` v1 (kubernetes.io, "Organizing Cluster Access Using kubeconfig Files").
"""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path


def certificate_user(pki: Path, file: str) -> Mapping[str, str]:
    """Give the credentials of one certificate of the folder."""
    return {
        "client-certificate-data": _base64(pki / f"{file}.crt"),
        "client-key-data": _base64(pki / f"{file}.key"),
    }


def entry(name: str, address: str, pki: Path, user: Mapping[str, str]) -> Mapping[str, Any]:
    """Give one cluster with its user and context, all of the same name."""
    return {
        "name": name,
        "cluster": {"server": address, "certificate-authority-data": _base64(pki / "ca.crt")},
        "user": user,
    }


def render(entries: Iterable[Mapping[str, Any]]) -> str:
    """Join entries to a kubeconfig; the first one's context is the current one."""
    listed = list(entries)
    return yaml.safe_dump(
        {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": e["name"], "cluster": dict(e["cluster"])} for e in listed],
            "users": [{"name": e["name"], "user": dict(e["user"])} for e in listed],
            "contexts": [
                {"name": e["name"], "context": {"cluster": e["name"], "user": e["name"]}} for e in listed
            ],
            "current-context": listed[0]["name"] if listed else "",
        },
        sort_keys=False,
    )


def _base64(file: Path) -> str:
    return base64.b64encode(file.read_bytes()).decode()
