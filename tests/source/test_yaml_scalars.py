"""What kubectl makes of a scalar: every row was measured with `kubectl annotate --local -o json`."""

from __future__ import annotations

import json
import shutil
import subprocess

import pytest

from gitops.source.yaml import YamlError, read_documents

SCALARS = {
    "yes": True, "on": True, "y": True, "TRUE": True, "n": False, "N": False, "Off": False, "nO": "nO",
    "0644": 420, "0o644": 420, "-0644": -420, "0777_7": 4095, "007": 7, "00": 0, "08": 8, "09": 9,
    "0o9": "0o9",
    "0x1F": 31, "-0x1": -1, "0x": "0x", "0x_": "0x_", "0b101": 5, "-0b11": -3, "0b2": "0b2", "0b_": "0b_",
    "1_000": 1000, "1__0": 10, "0_": 0, "_1": "_1", "1_0.5": 10.5, "1,000": "1,000", "+1": 1, "-0": 0,
    "+": "+",
    "12:30": "12:30", "2024-01-01": "2024-01-01", "2024-01-01T00:00:00Z": "2024-01-01T00:00:00Z",
    "1.5": 1.5, ".5": 0.5, "+.5": 0.5, "1.": 1, "0.0": 0, "1e3": 1000, "1.e3": 1000, "1e+3": 1000,
    "5e-1": 0.5,
    "1e": "1e", ".": ".", "1e400": "1e400", "123456789012345678901234567890": 1.2345678901234568e29,
    "~": None, "null": None, "Null": None, "": None, "=": "=", "<<": "<<",
    "'5'": "5", '"on"': "on", "!!str 5": "5", "!!int '5'": 5, "!!float 5": 5,
}  # fmt: skip
KEYS = {"on": "true", "no": "false", "0644": "420", "1.5": "1.5", "1e3": "1000", "name": "name", "'on'": "on"}


def read_value(text: str) -> object:
    [document] = read_documents(f"k: {text}\n".encode())
    return document.body["k"]


@pytest.mark.parametrize(("text", "value"), SCALARS.items())
def test_a_scalar_means_what_kubectl_makes_of_it(text: str, value: object) -> None:
    read = read_value(text)
    assert read == value
    assert type(read) is type(value)


@pytest.mark.parametrize(("text", "key"), KEYS.items())
def test_a_key_becomes_the_text_kubectl_makes_of_it(text: str, key: str) -> None:
    [document] = read_documents(f"{text}: x\n".encode())
    assert document.body == {key: "x"}


@pytest.mark.parametrize("text", [".inf", "-.Inf", ".nan", ".NaN"])
def test_a_number_without_a_form_in_json_is_refused(text: str) -> None:
    with pytest.raises(YamlError, match="has no form in JSON") as caught:
        read_value(text)
    assert caught.value.line == 1


@pytest.mark.parametrize(
    "text", ["!!int abc", "!!float abc", "!!bool maybe", "!!null x", "!!map a", "!!seq a"]
)
def test_a_value_that_contradicts_its_tag_is_refused(text: str) -> None:
    with pytest.raises(YamlError):
        read_value(text)


@pytest.mark.parametrize(
    "text",
    ["!!python/object/apply:os.system ['true']", "!!python/name:os.system", "!!binary aGk=", "!!set {a}",
     "!!timestamp 2024-01-01", "!!omap [a: 1]", "!mine x"],
)  # fmt: skip
def test_a_tag_that_builds_something_else_is_refused(text: str) -> None:
    with pytest.raises(YamlError, match=r"tag .* is not allowed"):
        read_value(text)


@pytest.mark.skipif(not shutil.which("kubectl"), reason="kubectl is not on PATH: nothing to measure against")
def test_the_table_agrees_with_the_kubectl_on_this_machine() -> None:
    values = [(text, value) for text, value in SCALARS.items() if text not in {"-", "1e400"}]
    listing = "".join(f"  v{index}: {text}\n" for index, (text, _) in enumerate(values))
    document = f"apiVersion: x.test/v1\nkind: Table\nmetadata: {{name: a}}\nk:\n{listing}"
    command = ["kubectl", "annotate", "--local", "--filename=-", "a=b", "--output=json"]
    done = subprocess.run(command, input=document, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["k"] == {f"v{index}": value for index, (_, value) in enumerate(values)}
