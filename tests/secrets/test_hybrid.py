import time
from base64 import b64decode, b64encode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gitops.secrets.hybrid import is_sealed, open_bytes, seal_bytes
from gitops.secrets.scope import Scope, scope_of, with_scope
from tests.secrets.key_pairs import pair

KEY = pair("a").private
PUBLIC = KEY.public_key()
SEALED = seal_bytes(b"hunter2", PUBLIC, b"web/web")


@settings(max_examples=60, deadline=None)
@given(content=st.binary(max_size=5000), label=st.binary(max_size=300))
def test_what_is_sealed_opens_with_its_key_and_label(content, label):
    assert open_bytes(seal_bytes(content, PUBLIC, label), KEY, label) == content


@settings(max_examples=200, deadline=None)
@given(bit=st.integers(min_value=0, max_value=len(b64decode(SEALED)) * 8 - 1))
def test_any_flipped_bit_is_refused(bit):
    raw = bytearray(b64decode(SEALED))
    raw[bit // 8] ^= 1 << bit % 8
    assert open_bytes(b64encode(raw).decode(), KEY, b"web/web") is None


@settings(max_examples=100, deadline=None)
@given(end=st.integers(min_value=0, max_value=len(SEALED) - 1))
def test_a_value_that_is_cut_off_is_refused(end):
    assert open_bytes(SEALED[:end], KEY, b"web/web") is None


@pytest.mark.parametrize("label", [b"", b"web", b"web/wab", b"wab/web", b"web/web/"])
def test_another_label_does_not_open_it(label):
    assert open_bytes(SEALED, KEY, label) is None


def test_another_key_does_not_open_it():
    assert open_bytes(SEALED, pair("b").private, b"web/web") is None


@settings(max_examples=200, deadline=None)
@given(text=st.text(max_size=2000) | st.binary(max_size=1000).map(lambda raw: b64encode(raw).decode()))
def test_garbage_is_refused_without_a_traceback(text):
    assert open_bytes(text, KEY, b"") is None


def test_a_value_may_be_broken_into_lines_and_nothing_else_may_be_in_it():
    lines = "\n".join(SEALED[i : i + 76] for i in range(0, len(SEALED), 76))
    assert open_bytes(lines, KEY, b"web/web") == b"hunter2"
    assert not is_sealed(f" {SEALED}")
    # the unused bits of the last sextet are zero in what encoders write
    assert is_sealed(SEALED)
    assert not is_sealed(f"{SEALED[:-3]}{chr(ord(SEALED[-3]) + 1)}==") or not SEALED.endswith("==")


def test_sealing_twice_gives_two_texts():
    assert seal_bytes(b"a", PUBLIC, b"") != seal_bytes(b"a", PUBLIC, b"")


def test_a_thousand_values_are_sealed_in_under_three_seconds():
    began = time.process_time()
    for number in range(1000):
        seal_bytes(b"x" * 100, PUBLIC, str(number).encode())
    assert time.process_time() - began < 3


@pytest.mark.parametrize(
    ("annotations", "scope"),
    [
        (None, Scope.STRICT),
        ({"sealedsecrets.bitnami.com/namespace-wide": "true"}, Scope.NAMESPACE),
        ({"sealedsecrets.bitnami.com/cluster-wide": "false"}, Scope.STRICT),
        (
            {
                "sealedsecrets.bitnami.com/namespace-wide": "true",
                "sealedsecrets.bitnami.com/cluster-wide": "true",
            },
            Scope.CLUSTER,
        ),
    ],
)
def test_the_scope_is_in_the_annotations_and_the_wider_one_wins(annotations, scope):
    assert scope_of({"annotations": annotations}) is scope
    assert scope_of({"annotations": with_scope(annotations or {}, Scope.NAMESPACE)}) is Scope.NAMESPACE


def test_labels_are_those_of_kubeseal():
    assert [scope.label("ns", "name") for scope in Scope] == [b"ns/name", b"ns", b""]
