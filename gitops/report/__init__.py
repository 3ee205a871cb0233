"""Values become text and JSON.

In come states and plans, out goes what a person or a machine reads.
This room does not know where the values came from, and changes nothing.
"""
