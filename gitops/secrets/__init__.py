"""Secrets that are kept in Git: sealed for clusters' keys and opened with them.

In comes a Secret, a SealedSecret or single values, with a certificate or private keys; out goes the other of the two.
This room alone sees secrets in clear, and it does not know clusters, the engine or where its files are kept.
"""
