"""`gitops secret …`: secrets that are kept in Git.

In come files, certificates and keys by name; out go sealed files, and Secrets in clear only where that was asked for.
This room never takes a secret from the command line and does not know how values are sealed.
"""
