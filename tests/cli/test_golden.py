"""What every command that lists prints, character by character; `--renew-golden` writes the files anew."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yaml

from gitops.cli.app import objects
from gitops.delivery import doctor, observe
from gitops.engine import history
from tests.cli import frozen
from tests.docs.documents import DOCUMENTS

if TYPE_CHECKING:
    from collections.abc import Callable

    Run = Callable[..., tuple[int, str, str]]

FOLDER = Path(__file__).with_name("golden")
# exit code, and the forms of each command
COMMANDS = {
    "app list": (0, "table", "wide", "json", "name"),
    "app get web": (0, "table", "json", "name"),
    "app diff": (1, "text", "json", "markdown"),
    "app resources web": (0, "table", "json", "name"),
    "app events web": (0, "table", "json"),
    "app history web": (0, "table", "wide", "json"),
    "stack list": (3, "table", "wide", "json"),
    "stack get": (0, "table", "json"),
    "stack diff staging prod": (1, "text", "json", "name"),
    "stack drift": (1, "text", "json", "markdown"),
    "stack drift --strict --unmanaged": (1, "text"),
    "stack history": (0, "table", "wide", "json"),
    "doctor": (3, "table", "json"),
}
FORMS = [(command, code, form) for command, (code, *forms) in COMMANDS.items() for form in forms]
TABLES = [
    name for name in COMMANDS if name.endswith((" list", "resources web", "events web")) or "history" in name
]
FLEET = ("stack list", "stack diff")


class Terminal(io.StringIO):
    """A standard output that says that a person reads it."""

    def isatty(self) -> bool:
        return True


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> frozen.Frozen:
    return frozen.Frozen(tmp_path_factory.mktemp("frozen"))


@pytest.fixture
def run(gitops: Run, world: frozen.Frozen, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("XDG_CACHE_HOME", str(world.folder / "cache"))
    for room, name, stand_in in (
        (observe, "connect", world.connect),
        (objects, "living", world.living),
        (objects, "tree", world.tree),
        (objects, "events", lambda *_: frozen.EVENTS),
        (history, "history", lambda *_: frozen.past()),
        (doctor, "examine", frozen.checks),
    ):
        monkeypatch.setattr(room, name, stand_in)

    def command(line: str, *more: str) -> tuple[int, str, str]:
        stack = () if line.startswith(FLEET) else ("--stack", "staging")
        code, out, err = gitops("--project", str(world.project), *line.split(), *stack, *more)
        return code, out.replace(str(world.folder), "/projects"), err

    return command


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Callable[[str, str], str]:
    """The text of a golden file; where that is asked for, it is first made the text that is given."""

    def read(name: str, text: str) -> str:
        file = FOLDER / name
        if request.config.getoption("--renew-golden"):
            file.parent.mkdir(exist_ok=True)
            file.write_text(text)
        return file.read_text()

    return read


def file_of(command: str, form: str) -> str:
    return f"{command.replace(' --', ' ').replace(' ', '-')}.{form}"


@pytest.mark.parametrize(("command", "code", "form"), FORMS, ids=str)
def test_a_listing_is_as_it_was(
    run: Run, golden: Callable[[str, str], str], command: str, code: int, form: str
) -> None:
    ended, out, _ = run(command, "-o", form)
    assert ended == code
    assert "hunter2" not in out
    assert "aHVudGVyMg" not in out
    assert out == golden(file_of(command, form), out)


@pytest.mark.parametrize("command", [name for name, (_, *forms) in COMMANDS.items() if "json" in forms])
def test_yaml_says_what_json_says(run: Run, command: str) -> None:
    assert yaml.safe_load(run(command, "-o", "yaml")[1]) == json.loads(run(command, "-o", "json")[1])


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda document: json.loads(document)["schema"])
def test_a_document_is_as_it_was(golden: Callable[[str, str], str], document: str) -> None:
    schema = json.loads(document)["schema"]
    assert f"{document}\n" == golden(f"{schema.partition('/')[2].replace('/', '-')}.json", f"{document}\n")


@pytest.mark.parametrize("command", TABLES)
def test_without_headers_only_the_first_line_is_missing(run: Run, command: str) -> None:
    titles, *rows = run(command)[1].splitlines()
    assert titles == titles.upper()
    assert [row.split() for row in run(command, "--no-headers")[1].splitlines()] == [r.split() for r in rows]


@pytest.mark.parametrize(("command", "code", "form"), FORMS, ids=str)
def test_a_terminal_that_wants_no_color_gets_the_same(
    run: Run, world: frozen.Frozen, monkeypatch: pytest.MonkeyPatch, command: str, code: int, form: str
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setattr(sys, "stdout", terminal := Terminal())
    assert run(command, "-o", form)[0] == code
    told = terminal.getvalue().replace(str(world.folder), "/projects")
    assert told == (FOLDER / file_of(command, form)).read_text()


def test_there_is_no_file_that_nothing_is_compared_with() -> None:
    names = {file_of(command, form) for command, _, form in FORMS}
    schemas = [json.loads(document)["schema"].partition("/")[2] for document in DOCUMENTS]
    names |= {f"{schema.replace('/', '-')}.json" for schema in schemas}
    assert {file.name for file in FOLDER.iterdir()} == names
