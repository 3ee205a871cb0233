from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gitops.cli.options import stack_settings
from gitops.engine import config
from gitops.source.stackfile import TOKEN

if TYPE_CHECKING:
    from pathlib import Path

FILE = "config:\n  gitops:repository: https://h/a.git\n"
ENCRYPTED = f"{FILE}  gitops:repositoryToken:\n    secure: v1:x\n"


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The keys that the engine was asked to open."""
    keys: list[str] = []
    for name in ("REPO_URL", TOKEN):
        monkeypatch.delenv(name, raising=False)

    def opened(_stack: str, _project: Path, key: str) -> str:
        keys.append(key)
        return "clear"

    monkeypatch.setattr(config, "secret_value", opened)
    return keys


def token(project: Path, text: str) -> str:
    (project / "Pulumi.test.yaml").write_text(text)
    return stack_settings("test", project).repository.token


def test_an_encrypted_token_is_opened_by_the_engine(tmp_path: Path, asked: list[str]) -> None:
    assert token(tmp_path, ENCRYPTED) == "clear"
    assert asked == ["gitops:repositoryToken"]


def test_without_one_the_engine_is_not_asked(tmp_path: Path, asked: list[str]) -> None:
    assert token(tmp_path, FILE) == ""
    assert asked == []


def test_a_token_in_the_environment_spares_the_engine(
    tmp_path: Path, asked: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(TOKEN, "mine")
    assert token(tmp_path, ENCRYPTED) == "mine"
    assert asked == []
