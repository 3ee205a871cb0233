"""The nouns of the project: values that every room passes to the next.

In come plain Python values, out go frozen ones with names the field uses.
This room does not know Git, YAML, Kubernetes' API or Pulumi: only the standard library is imported here.
"""
