"""A packaged chart becomes files, as if it were a commit: bounded, and nothing outside of its own folder."""

from __future__ import annotations

import hashlib
import io
import tarfile
import zlib

from gitops.source.commit import FILE, FOLDER, Commit, Entry

MAX_FILES = 10_000
MAX_BYTES = 64 * 1024 * 1024
_GZIP = 31


class ArchiveError(Exception):
    """It is no chart archive, or one that should not be opened."""


def unpacked(data: bytes) -> Commit:
    """The files of a gzipped tar archive; the commit's id is that of the archive.

    Raises:
        ArchiveError: it is damaged, too large when unpacked, or holds links or paths that lead out of it.
    """
    digest = hashlib.sha256(data).hexdigest()
    contents: dict[str, bytes] = {}
    entries: dict[str, Entry] = {}
    try:
        unzip = zlib.decompressobj(_GZIP)
        plain = unzip.decompress(data, MAX_BYTES + 1)
        if len(plain) > MAX_BYTES:
            raise ArchiveError(f"it unpacks to more than {MAX_BYTES // 1024 // 1024} MiB")
        if not unzip.eof or unzip.unused_data:
            raise ArchiveError("it is cut short, or something comes after it")
        with tarfile.open(fileobj=io.BytesIO(plain), mode="r:") as archive:
            for member in archive:
                parts = member.name.removeprefix("./").rstrip("/").split("/")
                if "\\" in member.name or any(part in ("", "..", ".") for part in parts):
                    raise ArchiveError(f"{member.name!r} leads out of it")
                if member.isdir():
                    continue
                file = archive.extractfile(member) if member.isreg() else None
                if file is None:
                    raise ArchiveError(f"{member.name!r} is a link or a device")
                if len(contents) >= MAX_FILES:
                    raise ArchiveError(f"it holds more than {MAX_FILES} files")
                content = file.read()
                name = hashlib.sha256(content).hexdigest()
                contents[name] = content
                entries["/".join(parts)] = Entry("/".join(parts), FILE, name)
                for depth in range(1, len(parts)):
                    above = "/".join(parts[:depth])
                    entries[above] = Entry(above, FOLDER, f"{digest}:{above}")
    except (zlib.error, tarfile.TarError, EOFError) as error:
        raise ArchiveError(f"it is no chart archive: {error}") from error
    return Commit(digest, 0, "", "", entries, contents.__getitem__)
