"""`gitops promote` and `gitops approve`: what one stack has proven goes to the next.

In come the names of stacks or of a stage, out go what would change, what stands against it, and how it went.
This room does not know what proves a revision or how a stack is deployed.
"""
