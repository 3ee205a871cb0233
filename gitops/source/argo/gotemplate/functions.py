"""The functions of a template: Go's own, sprig's, and those that Argo CD adds.

What reads a clock, a random source, the environment or the network is there to be refused by its name: equal
commits must give equal plans. Time zones are UTC, as in Argo CD's containers.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import quote_plus

import yaml
from gotpl.funcs.sprig import generic_func_map
from gotpl.runtime.gofmt import sprintf

from gitops.source.argo.gotemplate.limits import pay_all
from gitops.source.argo.gotemplate.values import as_go, normalize
from gitops.source.yaml import YamlError, read_documents

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

_SPRIG = generic_func_map()
_REFUSED = frozenset(
    "now ago env expandenv getHostByName uuidv4 shuffle randAlpha randAlphaNum randAscii randBytes randInt "
    "randNumeric bcrypt htpasswd encryptAES derivePassword genCA genCAWithKey genPrivateKey genSelfSignedCert "
    "genSelfSignedCertWithKey genSignedCert genSignedCertWithKey buildCustomCert".split()
)
_HTML = str.maketrans({"\0": "\ufffd", '"': "&#34;", "'": "&#39;", "&": "&amp;", "<": "&lt;", ">": "&gt;"})
_JS = str.maketrans(
    {"\\": r"\\", "'": r"\'", '"': r"\"", "<": r"\u003C", ">": r"\u003E", "&": r"\u0026", "=": r"\u003D"}
)
_JS_CONTROL = re.compile("[\x00-\x1f\u2028\u2029]")
_DATE = re.compile(r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}")
_VERB = re.compile(r"%[-+# 0]*[0-9]*(?:\.[0-9]*)?[a-zA-Z%]")
_WHOLE = frozenset(("%v", "%+v", "%#v", "%T"))
_ZONED = re.compile(r"MST|Z07|-07")


class _Nil:
    """Go's nil when it is printed."""

    def __go_format_value__(self, kind: str, mode: str, *, nested: bool) -> str:
        return "<nil>"


_NIL = _Nil()


def _kind(value: object) -> type:
    kind = type(value)
    if kind not in {bool, int, float, str}:
        raise TypeError("non-comparable type")
    return kind


def eq(first: object, *others: object) -> bool:
    """Whether a value equals one of several; nil equals only nil, other kinds must agree.

    Raises:
        TypeError: the kinds differ, or can't be compared.
    """
    if not others:
        raise TypeError("missing argument for comparison")
    for other in others:
        if first is None or other is None:
            if first is other:
                return True
        elif _kind(first) is not _kind(other):
            raise TypeError("incompatible types for comparison")
        elif first == other:
            return True
    return False


def ne(first: object, other: object) -> bool:
    """Whether two values differ."""
    return not eq(first, other)


def printf(layout: str, *values: object) -> str:
    """Go's `fmt.Sprintf`."""
    operands: list[object] = [_NIL if value is None else value for value in values]
    if "[" in layout or "*" in layout:
        return sprintf(layout, *operands)
    verbs = iter(range(len(operands)))

    def each_element(verb: re.Match[str]) -> str:
        index = None if verb[0].endswith("%") else next(verbs, None)
        value = None if index is None else operands[index]
        if index is None or not isinstance(value, list | tuple | dict) or verb[0] in _WHOLE:
            return verb[0]
        operands[index] = _elements(verb[0], value)
        return "%s"

    return sprintf(_VERB.sub(each_element, layout), *operands)


def _elements(verb: str, value: list[Any] | tuple[Any, ...] | dict[str, Any]) -> str:
    if isinstance(value, dict):
        return f"map[{' '.join(f'{printf(verb, key)}:{printf(verb, value[key])}' for key in sorted(value))}]"
    return f"[{' '.join(printf(verb, item) for item in value)}]"


def print_(*values: object) -> str:
    """Go's `fmt.Sprint`: a space between two operands when neither is text."""
    parts: list[str] = []
    for index, value in enumerate(values):
        if index and not isinstance(value, str) and not isinstance(values[index - 1], str):
            parts.append(" ")
        parts.append(printf("%v", value))
    return "".join(parts)


def println(*values: object) -> str:
    """Go's `fmt.Sprintln`."""
    return " ".join(printf("%v", value) for value in values) + "\n"


def html(*values: object) -> str:
    """Text escaped for HTML."""
    return print_(*values).translate(_HTML)


def js(*values: object) -> str:
    """Text escaped for a JavaScript string."""
    return _JS_CONTROL.sub(lambda found: f"\\u{ord(found[0]):04X}", print_(*values).translate(_JS))


def urlquery(*values: object) -> str:
    """Text escaped for a URL's query."""
    return quote_plus(print_(*values), safe="")


def slugify(*arguments: Any) -> str:
    """`slugify [size [smart]] name`: a name without dots, cut at a dash where one is near enough.

    Raises:
        ValueError: an argument is not of that kind.
    """
    *options, name = arguments or ("",)
    size, smart = (*options, *(50, True)[len(options) :])[:2]
    if not isinstance(name, str) or type(size) is not int or type(smart) is not bool:
        raise ValueError("slugify takes a number, a boolean and a name")
    slug = re.sub(r"-+", "-", normalize(name).replace(".", "-")).strip("-")
    if not 0 < size < len(slug):
        return slug
    if not smart:
        return slug[:size].strip("-")
    dash = slug.rfind("-", 0, size + 1)
    return slug[: dash if dash >= 0 else size]


class _GoYaml(yaml.SafeDumper):
    """Quotes as Go's YAML writer does."""


def _text_node(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    style = "|" if "\n" in text else '"' if _looks_like_another_kind(text) else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style)


def _looks_like_another_kind(text: str) -> bool:
    if text in {"", "~", "null", "Null", "NULL"} or _DATE.match(text):
        return True
    try:
        return isinstance(_first_document(text, None), bool | int | float)
    except ValueError:
        return False


def _float_node(dumper: yaml.SafeDumper, number: float) -> yaml.Node:
    return dumper.represent_int(int(number)) if number.is_integer() else dumper.represent_float(number)


_GoYaml.add_representer(str, _text_node)
_GoYaml.add_representer(float, _float_node)


def to_yaml(value: object) -> str:
    """A value as YAML without the last line's end."""
    text = yaml.dump(_plain(value), Dumper=_GoYaml, allow_unicode=True, width=1_000_000)
    return text.removesuffix("\n...\n").removesuffix("\n")


def _plain(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return {key: _plain(value[key]) for key in value} if hasattr(value, "keys") else value


def from_yaml(text: str) -> dict[str, Any]:
    """The mapping in a YAML text.

    Raises:
        TypeError: it is not one.
        ValueError: it is not YAML.
    """
    value = _first_document(text, {})
    if not isinstance(value, dict):
        raise TypeError("fromYaml: the text is not a mapping")
    return value


def from_yaml_array(text: str) -> list[Any]:
    """The list in a YAML text.

    Raises:
        TypeError: it is not one.
        ValueError: it is not YAML.
    """
    value = _first_document(text, [])
    if not isinstance(value, list):
        raise TypeError("fromYamlArray: the text is not a list")
    return value


def _first_document(text: str, empty: Any) -> Any:
    try:
        found = read_documents(text.encode())
    except YamlError as error:
        raise ValueError(str(error)) from error
    return as_go(found[0].body) if found else empty


def nospace(text: str) -> str:
    """The text without white space."""
    return "".join(text.split())


def keys(*mappings: dict[str, Any]) -> list[str]:
    """The keys of mappings, sorted in each: Go's order is a random one."""
    return [key for mapping in mappings for key in sorted(mapping)]


def values(mapping: dict[str, Any]) -> list[Any]:
    """The values of a mapping in the order of its keys."""
    return [mapping[key] for key in sorted(mapping)]


def to_string(value: object) -> str:
    """A value as text."""
    return printf("%v", value)


def _refused(name: str) -> Callable[..., Any]:
    def refuse(*_: object) -> Any:
        raise ValueError(f"{name} is refused: equal commits must give equal plans")

    return refuse


_no_clock = _refused("the time of day")


def date(layout: str, value: object) -> str:
    """A date in Go's layout, in UTC."""
    return str(_SPRIG["dateInZone"](layout, value, "UTC", clock=_no_clock))


def date_in_zone(layout: str, value: object, zone: str) -> str:
    """A date in Go's layout, in a zone."""
    return str(_SPRIG["dateInZone"](layout, value, zone, clock=_no_clock))


def html_date(value: object) -> str:
    """A date as `2006-01-02`, in UTC."""
    return date("2006-01-02", value)


def html_date_in_zone(value: object, zone: str) -> str:
    """A date as `2006-01-02`, in a zone."""
    return date_in_zone("2006-01-02", value, zone)


def to_date(layout: str, value: str) -> datetime:
    """The date in a text of Go's layout; without a zone it is in UTC."""
    zoned = bool(_ZONED.search(layout))
    complete = (layout, value) if zoned else (f"{layout} -0700", f"{value} +0000")
    return cast("datetime", _SPRIG["toDate"](*complete))


def duration_round(value: str) -> str:
    """A duration's greatest unit."""
    return str(_SPRIG["durationRound"](value))


FUNCTIONS = pay_all(
    {
        **{name: function for name, function in _SPRIG.items() if name not in _REFUSED},
        **{name: _refused(name) for name in _REFUSED},
        "eq": eq,
        "keys": keys,
        "values": values,
        "nospace": nospace,
        "toString": to_string,
        "ne": ne,
        "print": print_,
        "printf": printf,
        "println": println,
        "html": html,
        "js": js,
        "urlquery": urlquery,
        "normalize": normalize,
        "slugify": slugify,
        "toYaml": to_yaml,
        "fromYaml": from_yaml,
        "fromYamlArray": from_yaml_array,
        "date": date,
        "dateInZone": date_in_zone,
        "date_in_zone": date_in_zone,
        "htmlDate": html_date,
        "htmlDateInZone": html_date_in_zone,
        "toDate": to_date,
        "mustToDate": to_date,
        "durationRound": duration_round,
    }
)
