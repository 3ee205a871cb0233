"""GitOps around a Pulumi program: from a commit to a live cluster and back to a report.

In come a stack's settings, out go plans, changes and reports; each room is one station of that way.
This package does not know how Pulumi registers a resource: that is what `components` is for.
"""

__version__ = "0.1.0"
