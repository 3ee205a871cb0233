"""A stand-in for the `go` command, steered by environment variables and keeping count of its builds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.toolchain.golang import Go
from sandbox.toolchain.modules import Modules
from sandbox.toolchain.recipes import Extra, Recipe

if TYPE_CHECKING:
    from pathlib import Path

SCRIPT = """#!/bin/sh
case $1 in
env) echo "${FAKE_GO_VERSION-go1.26.8}"; echo linux; echo amd64 ;;
mod)
  test -z "$FAKE_GO_OFFLINE" || { echo "dial tcp: no route to host" >&2; exit 1; }
  echo "$4" >> "$FAKE_GO_HOME/downloads"
  mkdir -p "$FAKE_GO_HOME/module/scripts"
  printf 'replace k8s.io/api => ./staging/src/k8s.io/api\\n' > "$FAKE_GO_HOME/module/go.mod"
  echo run > "$FAKE_GO_HOME/module/scripts/extra"
  printf '{"Dir": "%s", "GoMod": "%s"}' "$FAKE_GO_HOME/module" "$FAKE_GO_HOME/module/go.mod" ;;
build)
  echo build >> "$FAKE_GO_HOME/builds"
  sleep "${FAKE_GO_SECONDS-0}"
  test -z "$FAKE_GO_WORDS" || { printf "$FAKE_GO_WORDS"; exit 1; }
  while test "$1" != -o; do shift; done
  mkdir -p "${2%/*}"
  echo program > "$2" ;;
esac
"""
RECIPE = Recipe(
    "tool", "example.org/tool@v1.2.3", "cmd/tool", extras=(Extra("example.org/extra@v1", "scripts/extra"),)
)


def fake_go(folder: Path) -> Path:
    """Write the script into a folder that can be put on PATH."""
    folder.mkdir(parents=True, exist_ok=True)
    script = folder / "go"
    script.write_text(SCRIPT)
    script.chmod(0o755)
    return script


def workshop(folder: Path) -> tuple[Go, Modules]:
    """A `go` and a cache to build in; FAKE_GO_HOME must name the folder."""
    go = Go(str(fake_go(folder / "path")), "go1.26.8 linux amd64")
    return go, Modules(folder / "cache", lambda: go)


def lines(file: Path) -> list[str]:
    """What the stand-in wrote down, a line for each call."""
    return file.read_text().splitlines() if file.exists() else []
