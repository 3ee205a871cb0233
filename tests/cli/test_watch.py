from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def test_installing_prints_a_unit_and_a_deployment_only_with_an_image(gitops, tmp_path: Path) -> None:
    (tmp_path / "Pulumi.prod.yaml").write_text("config:\n  gitops:repository: file:///nowhere\n")
    command = ["--project", str(tmp_path), "watch", "--stack", "prod", "--install"]
    code, _, errors = gitops(*command, "deployment")
    assert code == 2
    assert "--image" in errors
    code, output, _ = gitops(*command, "systemd")
    assert code == 0
    assert f"--project {tmp_path} watch --stack prod" in output


def test_a_stack_that_is_not_there_ends_the_loop_before_it_begins(gitops, tmp_path: Path) -> None:
    code, _, errors = gitops("--project", str(tmp_path), "watch", "--stack", "prod")
    assert code == 6
    assert "there is no stack 'prod'" in errors


def test_the_help_shows_how_it_is_run(gitops) -> None:
    code, output, _ = gitops("watch", "--help")
    assert code == 0
    assert "gitops watch --stack prod --install deployment" in output
