"""`python -m sandbox.controlplane.patient`: wait until a cluster serves some kinds, then become a program."""

from __future__ import annotations

import argparse
import os
import time
from pathlib import Path

from sandbox.controlplane.api import Api


def main() -> None:
    """Wait as long as it takes."""
    parser = argparse.ArgumentParser(description="Start a program when a cluster serves what it needs.")
    parser.add_argument("--server", required=True, help="address of the API server")
    parser.add_argument("--pki", type=Path, required=True, help="folder of the cluster's certificates")
    parser.add_argument("--proxy", default="", help="where the program's requests over plain http go")
    parser.add_argument("--serves", action="append", default=[], help="GROUP/VERSION/RESOURCE,RESOURCE…")
    parser.add_argument("program", nargs="+")
    chosen = parser.parse_args()
    api = Api(chosen.server, chosen.pki)
    while not all(is_served(api, resources) for resources in chosen.serves):
        time.sleep(0.5)
    api.close()
    around = {**os.environ, **({"HTTP_PROXY": chosen.proxy} if chosen.proxy else {})}
    os.execve(chosen.program[0], chosen.program, around)


def is_served(api: Api, resources: str) -> bool:
    """Tell whether all of `GROUP/VERSION/RESOURCE,RESOURCE…` is served."""
    version, _, names = resources.rpartition("/")
    status, listed = api.call("GET", f"/apis/{version}")
    return status == 200 and set(names.split(",")) <= {item["name"] for item in listed["resources"]}


if __name__ == "__main__":
    main()
