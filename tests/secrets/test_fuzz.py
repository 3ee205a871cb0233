"""Long runs of what reads things that somebody else wrote: all is read, or refused in words without a traceback."""

from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gitops.model.errors import GitOpsError, Problems
from gitops.secrets.deliver import delivered
from gitops.secrets.files import as_text, merged, sealed_in
from gitops.secrets.hybrid import open_bytes
from gitops.secrets.keys import read_keys
from gitops.secrets.scope import Scope
from gitops.secrets.sealed import seal_secret, unseal_secret
from gitops.secrets.values import env_values, secrets_in, together
from tests import given as values
from tests.secrets.key_pairs import backup, pair, ring

pytestmark = pytest.mark.slow

MANY = settings(max_examples=5000, deadline=None)
SEALED = seal_secret(
    {"metadata": {"name": "web", "namespace": "shop"}}, {"a": b"1"}, Scope.STRICT, pair("a").certificate
)
TEXT = as_text([SEALED]).encode()
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=10,
)


@st.composite
def mutated(draw, original):
    """A text with a few bytes changed, taken out or put in."""
    text = bytearray(original)
    for _ in range(draw(st.integers(1, 5))):
        at = draw(st.integers(0, len(text) - 1))
        text[at : at + draw(st.integers(0, 3))] = draw(st.binary(max_size=3))
    return bytes(text)


def refuse_or_read(function, *arguments):
    with suppress(GitOpsError):
        return function(*arguments)


@MANY
@given(content=mutated(TEXT) | mutated(as_text([SEALED], form="json").encode()))
def test_changed_files_are_refused_in_words_or_hold_what_was_sealed(content):
    for item in refuse_or_read(sealed_in, content, "s.yaml") or []:
        opened = refuse_or_read(unseal_secret, item.body, ring("a"))
        assert opened is None or opened["data"].get("a", "MQ==") == "MQ=="
    refuse_or_read(merged, content, "s.yaml", SEALED)


@MANY
@given(spec=JSON, annotations=st.dictionaries(st.text(max_size=40), st.text(max_size=20), max_size=3))
def test_any_spec_is_a_problem_or_a_secret(spec, annotations):
    manifest = values.manifest("SealedSecret", api="bitnami.com/v1alpha1", annotations=annotations)
    manifest.body["spec"] = spec
    problems = Problems()
    for found in delivered([manifest], "test", lambda: ring("a"), problems):
        assert problems.found or found.kind == "Secret"


@MANY
@given(content=mutated(backup("a")) | st.binary(max_size=500))
def test_broken_backups_are_refused_in_words(content):
    for found in refuse_or_read(read_keys, content, "keys") or ():
        assert found.fingerprint.startswith("SHA256:")


@MANY
@given(content=st.binary(max_size=500) | st.text(max_size=500).map(str.encode))
def test_whatever_is_to_be_sealed_is_refused_in_words_or_read(content):
    def loose():
        return together([env_values(content, ".env")])

    assert refuse_or_read(loose) is None or all(isinstance(value, bytes) for value in loose().values())
    refuse_or_read(secrets_in, content, "s.yaml")


@MANY
@given(value=mutated(SEALED["spec"]["encryptedData"]["a"].encode()))
def test_a_changed_value_never_opens_as_something_else(value):
    opened = open_bytes(value.decode(errors="replace"), pair("a").private, b"shop/web")
    assert opened in {None, b"1"}
