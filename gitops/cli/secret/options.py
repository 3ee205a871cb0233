"""What several commands about secrets are told: whom to seal for, and with which keys to open."""

from __future__ import annotations

import sys
from dataclasses import dataclass, replace
from functools import update_wrapper
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import urllib3

from gitops.cli.options import stack_settings
from gitops.cluster.connect import connect
from gitops.cluster.sealing import Controller
from gitops.desired import stack_ring
from gitops.model.errors import AccessError, ConfigError
from gitops.report.secrets import KeyDates
from gitops.secrets.certificate import Certificate, read_certificate
from gitops.secrets.ring import ring_of_files
from gitops.secrets.values import read_file

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from gitops.model.settings import Settings
    from gitops.secrets.keys import KeyRing

_LARGEST_ANSWER = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Place:
    """The stack in question, and its controller.

    Attributes:
        project: the folder of the stack files.
        stack: its name, or "".
        namespace: of the controller's Service.
        name: of the controller's Service.
    """

    project: Path
    stack: str
    namespace: str
    name: str

    @property
    def settings(self) -> Settings:
        """The stack's settings.

        Raises:
            ConfigError: there is no stack, or its file is wrong.
        """
        if not self.stack:
            raise ConfigError("no stack is named", next_step="give --stack STACK")
        return stack_settings(self.stack, self.project)

    @property
    def controller(self) -> Controller:
        """The controller of the stack's cluster."""
        return Controller(connect(self.settings.cluster).client, self.namespace, self.name)

    def certificate(self, given: str) -> Certificate:
        """The certificate to seal for: the one that is given, the stack's, its key ring's, or its controller's."""
        if given:
            return certificate_at(given)
        if not self.stack:
            raise ConfigError(
                "it is not said whom to seal for", next_step="give --stack STACK or --cert FILE"
            )
        settings = self.settings
        if settings.secrets.certificate:
            return certificate_at(settings.secrets.certificate)
        if settings.secrets.opened:
            return stack_ring(settings).newest
        return read_certificate(self.controller.certificate(), "the controller's answer")

    def others(self, stacks: Iterable[str]) -> dict[str, Certificate]:
        """The certificates of other stacks, by name."""
        return {stack: replace(self, stack=stack).certificate("") for stack in sorted(set(stacks))}

    @property
    def digest_key(self) -> str:
        """What makes digests of values, "" where no stack has it."""
        return self.settings.secrets.digest_key if self.stack else ""

    def ring(self, files: tuple[str, ...]) -> KeyRing:
        """The keys to open with: those of the files, or the stack's."""
        if files:
            return ring_of_files(files)
        if not self.stack:
            raise ConfigError("there are no keys to open with", next_step="give --keys FILE or --stack STACK")
        return stack_ring(self.settings)


def certificate_at(place: str) -> Certificate:
    """The certificate in a file or at an https URL.

    Raises:
        ConfigError: there is none.
        AccessError: the server does not give it.
    """
    if "://" not in place:
        return read_certificate(given(place), place)
    if not place.startswith("https://"):
        raise ConfigError(
            f"{place} is not https: whoever is on the way could exchange the certificate",
            next_step="give an https URL or a file",
        )
    try:
        answer = urllib3.request("GET", place, timeout=10.0, redirect=False, preload_content=False)
        content = answer.read(_LARGEST_ANSWER)
    except (urllib3.exceptions.HTTPError, OSError) as error:
        raise AccessError(
            f"{place} does not answer: {type(error).__name__}", next_step="check the URL"
        ) from None
    if answer.status != 200:
        raise AccessError(f"{place} answers with status {answer.status}", next_step="check the URL")
    return read_certificate(content, place)


def given(name: str) -> bytes:
    """The content of a file, or of standard input for `-`."""
    return sys.stdin.buffer.read() if name == "-" else read_file(Path(name))


def dates_of(certificate: Certificate) -> KeyDates:
    """A certificate's fingerprint and dates."""
    made, expires = (f"{time:%Y-%m-%d}" for time in (certificate.not_before, certificate.not_after))
    return KeyDates(certificate.fingerprint, made, expires)


_PLACE = (
    click.option("--controller-name", default="sealed-secrets-controller", show_default=True),
    click.option("--controller-namespace", default="kube-system", show_default=True),
    click.option(
        "--stack", "-s", default="", envvar="PULUMI_STACK", help="The stack whose cluster it is for."
    ),
)


def place_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options that say which stack and controller; the command is given a `place`."""

    def with_place(
        project: Path, /, *, stack: str, controller_namespace: str, controller_name: str, **rest: Any
    ) -> Any:
        return command(place=Place(project, stack, controller_namespace, controller_name), **rest)

    wrapped: Callable[..., Any] = update_wrapper(click.pass_obj(with_place), command)
    for option in _PLACE:
        wrapped = option(wrapped)
    return wrapped


cert_option = click.option(
    "--cert", default="", metavar="FILE|URL", help="The certificate to seal for; the stack's without it."
)
keys_option = click.option(
    "--keys",
    multiple=True,
    metavar="FILE",
    help="Private keys to open with: PEM, a Secret or a List of Secrets; the stack's without it.",
)
format_option = click.option(
    "--output", "-o", "form", type=click.Choice(["yaml", "json"]), default="yaml", show_default=True
)
