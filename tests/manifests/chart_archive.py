"""Packaged charts, good and bad."""

import gzip
import io
import tarfile
from collections.abc import Mapping


def packaged(files: Mapping[str, str | bytes], *, kinds: Mapping[str, bytes] | None = None) -> bytes:
    """A gzipped tar archive of these files; `kinds` makes entries links and the like."""
    plain = io.BytesIO()
    with tarfile.open(fileobj=plain, mode="w") as archive:
        for name, text in files.items():
            content = text.encode() if isinstance(text, str) else text
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            if kinds and name in kinds:
                entry.type, entry.linkname, entry.size = kinds[name], "/etc/passwd", 0
            archive.addfile(entry, io.BytesIO(content))
    return gzip.compress(plain.getvalue(), mtime=0)


def chart(name: str, version: str = "1.0.0", **files: str) -> bytes:
    """A small chart with one ConfigMap of its name."""
    config = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {{ .Release.Name }}-" + name + "\n"
    return packaged({
        f"{name}/Chart.yaml": f"apiVersion: v2\nname: {name}\nversion: {version}\n",
        f"{name}/templates/config.yaml": config,
        **{f"{name}/{path}": text for path, text in files.items()},
    })  # fmt: skip
