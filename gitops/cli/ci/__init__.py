"""`gitops ci`: what pipelines run.

In come words and what the pipeline says of itself, out comes what it shows to people and an exit code.
This room does not know how a change is previewed or carried out, and asks the room of deliveries.
"""
