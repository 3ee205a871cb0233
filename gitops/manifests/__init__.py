"""Files of an application become Kubernetes objects, checked and labeled.

In come a commit and its applications, out go manifests that each know the file and line they came from.
This room does not know the order objects are applied in, nor any cluster.
"""
