"""What a `rollout:` section says: how a new version of a workload reaches its users, step by step.

In come the values of a section or of a program's arguments, out go frozen values named as Argo Rollouts names them.
This room does not know how a section is read, nor the objects that it turns into.
"""
