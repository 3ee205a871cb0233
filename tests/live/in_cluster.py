"""Runs a program as if it were in a pod: with a service account's token and CA where pods have them.

Started by `unshare --mount --user --map-root-user`, so that nothing of it is seen outside: the folder of the files,
`--writable FOLDER` for each folder that may be written to where nothing else may, then the program and its arguments.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

_PLACE = Path("/var/run/secrets/kubernetes.io/serviceaccount")


def _mount(*arguments: str) -> None:
    subprocess.run(["mount", *arguments], check=True)


if __name__ == "__main__":
    files, *command = sys.argv[1:]
    _mount("-t", "tmpfs", "tmpfs", str(Path("/var/run").resolve()))
    _PLACE.parent.mkdir(parents=True)
    shutil.copytree(files, _PLACE)
    volumes = 0
    while command[0] == "--writable":
        _, folder, *command = command
        _mount("--bind", folder, folder)
        volumes += 1
    if volumes:
        _mount("-o", "remount,bind,ro", "/")
    os.execv(command[0], command)
