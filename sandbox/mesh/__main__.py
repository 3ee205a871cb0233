"""`python -m sandbox.mesh`: play the mesh of one cluster, and serve its metrics."""

from __future__ import annotations

import argparse
import threading
from pathlib import Path

from sandbox.controlplane.api import Api
from sandbox.controlplane.ports import LOOPBACK
from sandbox.mesh import Mesh, serve


def main() -> None:
    """Go on until a signal ends it."""
    parser = argparse.ArgumentParser(description="Play the mesh of one cluster.")
    parser.add_argument("--server", required=True, help="address of the API server")
    parser.add_argument("--pki", type=Path, required=True, help="folder of the cluster's certificates")
    parser.add_argument("--port", type=int, required=True, help="where the metrics are")
    chosen = parser.parse_args()
    mesh = Mesh(Api(chosen.server, chosen.pki))
    threading.Thread(target=mesh.run, args=(threading.Event(), 1.0), daemon=True).start()
    serve(mesh, (LOOPBACK, chosen.port)).serve_forever()


if __name__ == "__main__":
    main()
