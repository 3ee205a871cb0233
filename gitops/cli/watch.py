"""`gitops watch`: keep a stack at what Git says."""

from __future__ import annotations

import getpass
import os
import shutil
import signal
import sys
from pathlib import Path

import click
import yaml

from gitops.cli.options import stack_option, stack_settings
from gitops.model.errors import ConfigError


@click.command()
@stack_option
@click.option("--log-format", type=click.Choice(["text", "json"]), default="text", show_default=True)
@click.option(
    "--clear-stale-locks", is_flag=True, help="Take the lock of a run away that was killed on this machine."
)
@click.option(
    "--listen",
    metavar="HOST:PORT",
    help="Answer /metrics, /healthz, /readyz and /webhook here, for example at 127.0.0.1:9797.",
)
@click.option(
    "--install",
    type=click.Choice(["systemd", "deployment"]),
    help="Print what makes the loop run for good, and do nothing else.",
)
@click.option("--image", default="", help="The image that a Deployment runs, with the project inside.")
@click.option("--namespace", default="gitops", show_default=True, help="Where a Deployment runs.")
@click.pass_obj
def watch(
    project: Path,
    stack: str,
    log_format: str,
    clear_stale_locks: bool,
    listen: str | None,
    install: str | None,
    image: str,
    namespace: str,
) -> None:
    """Follow the repository and the cluster, sync new commits, and revert what is changed by hand.

    Runs until it is ended by SIGTERM or Ctrl-C. A webhook has to know the secret in GITOPS_WEBHOOK_SECRET.

    \b
    Examples:
      gitops watch --stack staging
      SYNC_INTERVAL=30s gitops watch --stack prod --log-format json
      gitops watch --stack prod --listen 127.0.0.1:9797
      gitops watch --stack prod --install systemd
      gitops watch --stack prod --install deployment --image registry.example/gitops:1
    """
    if install:
        click.echo(_installation(project, stack, install, image, namespace))
        return
    from gitops.report.log import logger
    from gitops.report.metrics import Metrics
    from gitops.watch.loop import Loop  # the engine's SDK is slow to import
    from gitops.watch.server import Answers, serve

    log = logger(click.echo, log_format, stack=stack)
    metrics = Metrics(stack)
    loop = Loop(project, lambda: stack_settings(stack, project), log, metrics, clear_locks=clear_stale_locks)
    if listen:
        answers = Answers(
            metrics.text,
            loop.is_alive,
            loop.is_ready,
            lambda: loop.request("webhook"),
            lambda result: metrics.count(metrics.webhooks, result),
            os.environ.get("GITOPS_WEBHOOK_SECRET", ""),
        )
        serve(listen, answers)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: loop.end())
    log("info", "watching", project=str(project))
    loop.run()
    log("info", "ended")


def _installation(project: Path, stack: str, form: str, image: str, namespace: str) -> str:
    from gitops.watch.install import manifests, systemd_unit

    settings = stack_settings(stack, project)
    if form == "systemd":
        program = Path(shutil.which("gitops") or sys.argv[0]).resolve()
        return systemd_unit(stack, project, str(program), getpass.getuser())
    if not image:
        raise ConfigError(
            "a Deployment needs an image", next_step="give one that holds the project with --image"
        )
    from gitops.cluster.connect import connect
    from gitops.desired import sound_plan

    live = connect(settings.cluster).survey(stack)
    plan, _ = sound_plan(settings, live.served, live.objects)
    items = manifests(stack, image, namespace, plan.keys | live.objects.keys(), live.resources)
    return "---\n".join(yaml.safe_dump(item, sort_keys=False) for item in items)
