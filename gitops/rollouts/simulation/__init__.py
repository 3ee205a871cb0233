"""What the analyses of a Rollout would have said of the past.

In come a Rollout with its AnalysisTemplates and what Prometheus has measured, out comes how each simulated run ended.
This room does not know who asks Prometheus, nor what follows from the answer.
"""
