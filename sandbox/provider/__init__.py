"""A Kubernetes resource provider for machines that can't download the upstream plugin.

In come the engine's gRPC calls with a resource's inputs and state; out go objects in a cluster, and the
same state, differences and failures that the upstream provider (4.32 to 4.34) would answer.
This room does not know about Git, applications or waves: to it every resource stands alone.
"""
