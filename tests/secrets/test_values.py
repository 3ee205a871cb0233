import pytest

from gitops.model.errors import AccessError, ConfigError, RefusedError
from gitops.secrets import sops
from gitops.secrets.sops import decrypted, form_of
from gitops.secrets.values import checked_name, env_values, file_value, secrets_in, together


def test_an_env_file_is_read_as_kubectl_reads_it():
    text = b"\xef\xbb\xbf# note\n\nA=1\n  B=x=y \nC=\r\n"
    assert list(env_values(text, ".env")) == [("A", b"1"), ("B", b"x=y "), ("C", b"")]


@pytest.mark.parametrize("text", [b"A=1\nsecret-text\n", b"\xff"])
def test_a_line_that_is_none_is_named_and_not_quoted(text):
    with pytest.raises(ConfigError) as caught:
        list(env_values(text, ".env"))
    assert ".env" in str(caught.value)
    assert "secret-text" not in str(caught.value)


def test_a_file_gives_its_name_unless_a_key_is_said():
    assert [file_value(text)[0] for text in ("a/b.txt", "k=a/b.txt", "k=-")] == ["b.txt", "k", "k"]


@pytest.mark.parametrize("key", ["", "a b", "..", ".", "..x", "ä", "k" * 254, "a/b"])
def test_a_key_that_no_secret_may_have_is_refused(key):
    with pytest.raises(ConfigError, match="can't be a key"):
        together([[(key, b"")]])


def test_a_key_given_twice_is_refused():
    with pytest.raises(ConfigError, match="'a' is given twice"):
        together([[("a", b"1")], [("a", b"2")]])


def test_more_than_a_secret_may_hold_is_refused():
    assert len(together([[("a", bytes(1024 * 1024))]])["a"]) == 1024 * 1024
    with pytest.raises(RefusedError, match="1048577 bytes"):
        together([[("a", bytes(1024 * 1024)), ("b", b"1")]])


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"a: b: hunter2", "no YAML"),
        (b"", "holds no Secret"),
        (b"kind: ConfigMap\nmetadata: {}\n", "is no Secret"),
        (b"kind: Secret\n", "is no Secret with metadata"),
        (b"kind: SealedSecret\n", "is sealed already"),
        (b"kind: Secret\nmetadata: {}\ndata: []\nstringData: [1]\n", "stringData is no mapping"),
        (b"kind: Secret\nmetadata: {}\nstringData: {hunter2: 1, hunter2: 2}\n", "is there twice"),
    ],
)
def test_what_is_no_secret_is_refused_without_its_text(content, why):
    with pytest.raises(ConfigError, match=why) as caught:
        secrets_in(content, "s.yaml")
    assert "s.yaml" in str(caught.value)
    assert "hunter2" not in str(caught.value)


def test_secrets_are_found_in_documents_and_lists():
    one = "{kind: Secret, metadata: {name: a}}"
    text = f"{one}\n---\nkind: List\nitems: [{one}, {one}]\n"
    assert len(secrets_in(text.encode(), "s.yaml")) == 3


@pytest.mark.parametrize(
    "text",
    [
        b"kind: Secret\nmetadata: {name: a}\nstringData:\n  hunter2: a\n  hunter2: b\n",
        b'{"kind": "Secret", "metadata": {}, "stringData": {"hunter2": "a", "hunter2": "b"}}',
    ],
)
def test_a_key_that_is_there_twice_is_refused_and_not_quoted(text):
    with pytest.raises(ConfigError, match="is there twice") as told:
        secrets_in(text, "s.yaml")
    assert "hunter2" not in str(told.value)


@pytest.mark.parametrize(
    ("name", "namespace", "good"),
    [
        ("a" * 253, "n" * 63, True),
        ("a" * 254, "n", False),
        ("a", "n" * 64, False),
        ("a.b-c", "n", True),
        ("A", "n", False),
        ("", "n", False),
        (1, "n", False),
        ("a", "", False),
        ("a", "n.m", False),
    ],
)
def test_names_are_held_to_the_rules_of_the_api_server(name, namespace, good):
    if good:
        checked_name(name, namespace, namespaced=True)
        assert checked_name(name, "", namespaced=False) is None
    else:
        with pytest.raises(ConfigError):
            checked_name(name, namespace, namespaced=True)


def test_a_file_that_sops_encrypted_is_opened_by_sops_or_the_error_says_so(tmp_path, monkeypatch):
    content = b"data: ENC[AES256_GCM,data:x]\nsops:\n  mac: ENC[x]\n"
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(Exception, match="there is no `sops` on PATH"):
        decrypted(content, "s.yaml")
    program = tmp_path / "sops"
    program.write_text("#!/bin/sh\nread first\necho plain\n")
    program.chmod(0o755)
    assert decrypted(content, "s.yaml") == b"plain\n"
    program.write_text("#!/bin/sh\nexit 3\n")
    with pytest.raises(Exception, match="it ended with 3"):
        decrypted(content, "s.yaml")
    assert decrypted(b"kind: Secret\n", "s.yaml") == b"kind: Secret\n"


SOPS = '"sops": {"mac": "ENC[x]", "version": "3.9.0"}'


@pytest.mark.parametrize(
    ("content", "form"),
    [
        ("password: ENC[x]\nsops:\n  mac: ENC[x]\n", "yaml"),
        (f'{{"password": "ENC[x]", {SOPS}}}', "json"),
        (f'{{"data": "ENC[x]", {SOPS}}}', "binary"),
        (f'{{"data": {{"a": "ENC[x]"}}, {SOPS}}}', "json"),
        ("A=ENC[x]\nsops_version=3.9.0\n", "dotenv"),
        ("text: ENC[x]\n", ""),
        ('{"text": "ENC[x]"}', ""),
        ('{"text": "ENC[x]', ""),
        ("sops: is a tool\n", ""),
    ],
)
def test_what_sops_encrypted_is_known_by_its_form(content, form):
    assert form_of(content.encode()) == form


def test_sops_that_does_not_end_is_given_up(tmp_path, monkeypatch):
    (tmp_path / "sops").write_text("#!/bin/sh\nexec /bin/sleep 9\n")
    (tmp_path / "sops").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(sops, "_TIMEOUT", 0.1)
    with pytest.raises(AccessError, match="did not end"):
        decrypted(b"a: ENC[x]\nsops:\n", "s.yaml")
