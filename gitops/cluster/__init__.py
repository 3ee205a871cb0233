"""The live cluster: how to reach it and how to speak to it.

In come a kubeconfig and plain Kubernetes objects; out go plain objects as the API server holds them,
or an error that names the server, the path and the reason.
This room does not know what an application, a wave or a stack is, and never imports the engine's SDK.
"""
