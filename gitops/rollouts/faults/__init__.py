"""What is wrong with Rollouts and AnalysisTemplates, whoever wrote them, before any controller sees them.

In come all objects of a stack, out go faults, each with the object and the path in it.
This room does not know which of the objects a `rollout:` section has made.
"""
