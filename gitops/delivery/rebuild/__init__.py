"""A stack brought back from Git and its keys, when its cluster, its state or both are lost.

In come a stack's settings and whatever still lives, out comes the proof that nothing differs any more.
This room does not know how anything is synced or handed over, and asks nobody: the command line does.
"""
