"""A folder of programs that work together."""

from __future__ import annotations

import os
from functools import cache as once
from typing import TYPE_CHECKING

from sandbox.toolchain import golang, installed, plugin
from sandbox.toolchain.build import build, target
from sandbox.toolchain.modules import Modules
from sandbox.toolchain.recipes import RECIPES

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from sandbox.console import Console
    from sandbox.toolchain.recipes import Recipe


def assemble(
    folder: Path,
    cache: Path,
    console: Console,
    *,
    path: str | None = None,
    recipes: Sequence[Recipe] = RECIPES,
) -> Modules:
    """Fill the folder with links to every program of a sandbox, building what this machine lacks.

    Args:
        folder: where the links go, see `Home.bin`.
        cache: the folder all sandboxes share, see `cache_folder`.
        console: told what is built and what is used instead.
        path: where installed programs are looked for; PATH unless given.
        recipes: the programs; those of a sandbox unless given.

    Returns:
        The Go modules, to read more files from.

    Raises:
        ConfigError: Go is needed and is missing or too old.
        GitOpsError: a build failed.
        AccessError: a source can't be downloaded.
    """
    path = installed.outside(os.environ.get("PATH", "") if path is None else path, folder)

    @once
    def go() -> golang.Go:
        return golang.find(cache)

    modules = Modules(cache, go)
    instead = _installed(path)
    for name, program in sorted(instead.items()):
        console.say(f"using {name} of this machine: {program}")
    wanted = [recipe for recipe in recipes if recipe.name not in instead]
    _build_all(wanted, go, modules, folder, console)
    for name, program in instead.items():
        plugin.link(folder / name, program)
    plugin.place(folder, cache, path, console)
    return modules


def _installed(path: str) -> dict[str, Path]:
    found = {}
    if engine := installed.pulumi(path):
        found["pulumi"] = engine
        host = engine.parent / installed.LANGUAGE_HOST
        if host.exists():
            found[installed.LANGUAGE_HOST] = host
    if client := installed.kubectl(path):
        found["kubectl"] = client
    return found


def _build_all(
    wanted: list[Recipe], go: Callable[[], golang.Go], modules: Modules, folder: Path, console: Console
) -> None:
    missing = [r for r in wanted if not (target(r, go(), modules.cache) / r.name).is_file()]
    if missing:
        console.say(
            f"{len(missing)} programs to build from source, once per machine; "
            "minutes, and twenty or so where nothing was ever built"
        )
    for number, recipe in enumerate(missing, start=1):
        build(recipe, go(), modules, console, f"{number} of {len(missing)}")
    for recipe in wanted:
        done = target(recipe, go(), modules.cache)
        plugin.link(folder / recipe.name, done / recipe.name)
        for extra in recipe.extras:
            plugin.link(folder / extra.name, done / extra.name)
