"""`gitops`: the commands for daily work."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click

from gitops import __version__
from gitops.cli.about import completion, version
from gitops.cli.adopt import adopt_stack
from gitops.cli.app.group import app
from gitops.cli.ci.group import ci
from gitops.cli.color import wanted
from gitops.cli.doctor import doctor
from gitops.cli.fleet import fleet
from gitops.cli.promotion.approve import approve
from gitops.cli.promotion.promote import promote
from gitops.cli.rebuild import rebuild
from gitops.cli.render import render
from gitops.cli.rollout.group import rollout
from gitops.cli.secret.group import secret
from gitops.cli.stack.group import stack
from gitops.cli.verify import verify
from gitops.cli.watch import watch
from gitops.model.errors import GitOpsError

_EXIT_CODES = """
\b
Exit codes: 0 all well · 1 something differs · 2 usage or configuration · 3 no access
4 cluster or engine failure · 5 refused · 6 not found · 8 conflict · 9 timeout · 130 interrupted
"""


@click.group(
    epilog=_EXIT_CODES,
    context_settings={"help_option_names": ["-h", "--help"], "auto_envvar_prefix": "GITOPS"},
)
@click.option(
    "--project",
    type=click.Path(file_okay=False, exists=True, path_type=Path),
    default=Path.cwd,
    show_default="the current folder",
    help="The folder that holds Pulumi.yaml and the stack files.",
)
@click.option(
    "--color",
    type=click.Choice(["auto", "always", "never"]),
    default="auto",
    show_default="auto: at a terminal, unless NO_COLOR is set",
    help="Whether to print in color.",
)
@click.version_option(__version__, prog_name="gitops")
@click.pass_context
def cli(context: click.Context, project: Path, color: str) -> None:
    """GitOps without a controller in the cluster.

    \b
    Examples:
      gitops app list --stack staging
      gitops app list --stack prod -o json
      gitops stack sync --stack staging
    """
    context.obj = project.resolve()
    context.color = wanted(color, os.environ)


cli.add_command(adopt_stack)
cli.add_command(app)
cli.add_command(ci)
cli.add_command(stack)
cli.add_command(doctor)
cli.add_command(render)
cli.add_command(rollout)
cli.add_command(secret)
cli.add_command(promote)
cli.add_command(approve)
cli.add_command(verify)
cli.add_command(rebuild)
cli.add_command(fleet)
cli.add_command(watch)
cli.add_command(version)
cli.add_command(completion)


def main() -> None:
    """Run the command line; errors go to stderr and end with their own exit code."""
    try:
        sys.exit(cli.main(standalone_mode=False))
    except click.Abort:
        sys.exit(130)
    except click.ClickException as error:
        error.show()
        sys.exit(2)
    except GitOpsError as error:
        print(f"error: {error}", file=sys.stderr)  # noqa: T201
        sys.exit(error.exit_code)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


if __name__ == "__main__":
    main()
