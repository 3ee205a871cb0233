"""Decisions over time: what to deploy now, and what to clean up after.

In come a stack and its project, out goes an account of what was done.
This room does not know how anything is printed or which words were typed.
"""
