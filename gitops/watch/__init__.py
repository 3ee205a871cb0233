"""The loop that keeps a cluster at what Git says: follows the repository, watches the cluster, heals.

In come commits, changes of live objects and the calls of webhooks, out go syncs, healed objects, logs and metrics.
This room does not know how a sync is done or which words were typed.
"""
