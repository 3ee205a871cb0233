"""Argo CD's own objects, read as Argo CD reads them.

In come documents of kind Application, ApplicationSet and AppProject with their places, out go values of the model.
This room does not know how manifests are rendered, nor any cluster.
"""
