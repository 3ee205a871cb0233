"""A search for values that nobody may find: in files, archives, arguments and environments, in whatever form."""

from __future__ import annotations

import base64
import json
import os
import threading
import zlib
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote, quote_plus

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_SHORTEST = 8
_GZIP = 16 + zlib.MAX_WBITS


def forms(value: bytes) -> frozenset[bytes]:
    """A value in every form in which it might lie about, and each of its longer lines."""
    pieces = {value, *(line for line in value.splitlines() if len(line) >= _SHORTEST)}
    return frozenset(form for piece in pieces for form in _forms(piece))


def _forms(value: bytes) -> Iterator[bytes]:
    yield value
    yield value[::-1]
    yield value.hex().encode()
    yield value.hex().upper().encode()
    yield json.dumps([*value])[1:-1].encode()
    yield json.dumps([*value], separators=(",", ":"))[1:-1].encode()
    for shift in range(
        3
    ):  # what comes before it in the same text moves it to another place in a group of three bytes
        text = base64.b64encode(b"x" * shift + value).rstrip(b"=")
        middle = text[4 if shift else 0 : len(text) - (1 if (shift + len(value)) % 3 else 0)]
        yield middle
        yield middle.translate(bytes.maketrans(b"+/", b"-_"))
    text = value.decode(errors="replace")
    for ascii_only in (True, False):
        escaped = json.dumps(text, ensure_ascii=ascii_only)[1:-1]
        of_go = escaped.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
        for one in (escaped, of_go):
            yield one.encode()
            yield json.dumps(one, ensure_ascii=ascii_only)[1:-1].encode()
    yield quote(value, safe="").encode()
    yield quote_plus(value).encode()


def found(planted: Iterable[bytes], content: bytes) -> bool:
    """Whether any of the values is in some content, in any form."""
    return any(form in content for value in planted for form in forms(value))


def files_below(place: Path) -> list[Path]:
    """The files of a folder, or the one file."""
    if place.is_file():
        return [place]
    return [file for file in place.rglob("*") if file.is_file() and not file.is_symlink()]


def readable(file: Path) -> bytes:
    """A file's content, opened as far as it goes if it is an archive; empty when it vanished."""
    try:
        raw = file.read_bytes()
    except OSError:
        return b""
    for kind in (_GZIP, zlib.MAX_WBITS):
        try:
            return zlib.decompressobj(kind).decompress(raw) + raw
        except zlib.error:
            continue
    return raw


def of_all_processes() -> Iterator[tuple[str, bytes]]:
    """The arguments and environments of all processes of this machine."""
    for number in filter(str.isdecimal, os.listdir("/proc")):  # noqa: PTH208 - names only
        for file in ("cmdline", "environ"):
            yield f"/proc/{number}/{file}", readable(Path("/proc", number, file))


@contextmanager
def watched(planted: Iterable[bytes], places: Iterable[Path], pause: float = 0.05) -> Iterator[set[str]]:
    """Looks for values among processes and files while something runs; gives where they were seen.

    This process and what it starts with is not looked at twice: a file is read again only when it changed.
    """
    wanted = [form for value in planted for form in forms(value)]
    seen: set[str] = set()
    known: dict[Path, tuple[int, int]] = {}
    over = threading.Event()

    def look() -> None:
        while not over.wait(pause):
            contents = list(of_all_processes())
            for place in places:
                for file in files_below(place):
                    try:
                        state = (file.stat().st_mtime_ns, file.stat().st_size)
                    except OSError:
                        continue
                    if known.get(file) != state:
                        known[file] = state
                        contents.append((str(file), readable(file)))
            seen.update(name for name, content in contents if any(form in content for form in wanted))

    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield seen
    finally:
        over.set()
        thread.join()
