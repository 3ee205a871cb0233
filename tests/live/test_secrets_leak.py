"""Known values are planted, everything is done with them, and then they are looked for everywhere."""

import base64
import subprocess
import sys
from contextlib import contextmanager

import pytest

from gitops.secrets.files import as_text
from gitops.secrets.scope import KEY_LABEL
from tests.git_repository import GitRepository
from tests.live.sealing import APP, NAMESPACE, SECRET, sealed, values, vault, wait_until
from tests.secrets.search import files_below, found, readable, watched

pytestmark = pytest.mark.live

PLANTED = (
    b"correct-horse-battery-staple-7391",
    'pa"ss\\wörd <&> 7391\nand a second line'.encode(),
    bytes(range(131, 171)),
    b"the one that comes after: 4402!",
    b"the one that is refused: 5513?",
    b"the one that is followed: 6624/",
    b"the one that is set by hand: 7735+",
)


@pytest.fixture
def repository(tmp_path):
    return GitRepository(tmp_path / "repository")


@pytest.fixture
def stack(tmp_path, sandbox, repository, request):
    with vault(tmp_path / "project", sandbox, repository, request.node.name) as project:
        yield project


@contextmanager
def followed(stack, log):
    """`gitops watch` at work."""
    command = [
        sys.executable,
        "-m",
        "gitops.cli.main",
        "--project",
        str(stack.folder),
        "watch",
        "--stack",
        stack.stack,
    ]
    with (
        log.open("wb") as out,
        subprocess.Popen(
            [*command, "--log-format", "json"],
            env={**stack.environment, "SYNC_INTERVAL": "2s"},
            stdout=out,
            stderr=out,
        ) as process,
    ):
        try:
            yield
        finally:
            process.terminate()


def keys_of(controller):
    """A line from the middle of each private key."""
    for key in controller.client.list(f"/api/v1/namespaces/{NAMESPACE}/secrets", KEY_LABEL):
        yield base64.b64decode(key["data"]["tls.key"]).splitlines()[9]


def test_what_was_opened_is_found_nowhere(stack, repository, sealed_secrets, tmp_path, sandbox):
    caches, scratch, told = tmp_path / "caches", tmp_path / "scratch", tmp_path / "told"
    for folder in (caches, scratch, told):
        folder.mkdir()
    stack.environment |= {"XDG_CACHE_HOME": str(caches), "TMPDIR": str(scratch)}
    (tmp_path / "plain").write_bytes(PLANTED[0])
    count = iter(range(100))

    def run(program, *arguments, code=0):
        done = program(*arguments, "--stack", stack.stack)
        words = " ".join(arguments)[:60].replace("/", "_")
        (told / f"{next(count)} {words}").write_text(done.text)
        assert (done.code != 0) == bool(code), (arguments, done.text[-3000:])

    def seal(content, **template):
        body = sealed(sealed_secrets, content=content, **template)
        repository.write(f"{APP}/sealed.yaml", as_text([body])).commit("sealed")

    up = ("up", "--yes", "--skip-preview", "--json")
    places = (caches, scratch, told, stack.folder, sandbox.home.state, sandbox.home.pulumi_home)
    with watched((*PLANTED, *keys_of(sealed_secrets)), (scratch, told, stack.folder)) as seen:
        stack.configure(secrets="program", keyRing=f"kubernetes:{NAMESPACE}")
        seal({"a": PLANTED[0], "b": PLANTED[1], "c": PLANTED[2]})
        target = str(repository.path / APP / "more.yaml")
        content = ("--from-file", f"a={tmp_path / 'plain'}", "--name", "more", "-n", "vault")
        run(stack.gitops, "secret", "seal", *content, "--write", target)
        repository.commit("more")
        run(stack.run, "preview", "--diff", "--json")
        run(stack.run, *up)
        assert values(sealed_secrets.client.get(SECRET))["b"] == PLANTED[1]
        seal({"a": PLANTED[3], "b": PLANTED[1]})
        run(stack.run, "preview", "--diff", "--refresh")
        run(stack.run, "stack", "export")
        run(stack.run, "stack", "output", "--json")
        run(stack.gitops, "render", "--show-secrets")
        run(stack.gitops, "stack", "drift", "-o", "json", code=1)
        run(stack.gitops, "app", "diff", "vault", code=1)
        run(stack.gitops, "stack", "sync", "--refresh", "-o", "json")
        for view in ("get", "manifests", "resources", "events", "history", "diff"):
            run(stack.gitops, "app", view, "vault")
        run(stack.gitops, "app", "manifests", "vault", "--live", "-o", "json")
        run(stack.gitops, "stack", "get", "-o", "json")
        with followed(stack, told / "watch"):
            seal({"a": PLANTED[5]})
            wait_until(lambda: values(sealed_secrets.client.get(SECRET)) == {"a": PLANTED[5]}, seconds=60)
            by_hand = {"data": {"a": base64.b64encode(PLANTED[6]).decode()}}
            sealed_secrets.client.patch(SECRET, by_hand)
            wait_until(lambda: values(sealed_secrets.client.get(SECRET)) == {"a": PLANTED[5]}, seconds=60)
        run(stack.gitops, "secret", "verify", target)
        run(stack.gitops, "secret", "report", str(repository.path / APP), "-o", "json")
        run(stack.gitops, "secret", "rotate", "--force")
        run(stack.gitops, "secret", "reseal", str(repository.path / APP), "--commit", "For the new key")
        stack.configure(secrets="controller")
        sealed_secrets.restart()
        run(stack.gitops, "secret", "hand-over")
        run(stack.run, *up)
        stack.configure(secrets="program")
        run(stack.gitops, "secret", "hand-over")
        run(stack.run, *up)
        seal({"tls.crt": PLANTED[4]}, name="refused", kind="kubernetes.io/tls")
        run(stack.run, *up, code=1)
        run(stack.gitops, "stack", "sync", code=1)
        seal({"a": PLANTED[4]}, name="refused")
        moved = (repository.path / APP / "sealed.yaml").read_text().replace("name: refused", "name: moved")
        repository.write(f"{APP}/sealed.yaml", moved).commit("moved")
        run(stack.run, *up, code=1)
    assert seen == set()
    files = [file for place in places for file in files_below(place)]
    assert any(stack.stack in file.name for file in files_below(sandbox.home.state)), (
        "the state was looked at"
    )
    assert len(files_below(told)) > 15
    planted = (*PLANTED, *keys_of(sealed_secrets))
    assert [str(file) for file in files if found(planted, readable(file))] == []
