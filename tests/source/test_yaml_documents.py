from __future__ import annotations

import threading

import pytest

from gitops.source import yaml
from gitops.source.yaml import Document, YamlError, read_documents, read_with_lines


def refusal(content: bytes) -> tuple[str, int]:
    with pytest.raises(YamlError) as caught:
        read_documents(content)
    return str(caught.value), caught.value.line


def test_each_document_knows_its_line_and_empty_ones_are_left_out() -> None:
    content = b"# head\n---\n---\na: 1\n---\n# nothing\n---\n- b\n"
    assert read_documents(content) == [Document(4, {"a": 1}), Document(8, ["b"])]


@pytest.mark.parametrize("content", [b"", b"\n\n", b"# only a comment\n", b"---\n---\n", b"\xef\xbb\xbf"])
def test_a_file_without_content_has_no_documents(content: bytes) -> None:
    assert read_documents(content) == []


def test_json_and_a_byte_order_mark_are_read() -> None:
    assert read_documents(b'\xef\xbb\xbf{"a": [1, "x", null]}') == [Document(1, {"a": [1, "x", None]})]


def test_anchors_and_merges_are_expanded_and_own_keys_win() -> None:
    content = b"base: &b {x: 1, y2: 2}\nown:\n  <<: *b\n  x: 3\n"
    [document] = read_documents(content)
    assert document.body["own"] == {"x": 3, "y2": 2}


@pytest.mark.parametrize(
    ("content", "what", "line"),
    [
        (b"a: 1\nb: 2\na: 3\n", "key 'a' is there twice", 3),
        (b"x:\n  on: 1\n  true: 2\n", "key 'true' is there twice", 3),
        (b"a: &x [*x]\n", "an alias contains itself", 1),
        (b"x:\n  y: &a\n    <<: *a\n", "an alias contains itself", 2),
        (b"a: 1\nb: *nope\n", "undefined alias", 2),
        (b"[a, b]: 1\n", "a key must be text", 1),
        (b"null: 1\n", "a key must be text", 1),
        (b"a: 1\n---\nb: [1,\n", "did not find expected node", 4),
        (b"a: b: c\n", "mapping values are not allowed", 1),
        (b"a:\n\t- b\n", "cannot start any token", 2),
        (b"k: \xff\xfe", "not UTF-8", 0),
        (b"k: a\x00b", "control characters are not allowed", 0),
    ],
)
def test_what_can_not_be_read_is_told_with_its_line(content: bytes, what: str, line: int) -> None:
    text, where = refusal(content)
    assert what in text
    assert where == line


def test_half_a_file_is_refused_whatever_the_place_of_the_break() -> None:
    whole = b'{"apiVersion": "v1", "data": {"a": "b"}}'
    for end in range(1, len(whole)):
        assert refusal(whole[:end])[0]


@pytest.mark.parametrize(
    "link", ["[*{0}, *{0}, *{0}, *{0}, *{0}, *{0}, *{0}, *{0}]", "{{x: *{0}, z: *{0}, w: *{0}, v: *{0}}}"]
)
def test_an_alias_bomb_is_refused_before_it_goes_off(link: str) -> None:
    bomb = "a0: &a0 [x]\n" + "".join(f"a{i + 1}: &a{i + 1} {link.format(f'a{i}')}\n" for i in range(12))
    assert "expands beyond a million values" in refusal(bomb.encode())[0]


@pytest.mark.parametrize("depth", [yaml.MAX_DEPTH + 2, 4_000, 100_000])
@pytest.mark.parametrize(("start", "middle", "end"), [("[", "", "]"), ('{"a":', "1", "}"), ("- ", "a", "")])
def test_deep_nesting_is_refused_and_never_crashes_the_process(
    depth: int, start: str, middle: str, end: str
) -> None:
    content = (start * depth + middle + end * depth).encode()
    found: list[str] = []
    # a thread's stack is the smallest one that files are read on
    reader = threading.Thread(target=lambda: found.append(refusal(content)[0]))
    reader.start()
    reader.join()
    assert found == ["the document nests too deeply"]


def test_reasonable_nesting_in_a_large_file_is_read() -> None:
    block = "a: {b: {c: [" + "1, " * 5_000 + "1]}}\n"
    assert len(read_documents(block.encode())[0].body["a"]["b"]["c"]) == 5_001


def test_a_file_beyond_the_limit_is_refused_unread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(yaml, "MAX_BYTES", 1024 * 1024)
    assert refusal(b"a" * (1024 * 1024 + 1)) == ("the file is larger than 1 MiB", 0)


def test_lines_are_known_by_path() -> None:
    body, lines = read_with_lines(b"# head\nwave: 1\ntimeouts:\n  health: 5m\nlist:\n  - a\n  - b: c\n")
    assert body == {"wave": 1, "timeouts": {"health": "5m"}, "list": ["a", {"b": "c"}]}
    assert lines == {
        "wave": 2, "timeouts": 3, "timeouts.health": 4, "list": 5, "list[0]": 6, "list[1]": 7, "list[1].b": 7,
    }  # fmt: skip


def test_a_single_document_file_with_two_says_where_the_second_is() -> None:
    with pytest.raises(YamlError, match="only one document") as caught:
        read_with_lines(b"a: 1\n---\nb: 2\n")
    assert caught.value.line == 3


def test_an_empty_single_document_file_is_nothing() -> None:
    assert read_with_lines(b"") == (None, {})
