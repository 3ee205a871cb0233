"""`gitops app …`: a stack's applications.

In come the names of applications, out go what they are, how they are and what becomes of them.
This room does not know how anything is decided or drawn.
"""
