"""`python -m sandbox VERB`: the sandbox's own commands."""

from __future__ import annotations

import argparse
import os
import shlex
import sys
from pathlib import Path
from typing import Any

from gitops.model.errors import GitOpsError
from sandbox.console import Console
from sandbox.controlplane.clusters import status, stop
from sandbox.controlplane.layout import Home
from sandbox.controlplane.values import variables
from sandbox.demo import CHECKOUT, DEFAULT_HOME, STACKS, bring_up, parts_for_demo, run_demo
from sandbox.toolchain import EVERYTHING, RECIPES, assemble, cache_folder, prometheus

VERBS = {
    "build": "build the programs that this machine lacks",
    "up": "start the clusters and make the demo's repository",
    "demo": "up, then deploy both stacks, show two canaries and their applications",
    "status": "what runs, and where",
    "env": "print the environment as shell exports",
    "shell": "a shell with pulumi, kubectl and the stacks ready",
    "down": "stop everything that was started here, and nothing else",
}
_EXAMPLES = {
    "build": ("python -m sandbox build --all", "XDG_CACHE_HOME=/tmp/cache python -m sandbox build"),
    "demo": ("python -m sandbox demo",),
    "status": ("python -m sandbox status", "python -m sandbox status --home /tmp/sandbox && echo all runs"),
    "env": ('eval "$(python -m sandbox env)"', 'eval "$(python -m sandbox env --home /tmp/sandbox)"'),
}


def _parser() -> argparse.ArgumentParser:
    def examples(*lines: str) -> dict[str, Any]:
        epilog = "\n".join(["examples:", *(f"  {line}" for line in lines)])
        return {"epilog": epilog, "formatter_class": argparse.RawDescriptionHelpFormatter}

    parser = argparse.ArgumentParser(
        prog="python -m sandbox",
        description="A whole platform on one machine.",
        **examples(
            "python -m sandbox demo", "python -m sandbox up --home /tmp/sandbox", *_EXAMPLES["env"][:1]
        ),
    )
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
    for verb, text in VERBS.items():
        lines = _EXAMPLES.get(
            verb, (f"python -m sandbox {verb}", f"python -m sandbox {verb} --home /tmp/sandbox")
        )
        added = verbs.add_parser(
            verb, help=text, description=f"{text[0].upper()}{text[1:]}.", **examples(*lines)
        )
        added.add_argument(
            "--home", type=Home.at, default=DEFAULT_HOME, metavar="FOLDER", help="where (default: .sandbox)"
        )
        if verb == "build":
            added.add_argument(
                "--all",
                action="store_true",
                help="also what only tests need, from Helm to Prometheus",
            )
    return parser


def main(arguments: list[str] | None = None) -> int:
    """Run one verb and return its exit code."""
    chosen = _parser().parse_args(arguments)
    try:
        return _run(chosen, Console())
    except GitOpsError as error:
        print(f"error: {error}", file=sys.stderr)
        return error.exit_code
    except OSError as error:
        where = error.filename or chosen.home.root
        print(f"error: {where}: {error.strerror}\n    → choose another --home, or mend it", file=sys.stderr)
        return 3
    except KeyboardInterrupt:
        print("interrupted; run it again to go on", file=sys.stderr)
        return 130


def _run(chosen: argparse.Namespace, console: Console) -> int:
    home: Home = chosen.home
    match chosen.verb:
        case "build":
            assemble(home.bin, cache_folder(), console, recipes=EVERYTHING if chosen.all else RECIPES)
            if chosen.all:
                prometheus(cache_folder(), os.environ.get("PATH", os.defpath), console)
        case "up":
            bring_up(home, console, parts=parts_for_demo(home, console))
        case "demo":
            run_demo(home, console)
        case "status":
            return _status(home)
        case "env":
            for name, value in variables(home, os.environ.get("PATH", os.defpath)).items():
                print(f"export {name}={shlex.quote(value)}")
        case "shell":
            _shell(home)
        case _:
            console.say(f"{stop(home, say=console.say)} processes stopped")
    return 0


def _status(home: Home) -> int:
    parts = status(home)
    if not parts:
        print(f"nothing runs in {home.root}; start it: make demo")
        return 1
    for part in parts:
        state = "ready" if part.ready else "down"
        print(f"{part.cluster:10} {part.part:26} {state:6} pid {part.pid or '-':<8} port {part.port or '-'}")
    return 0 if all(part.ready for part in parts) else 1


def _shell(home: Home) -> None:
    """Replace this process by the user's shell."""
    tries = [f"kubectl --context {STACKS[0]} get pods -A", "exit, to leave"]
    if home == DEFAULT_HOME:
        tries[:0] = [f"pulumi preview --stack {STACKS[0]}", f"gitops app list --stack {STACKS[1]}"]
    print("\n  ".join(["Try:", *tries]), file=sys.stderr)
    shell = os.environ.get("SHELL", "/bin/sh")
    scripts = Path(sys.executable).parent
    path = f"{scripts}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
    os.chdir(CHECKOUT)
    os.execve(shell, [shell], {**os.environ, **variables(home, path)})


if __name__ == "__main__":
    sys.exit(main())
