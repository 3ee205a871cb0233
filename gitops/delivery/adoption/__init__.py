"""Taking a running cluster over: from Argo CD, Flux, Helm or kubectl, in place, and back again until confirmed.

In come a stack's plan and its live cluster, out goes an account of who has what and what was handed over.
This room does not know how anything is printed, and never changes what an object does, only whose it is.
"""
