"""What a pipeline does with a change: shows what it would do to every stack, and does just that when it is merged.

In come two revisions and the settings of stacks, out comes what differs, object for object, and what was done about it.
This room does not know which pipeline it runs in or who reads what comes out.
"""
