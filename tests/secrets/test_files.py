import json

import pytest
import yaml

from gitops.model.errors import ConfigError
from gitops.secrets.files import as_text, merged, sealed_in
from gitops.secrets.scope import Scope
from gitops.secrets.sealed import seal_secret
from tests.secrets.key_pairs import pair

WEB = seal_secret(
    {"metadata": {"name": "web", "namespace": "shop", "labels": {"a": "1"}}},
    {"new": b"1"},
    Scope.STRICT,
    pair("a").certificate,
)
FILE = b"""\
# whose file this is
apiVersion: bitnami.com/v1alpha1
kind: SealedSecret
metadata:
  namespace: shop
  name: web   # what it is for
spec:
  encryptedData:
    old: AgB   # do not touch
    "quoted": 'AgC'
  template:
    type: Opaque
    metadata: {labels: {b: "2"}}
---
# the second one
apiVersion: v1
kind: ConfigMap
metadata: {name: c}
data:
  list: |
    - a
    - b
items:
- one
- two
"""


def test_a_merge_changes_the_values_and_keeps_all_else_as_it_is():
    text = merged(FILE, "s.yaml", WEB)
    lines = FILE.decode().splitlines()
    after = text.splitlines()
    assert [line for line in lines if line not in after] == ['    metadata: {labels: {b: "2"}}']
    added = [line for line in after if line not in lines]
    assert len(added) == 2
    assert added[0].startswith("    new: AQ")
    assert yaml.safe_load(added[1]) == {"metadata": {"labels": {"b": "2", "a": "1"}}}
    assert text.index("quoted") < text.index("new:") < text.index("template")


def test_a_value_that_is_there_is_replaced_in_its_place():
    once = merged(FILE, "s.yaml", WEB)
    twice = merged(once.encode(), "s.yaml", {**WEB, "spec": {**WEB["spec"], "encryptedData": {"old": "AgX"}}})
    assert "    old: AgX   # do not touch\n" in twice


def test_a_json_file_stays_json():
    text = merged(as_text([WEB], form="json").encode(), "s.json", WEB)
    assert yaml.safe_load(text) == WEB
    assert text.startswith("{\n")


def test_a_list_in_json_and_yaml_that_looks_like_json_are_edited_too():
    several = json.dumps({"kind": "List", "items": [WEB, {"kind": "ConfigMap"}]}).encode()
    new = {**WEB, "spec": {**WEB["spec"], "encryptedData": {"more": "AgZ"}}}
    assert json.loads(merged(several, "s.json", new))["items"][0]["spec"]["encryptedData"]["more"] == "AgZ"
    head = b"{apiVersion: bitnami.com/v1alpha1, kind: SealedSecret, metadata: {name: web, namespace: shop}, "
    flow = head + b"spec: {template: null}}"
    assert yaml.safe_load(merged(flow, "s.yaml", new))["spec"]["encryptedData"] == {"more": "AgZ"}


def test_a_broken_annotation_is_written_anew():
    metadata = {**WEB["metadata"], "annotations": {"gitops.internal/digests": "["}}
    new = {**WEB, "metadata": {**metadata, "annotations": {"gitops.internal/digests": '{"a":"b"}'}}}
    text = merged(as_text([{**WEB, "metadata": metadata}]).encode(), "s.yaml", new)
    assert yaml.safe_load(text)["metadata"]["annotations"] == {"gitops.internal/digests": '{"a":"b"}'}


def test_a_key_that_is_there_twice_is_refused_with_its_line():
    twice = FILE.replace(b"encryptedData:\n", b"encryptedData:\n    old: AgY\n")
    with pytest.raises(ConfigError, match=r"s\.yaml:\d+: no YAML: key 'old' is there twice"):
        sealed_in(twice, "s.yaml")


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"a: [", "no YAML"),
        (b"kind: X\n", "has no SealedSecret"),
        (FILE.replace(b"name: web", b"name: wab"), "has no SealedSecret shop/web"),
    ],
)
def test_a_file_without_the_object_is_named(content, why):
    with pytest.raises(ConfigError, match=why) as caught:
        merged(content, "s.yaml", WEB)
    assert "s.yaml" in str(caught.value)


def test_sealed_objects_are_found_with_their_lines_also_in_lists():
    found = sealed_in(
        FILE
        + b"---\nkind: List\nitems:\n- kind: SealedSecret\n  apiVersion: bitnami.com/v1alpha1\n"
        + b"  metadata: {name: x}\n  spec: {}\n",
        "s.yaml",
    )
    assert [(item.where.line, item.body["metadata"]["name"]) for item in found] == [(2, "web"), (27, "x")]


@pytest.mark.parametrize("body", ["metadata: {}", "metadata: {name: x}", "metadata: []\nspec: {}"])
def test_a_sealed_object_that_is_not_whole_is_named(body):
    with pytest.raises(ConfigError, match=r"without metadata\.name or spec"):
        sealed_in(f"apiVersion: bitnami.com/v1alpha1\nkind: SealedSecret\n{body}\n".encode(), "s.yaml")
