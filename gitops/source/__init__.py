"""A commit of a Git repository becomes files and applications.

In come a repository's settings, out go a commit whose files can be read and the applications found in it.
This room does not know what a Kubernetes object is; it is the only one that speaks Git.
"""
