"""A workload and its `rollout:` section become the objects that Argo Rollouts and Istio work with.

In come objects as Git states them, out go a Rollout with what it needs, and what is wrong.
This room does not know files, labels of this project, nor any cluster.
"""
