"""A stack's Rollouts, as they live: looking at them, and steering them.

In come the names of applications and Rollouts, out goes how each was before and after.
This room does not know what Git states, so it works where Git can't be reached.
"""
