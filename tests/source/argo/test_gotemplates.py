"""Go templates: `reference/answers.json` holds what Go itself answered, and `reference/record.py` asks it again."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from time import process_time

import pytest
from hypothesis import given as for_any
from hypothesis import strategies as st

from gitops.source.argo.gotemplate.errors import GoTemplateError
from gitops.source.argo.gotemplate.render import render
from gitops.source.argo.gotemplate.values import as_go, go_text

RECORDED = json.loads((Path(__file__).parent / "reference" / "answers.json").read_text())
DATA = as_go(RECORDED["data"])
# A literal nil as a condition is refused by Go's parser and is false here.
NICER = {"{{if nil}}x{{end}}": ""}


@pytest.mark.parametrize(
    "case", RECORDED["cases"], ids=lambda case: f"{case['template']}{case.get('option', '')}"
)
def test_a_template_gives_what_go_gives(case: dict[str, str]) -> None:
    template, option = case["template"], case.get("option", "default")
    if "output" in case or template in NICER:
        assert render(template, DATA, option) == case.get("output", NICER.get(template))
    else:
        with pytest.raises(GoTemplateError, match="template line"):
            render(template, DATA, option)


def test_the_recording_is_of_a_size_that_proves_something() -> None:
    assert len(RECORDED["cases"]) > 500
    assert sum("error" in case for case in RECORDED["cases"]) > 50


def test_an_error_names_the_line_and_shows_the_expression() -> None:
    with pytest.raises(GoTemplateError) as caught:
        render("a: 1\nb: {{ .x.y }}\n", {}, "error")
    assert "template line 2, 'b: {{ .x.y }}'" in str(caught.value)
    assert "missing key" in str(caught.value)


def test_a_long_expression_is_shown_in_part() -> None:
    with pytest.raises(GoTemplateError) as caught:
        render("{{ " + "x" * 5000, {})
    assert len(str(caught.value)) < 250


@pytest.mark.parametrize(
    "name", ["now", "uuidv4", "randAlpha 5", "env `HOME`", "genCA `a` 1", "getHostByName `x`"]
)
def test_what_is_not_the_same_twice_is_refused_by_its_name(name: str) -> None:
    with pytest.raises(GoTemplateError, match=rf"{name.split(' ', maxsplit=1)[0]} is refused: equal commits"):
        render(f"{{{{ {name} }}}}", {})


def test_a_date_that_is_none_does_not_become_today() -> None:
    with pytest.raises(GoTemplateError, match="refused"):
        render('{{ date "2006" "x" }}', {})


def test_a_refused_function_on_a_way_not_taken_does_no_harm() -> None:
    assert render("{{ if false }}{{ now }}{{ end }}x", {}) == "x"


def test_tpl_renders_a_text_from_the_data() -> None:
    assert render("{{ tpl .t . }}", {"t": "a-{{ .x }}", "x": "b"}) == "a-b"


def test_no_python_attribute_can_be_reached() -> None:
    for expression in (".s.upper", ".s.__class__", ".m.keys.__self__", "(list 1).append", ".d.real"):
        with pytest.raises(GoTemplateError, match=r"not allowed|missing"):
            render(f"{{{{ {expression} }}}}", {"s": "x", "m": {}, "d": 1.0}, "error")


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0, "0"), (1.5, "1.5"), (-2, "-2"), (999999, "999999"), (1e6, "1e+06"), (1234567, "1.234567e+06"),
        (12345678.5, "1.23456785e+07"), (1e21, "1e+21"), (0.0001, "0.0001"), (0.00001, "1e-05"),
        (1.5e-7, "1.5e-07"), (1e100, "1e+100"), (-1e21, "-1e+21"), (21e6, "2.1e+07"), (-0.5, "-0.5"),
    ],
)  # fmt: skip
def test_numbers_are_shown_as_go_shows_them(number: float, text: str) -> None:
    assert go_text(as_go(number)) == text


@for_any(st.floats(allow_nan=False, allow_infinity=False) | st.booleans() | st.text() | st.integers())
def test_both_ways_to_show_a_value_agree(value: float | str) -> None:
    assert go_text(as_go(value)) == render("{{ .x }}", {"x": as_go(value)})


def test_reading_sets_without_go_templates_loads_no_template_language() -> None:
    code = "import sys, gitops.source.argo.applicationset, gitops.source.argo.rules; print('gotpl' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


HOSTILE = {
    "an endless loop": "{{range until 1000000000}}x{{end}}",
    "a loop over a number": "{{range 1000000000}}{{end}}",
    "steps": "{{range untilStep 0 1000000000 1}}x{{end}}",
    "a sequence": "{{seq 1 1000000000}}",
    "repetition": '{{repeat 1000000000 "abc"}}',
    "repetition of repetition": '{{repeat 100000 (repeat 100000 "abc")}}',
    "indentation": '{{indent 1000000000 "a"}}',
    "a wide number": '{{printf "%1000000000d" 1}}',
    "a width from outside": '{{printf "%*d" 1000000000 1}}',
    "a long fraction": '{{printf "%.1000000000f" 1.0}}',
    "many indexes": '{{ $x := repeat 1000 "a" }}{{printf (repeat 10000 "%[1]s") $x}}',
    "doubling by print": '{{ $x := "aaaaaaaaaa" }}{{range until 9999}}{{$x = print $x $x}}{{end}}',
    "doubling by list": "{{ $x := list 1 }}{{range until 99}}{{$x = list $x $x}}{{end}}{{$x}}",
    "doubling by concat": "{{ $x := list 1 }}{{range until 9999}}{{$x = concat $x $x}}{{end}}",
    "doubling by quotes": '{{ $x := "\\"" }}{{range until 99}}{{$x = toJson $x}}{{end}}',
    "replacement": '{{ $x := repeat 9999 "a" }}{{ replace "a" $x $x | replace "a" $x }}',
    "wrapping": '{{ wrapWith 1 (repeat 10000 "x") (repeat 100000 "a ") }}',
    "joining": '{{ join (repeat 100000 "x") (until 10000) }}',
    "recursion": '{{define "r"}}{{template "r" .}}{{end}}{{template "r" .}}',
    "recursion by tpl": "{{ tpl .t . }}",
    "nesting": "{{" + "(" * 5000 + "1" + ")" * 5000 + "}}",
    "blocks in blocks": "{{if true}}" * 3000 + "{{end}}" * 3000,
    "a regular expression": '{{regexMatch "(a*)*b" (repeat 500000 "a")}}',
    "a regular expression's size": '{{regexMatch "(a{1000}){1000}" "a"}}',
    "unclosed": "{{" * 1000,
    "a long template": "{{.x}}" * 100_000,
    "JSON in depth": '{{ fromJson (repeat 100000 "[") }}{{ mustFromJson (repeat 100000 "[") }}',
    "YAML that explodes": "{{ fromYaml (print `a: &a [1,1,1,1,1,1,1,1,1]\n` "
    + " ".join(f"`{n}: &{n} [{','.join([f'*{m}'] * 9)}]\n`" for m, n in zip("abcdefg", "bcdefgh", strict=True))
    + ") }}",
}  # fmt: skip


@pytest.mark.parametrize("template", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_template_ends_soon_in_an_error(template: str) -> None:
    begun = process_time()
    with pytest.raises(GoTemplateError):
        render(template, {"t": "{{ tpl .t . }}"})
    assert process_time() - begun < 3
