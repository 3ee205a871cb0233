"""The process that evaluates Jsonnet: a request as JSON comes in, the result as JSON goes out.

It runs by itself, without this package, and reads no file: imports are answered from the request.
"""

from __future__ import annotations

import contextlib
import json
import posixpath
import resource
import sys

MEMORY = 1024 * 1024 * 1024
SECONDS = 30


def main() -> int:
    """Answer the request on standard input; the status says whether it could be evaluated."""
    import _jsonnet

    request = json.load(sys.stdin)
    files = request["files"]

    def imported(folder: str, name: str) -> tuple[str, bytes]:
        for base in (folder, *request["search"]):
            path = posixpath.normpath(posixpath.join(base, name))
            if path in files:
                return path, files[path].encode()
        message = f"{name!r} is not in the repository"
        raise RuntimeError(message)

    def given(kind: str, *, code: bool) -> dict[str, str]:
        return {name: value for name, value, is_code in request[kind] if is_code is code}

    # between the two limits of time a signal says which one it was
    for limit, most, hard in (
        (resource.RLIMIT_AS, MEMORY, MEMORY),
        (resource.RLIMIT_CPU, SECONDS, SECONDS + 1),
    ):
        with contextlib.suppress(OSError, ValueError):  # not every system has every limit
            resource.setrlimit(limit, (most, hard))
    try:
        result = _jsonnet.evaluate_snippet(
            request["file"],
            files[request["file"]],
            import_callback=imported,
            ext_vars=given("external", code=False),
            ext_codes=given("external", code=True),
            tla_vars=given("top_level", code=False),
            tla_codes=given("top_level", code=True),
        )
    except (RuntimeError, MemoryError) as error:
        sys.stderr.write(f"{error or 'it needs too much memory'}")
        return 1
    sys.stdout.write(result)
    return 0


if __name__ == "__main__":
    sys.exit(main())
