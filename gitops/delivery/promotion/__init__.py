"""A change that one stack has proven goes to the next as exactly that change.

In come the settings of two stacks, out comes how the second one took what the first one runs.
This room does not know how a stack is synced or what a check measures, and asks nobody: the command line does.
"""
