"""Whether a text is PromQL, by the parser that `promql-parser` is: the grammar and the types of Prometheus 3."""

from __future__ import annotations

import re

import promql_parser

# The parser goes as deep as the query does; this keeps it far from the end of its stack.
_LONGEST = 4000
_HOLE = re.compile(r"\{\{\}\}")
_IN_BRACKETS = re.compile(r"\[[^\[\]]*\]")


def query_fault(query: str) -> str:
    """What is wrong with a query, "" when it is PromQL; `{{}}` in it stands for a value that is known later."""
    if len(query) > _LONGEST:
        return f"it is longer than {_LONGEST} characters"
    ranges = _IN_BRACKETS.sub(lambda match: _HOLE.sub("1m", match[0]), query)
    said = ""
    for value in ("1", "x"):
        try:
            promql_parser.parse(_HOLE.sub(value, ranges))
        except ValueError as error:
            said = said or " ".join(str(error).split())
        else:
            return ""
        if not _HOLE.search(ranges):
            break
    return said
