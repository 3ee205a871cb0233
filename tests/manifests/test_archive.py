from __future__ import annotations

import gzip
import tarfile

import pytest

from gitops.manifests import archive
from gitops.manifests.archive import ArchiveError, unpacked
from tests.manifests.chart_archive import chart, packaged


def test_an_archive_is_like_a_commit() -> None:
    found = unpacked(chart("web"))
    assert [entry.path for entry in found.files_below("")] == ["web/Chart.yaml", "web/templates/config.yaml"]
    assert [entry.path for entry in found.folders()] == ["web", "web/templates"]
    assert found.read("web/Chart.yaml").startswith(b"apiVersion")


def test_other_content_has_another_id_also_below_and_equal_content_the_same() -> None:
    one, same, other = (unpacked(data) for data in (chart("web"), chart("web"), chart("web", "1.0.1")))
    assert one.sha == same.sha != other.sha
    assert one.id_of("web") == same.id_of("web") != other.id_of("web")


@pytest.mark.parametrize("name", ["../x", "web/../../x", "/etc/x", "web/..", "..\\x", "web//x", "web/./x"])
def test_a_path_that_leads_out_is_refused(name: str) -> None:
    with pytest.raises(ArchiveError, match="leads out of it"):
        unpacked(packaged({"web/a": "", name: "x"}))


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE])
def test_links_and_devices_are_refused(kind: bytes) -> None:
    with pytest.raises(ArchiveError, match="'web/l' is a link or a device"):
        unpacked(packaged({"web/l": ""}, kinds={"web/l": kind}))


def test_what_unpacks_to_too_much_is_refused_before_it_is_unpacked() -> None:
    bomb = gzip.compress(bytes(archive.MAX_BYTES + 1), compresslevel=9)
    assert len(bomb) < 100_000
    with pytest.raises(ArchiveError, match="unpacks to more than 64 MiB"):
        unpacked(bomb)


def test_too_many_files_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "MAX_FILES", 1)
    with pytest.raises(ArchiveError, match="more than 1 files"):
        unpacked(chart("web"))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"hello",
        gzip.compress(b"hello", mtime=0),
        chart("web")[:-20],
        gzip.compress(gzip.decompress(chart("web"))[:700]),
    ],
)
def test_what_is_no_archive_is_refused(data: bytes) -> None:
    with pytest.raises(ArchiveError):
        unpacked(data)
