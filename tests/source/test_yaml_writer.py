"""What is written is read back as what it was, by this project's reader and by one of YAML 1.2."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from ruamel.yaml import YAML

from gitops.source.yaml import read_documents
from gitops.source.yaml_writer import as_yaml

TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=["Cc"]))
KEYS = st.text("abyYnN01.e", min_size=1)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=8,
)
WORDS = "y N yes Off true 1e3 0644 0o7 0x1F 1_000 12:30 2026-01-01 .inf ~ Null - = << 5 -.5"


@pytest.mark.parametrize("text", [*WORDS.split(), "", "a: b", "# c", "two\nlines\n", " x"])
def test_a_text_stays_a_text(text):
    written = as_yaml({"a": text, "list": [text]})
    for read in (read_documents(written.encode())[0].body, YAML(typ="safe", pure=True).load(written)):
        assert read == {"a": text, "list": [text]}


def test_what_is_no_text_stays_what_it_is():
    value = {"a": True, "b": 5, "c": None, "d": 1.5, "e": [], "f": {}}
    assert read_documents(as_yaml(value).encode())[0].body == value


@given(value=st.dictionaries(KEYS, VALUES, max_size=4))
@example(value={"y": "n"})
def test_any_value_is_read_back(value):
    assert read_documents(as_yaml(value).encode())[0].body == value
