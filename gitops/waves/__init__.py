"""Objects become an ordered plan: what waits for what, and when a thing counts as ready.

In come applications and their manifests, out goes a plan whose steps name the steps they come after.
This room does not know Git, the cluster or the engine; it is pure.
"""
