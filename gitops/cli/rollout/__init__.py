"""`gitops rollout …`: a stack's Rollouts.

In come the names of applications and Rollouts, out go what their analyses say and how far they are.
This room does not know how anything is decided or drawn.
"""
