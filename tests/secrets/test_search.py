"""The search that proves that nothing leaks finds what does."""

import base64
import gzip
import json
import subprocess
import sys
import time
from urllib.parse import quote

import pytest

from tests.secrets.search import files_below, found, readable, watched

VALUE = 'pa"ss\\wörd <&> 7391'.encode()


@pytest.mark.parametrize(
    "leak",
    [
        VALUE,
        b"a" + base64.b64encode(VALUE),
        base64.b64encode(b"user:" + VALUE + b"@host"),
        base64.urlsafe_b64encode(b"prefix" + VALUE),
        base64.b64encode(b"7" + VALUE + b"zz"),
        VALUE.hex().encode(),
        json.dumps({"a": VALUE.decode()}).encode(),
        json.dumps({"a": VALUE.decode()}, ensure_ascii=False).encode(),
        json.dumps(json.dumps({"a": VALUE.decode()})).encode(),
        b'"pa\\"ss\\\\w\xc3\xb6rd \\u003c\\u0026\\u003e 7391"',
        quote(VALUE, safe="").encode(),
        str(list(VALUE)).encode(),
    ],
)
def test_a_value_is_found_in_every_form(leak, tmp_path):
    assert found([VALUE], b"before " + leak + b" after")
    (tmp_path / "log.gz").write_bytes(gzip.compress(leak))
    (file,) = files_below(tmp_path)
    assert found([VALUE], readable(file))


def test_a_line_of_a_value_is_found():
    assert found([b"first line\nsecond line"], b"  first line\n  second line")


@pytest.mark.parametrize("leak", [b"", b"nothing", VALUE[:-1], base64.b64encode(VALUE[:-1])])
def test_what_is_not_there_is_not_found(leak):
    assert not found([VALUE], leak)


def test_what_is_there_for_a_moment_only_is_seen(tmp_path):
    with watched([b"hush-hush-hush"], [tmp_path], pause=0.01) as seen:
        command = [sys.executable, "-c", "import time; time.sleep(0.5)", "hush-hush-hush"]
        with subprocess.Popen(command) as process:
            (tmp_path / "draft").write_bytes(b"hush-hush-hush")
            time.sleep(0.3)
            (tmp_path / "draft").unlink()
    assert seen >= {str(tmp_path / "draft"), f"/proc/{process.pid}/cmdline"}
