"""Expressions that a repository states, run where they can do no harm.

In come an expression and a JSON value, out come whether it holds (CEL) or which paths it means (jq).
This room does not know what the value is, and never lets an expression touch the process that asks.
"""

from gitops.expressions.evaluate import (
    ExpressionError,
    MissingFieldError,
    check_condition,
    check_paths,
    holds,
    paths,
)

__all__ = ["ExpressionError", "MissingFieldError", "check_condition", "check_paths", "holds", "paths"]
