"""The demo's secrets: sealed for both stacks, the same at every start, and nowhere in clear."""

import stat

import pytest
import yaml

from gitops.secrets.deliver import unsealed
from gitops.secrets.ring import ring_of_files
from gitops.secrets.sealed import plain_values
from sandbox.controlplane.layout import Home
from sandbox.sealing import sealed_files
from tests.homelab.example import ROOT, STACKS


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    return Home.at(tmp_path_factory.mktemp("sandbox"))


@pytest.fixture(scope="module")
def files(home):
    return sealed_files(home, STACKS)


def test_each_stack_opens_every_file_with_its_own_key(home, files):
    rings = [ring_of_files((str(home.key_ring(stack)),)) for stack in STACKS]
    assert len({ring.newest.fingerprint for ring in rings}) == len(STACKS)
    for text in files.values():
        body = yaml.safe_load(text)
        first, second = (
            plain_values(unsealed(body, stack, ring)) for stack, ring in zip(STACKS, rings, strict=True)
        )
        assert first == second
        assert all(first.values())


def test_secrets_have_the_names_that_applications_read_and_lie_in_their_folders(files):
    for path, text in files.items():
        folder = ROOT / path.rpartition("/")[0]
        assert folder.is_dir()
        name = yaml.safe_load(text)["metadata"]["name"]
        assert any(f"name: {name}\n" in file.read_text() for file in folder.glob("*.y*ml")), name


def test_a_second_start_changes_nothing(home, files):
    assert sealed_files(home, STACKS) == files


def test_keys_are_private(home, files):
    assert files
    for stack in STACKS:
        assert stat.S_IMODE(home.key_ring(stack).stat().st_mode) == 0o600
