"""What the documentation says and what the code knows, held against each other in both directions."""

from __future__ import annotations

import ast
import re
import shlex
from typing import TYPE_CHECKING, Any

import click
import msgspec
import pytest
import yaml

import gitops.cluster.errors
import gitops.cluster.hooks
import gitops.cluster.waiting  # noqa: F401 - errors of all three belong to the tree
from gitops.cli.main import cli
from gitops.manifests.objects import checked
from gitops.manifests.raw import RawObject
from gitops.model.errors import GitOpsError, Location, Problems
from gitops.source.descriptor import Descriptor, Timeouts, read_descriptor
from gitops.source.health_rules import read_health_rules
from gitops.source.stackfile import KEYS, settings_from
from sandbox.__main__ import VERBS
from tests.house.repository_files import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

DOCUMENTS = [
    *(ROOT / name for name in ("README.md", "CHANGELOG.md", "CONTRIBUTING.md")),
    *sorted((ROOT / "docs").rglob("*.md")),
]
TEXT = {file: file.read_text() for file in DOCUMENTS}
ALL = "\n".join(TEXT.values())
VARIABLE = re.compile(r"\b(?:[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+|KUBECONFIG)\b")
# Spoken between this project and Git, plugins or pods; nobody sets them.
INTERNAL = re.compile(r"GIT_|LC_ALL$|KUBERNETES_|ARGOCD_APP_")


def fenced(text: str) -> Iterator[tuple[str, str]]:
    """Language and content of every code block."""
    return ((m[1], m[2]) for m in re.finditer(r"^```(\w*)\n(.*?)^```", text, re.MULTILINE | re.DOTALL))


def commands(program: str) -> Iterator[list[str]]:
    """Every use of a program in the documents, as words."""
    for text in TEXT.values():
        spans = re.findall(r"`([^`\n]+)`", re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL))
        for line in [*spans, *(line for _, body in fenced(text) for line in body.splitlines())]:
            bare = re.sub(r"^(?:\$ )?(?:[A-Z_]+=\S+ )*(?:\.venv/bin/)?", "", line)
            if bare.startswith(f"{program} "):
                yield shlex.split(bare, comments=True)[len(program.split()) :]


def all_commands(group: click.Group, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from all_commands(command, (*path, name))
        else:
            yield (*path, name), command


def options(command: click.Command) -> set[str]:
    return {"-h", "--help", *(o for p in command.params for o in (*p.opts, *p.secondary_opts))}


def first_column(text: str, heading: str) -> set[str]:
    """The names in backticks in the first column of the table below a heading."""
    section = f"\n{text}".partition(f"\n{heading}\n")[2]
    section = re.split(r"^#+ ", section, maxsplit=1, flags=re.MULTILINE)[0]
    return {
        name
        for row in re.findall(r"^\| (.*?) \|", section, re.MULTILINE)
        for name in re.findall("`(.+?)`", row)
    }


def constants(*folders: str) -> set[str]:
    return {
        node.value
        for folder in folders
        for file in (ROOT / folder).rglob("*.py")
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and VARIABLE.fullmatch(node.value)
    }


def slug(heading: str) -> str:
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


@pytest.mark.parametrize("file", DOCUMENTS, ids=lambda file: str(file.relative_to(ROOT)))
def test_every_relative_link_leads_somewhere(file: Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", TEXT[file]):
        if "://" in target:
            continue
        path, _, anchor = target.partition("#")
        found = (file.parent / path).resolve() if path else file
        assert found.exists(), target
        if anchor:
            headings = re.findall(r"^#+ (.+)$", found.read_text(), re.MULTILINE)
            assert anchor in {slug(heading) for heading in headings}, target


def test_files_of_the_feature_table_exist() -> None:
    rows = re.findall(r"^\|.*\| (`.+`) \|$", TEXT[ROOT / "README.md"], re.MULTILINE)
    files = [name for row in rows for name in re.findall(r"`(.+?)`", row)]
    assert len(files) >= 10
    assert [name for name in files if not (ROOT / name).is_file()] == []


def test_make_verbs_are_those_of_the_makefile() -> None:
    verbs = set(re.findall(r"^([a-z-]+):.*## ", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert {words[0] for words in commands("make")} <= verbs


def test_sandbox_verbs_are_all_documented_and_all_exist() -> None:
    assert {words[0] for words in commands("python -m sandbox")} | {"demo"} == set(VERBS)


def test_documented_commands_and_options_exist() -> None:
    seen = 0
    for words in commands("gitops"):
        command: click.Command = cli
        for word in words:
            if isinstance(command, click.Group) and word in command.commands:
                command = command.commands[word]
            elif word.startswith("-"):
                assert word.partition("=")[0] in options(command), words
        seen += 1
    assert seen > 5


def test_every_command_and_option_is_documented() -> None:
    for path, command in all_commands(cli):
        assert f"gitops {' '.join(path)}" in ALL
        for parameter in (item for item in command.params if isinstance(item, click.Option)):
            assert any(option in ALL for option in parameter.opts if option.startswith("--")), parameter.opts


def test_configuration_keys_are_the_documented_ones_with_their_defaults() -> None:
    text = TEXT[ROOT / "docs/configuration.md"]
    assert first_column(text, "# Configuration") == {f"gitops:{key}" for key in KEYS}
    assert {key for key in re.findall(r"gitops:([a-zA-Z]+)\b", ALL) if key != "index"} <= set(KEYS)
    declared = yaml.safe_load((ROOT / "Pulumi.yaml").read_text())["config"]
    assert set(declared) == set(KEYS)
    for key, about in declared.items():
        row = next(line for line in text.splitlines() if line.startswith(f"| `gitops:{key}`"))
        # the engine refuses a stack that lacks a value without a default
        assert "default" in about or key == "repository"
        if about.get("default"):
            assert row.endswith(f"| `{about['default']}` |"), row


def test_the_engine_has_a_default_for_every_key_and_all_of_them_are_accepted() -> None:
    declared = yaml.safe_load((ROOT / "Pulumi.yaml").read_text())["config"]
    defaults = {key: about["default"] for key, about in declared.items() if "default" in about}
    assert set(declared) - set(defaults) == {"repository"}
    settings_from({"repository": "here.git", **defaults}, "x", ROOT, {})


def test_descriptor_keys_are_the_documented_ones() -> None:
    text = TEXT[ROOT / "docs/repository.md"]
    keys = {field.encode_name for field in msgspec.structs.fields(Descriptor)}
    assert first_column(text, "## gitops.yaml") == keys
    row = next(line for line in text.splitlines() if line.startswith("| `timeouts`"))
    for field in msgspec.structs.fields(Timeouts):
        assert f"`{field.encode_name}:`" in row


def test_yaml_in_the_documents_is_accepted() -> None:
    seen = 0
    for language, body in (block for text in TEXT.values() for block in fenced(text)):
        if language != "yaml":
            continue
        seen += 1
        if body.startswith("# gitops.yaml"):
            problems = Problems()
            read_descriptor(body.encode(), "gitops.yaml", "x", problems)
            assert not list(problems)
            continue
        document = yaml.safe_load(body)
        if body.startswith("healthRules:"):
            problems = Problems()
            assert read_health_rules(document["healthRules"], Location("docs"), problems)
            assert not list(problems)
            continue
        if "kind" in document:
            problems = Problems()
            assert list(checked(RawObject(Location("x.yaml"), document), "x", problems))
            assert not list(problems)
            continue
        values = {k.removeprefix("gitops:"): v for k, v in document["config"].items()}
        settings_from({"repository": "here.git", **values}, "x", ROOT, {})
    assert seen >= 4


def test_environment_variables_are_documented_and_exist() -> None:
    automatic = {f"GITOPS_{p.name.upper()}" for p in cli.params if p.name}
    known = constants("gitops", "components", "sandbox", "tests/live") | automatic
    assert set(VARIABLE.findall(ALL)) <= known
    read = {name for name in constants("gitops", "components") if not INTERNAL.match(name)} | {
        "GITOPS_PROJECT"
    }
    assert read <= set(VARIABLE.findall(TEXT[ROOT / "docs/configuration.md"]))


def test_every_error_is_documented_with_its_exit_code() -> None:
    def below(error: type[GitOpsError]) -> Iterator[type[GitOpsError]]:
        yield error
        for child in error.__subclasses__():
            yield from below(child)

    rows = re.findall(r"^\| (\d+) \| (.*?) \|", TEXT[ROOT / "docs/errors.md"], re.MULTILINE)
    documented = {name: int(code) for code, names in rows for name in re.findall(r"`(\w+)`", names)}
    own = {e for e in below(GitOpsError) if e.__module__.startswith("gitops.")}
    assert documented == {error.__name__: error.exit_code for error in own}


@pytest.mark.parametrize("note", sorted((ROOT / "docs/decisions").glob("*.md")), ids=lambda note: note.stem)
def test_a_decision_says_context_choice_and_price(note: Path) -> None:
    assert re.fullmatch(r"\d{4}-[a-z-]+\.md", note.name)
    assert re.findall(r"^\*\*(\w+)\.\*\*", note.read_text(), re.MULTILINE) == ["Context", "Choice", "Price"]
