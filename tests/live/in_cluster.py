"""Runs a program as if it were in a pod: with a service account's token and CA where pods have them.

Started by `unshare --mount --user --map-root-user`, so that nothing of it is seen outside: the folder of the files,
then the program and its arguments.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

_PLACE = Path("/var/run/secrets/kubernetes.io/serviceaccount")

if __name__ == "__main__":
    subprocess.run(["mount", "-t", "tmpfs", "tmpfs", str(Path("/var/run").resolve())], check=True)
    _PLACE.parent.mkdir(parents=True)
    shutil.copytree(sys.argv[1], _PLACE)
    os.execv(sys.argv[2], sys.argv[2:])
