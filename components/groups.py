"""The groups in the tree that people see: a wave holds its applications, an application its objects."""

from __future__ import annotations

from pulumi.runtime.proto import resource_pb2


def wave_request(number: int, platform: str) -> resource_pb2.RegisterResourceRequest:
    """A wave under the platform's URN; order comes from the gates, not from the groups."""
    return _component("gitops:index:Wave", f"wave-{number}", platform)


def application_request(name: str, wave: str) -> resource_pb2.RegisterResourceRequest:
    """An application under its wave's URN."""
    return _component("gitops:index:Application", name, wave)


def _component(kind: str, name: str, parent: str) -> resource_pb2.RegisterResourceRequest:
    return resource_pb2.RegisterResourceRequest(type=kind, name=name, parent=parent, acceptSecrets=True)
