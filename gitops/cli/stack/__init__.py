"""`gitops stack …`: whole stacks.

In comes the name of a stack, out go its state, its drift, its past and what a sync did.
This room does not know how anything is decided or drawn.
"""
