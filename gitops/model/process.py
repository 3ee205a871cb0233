"""Whether a process that left a host's name and its number behind still runs."""

from __future__ import annotations

import os
import socket
from contextlib import suppress
from pathlib import Path


def has_ended(host: str, pid: int) -> bool:
    """Whether it ran on this machine and no longer does; of other machines nobody here can tell.

    One that was killed and that nobody has waited for yet has ended too (proc(5): its state is Z).
    """
    if host != socket.gethostname():
        return False
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, OverflowError):
        return True
    except PermissionError:
        return False
    with suppress(OSError, IndexError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    return False
