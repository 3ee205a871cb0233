"""The program inside the engine: a plan becomes component resources and Kubernetes objects.

In comes a plan, out go registered resources whose dependencies are the plan's order.
This room does not know how the plan was made, and never drives the engine that it runs in.
"""
