"""A whole platform on one machine: real engine, real control planes, a demo repository.

In come Python, Go and Git and a folder to live in; out go running clusters, a kubeconfig and an environment
in which `pulumi`, `kubectl` and the program itself work. This package does not know what is deployed: the
program treats its clusters like any others.
"""
