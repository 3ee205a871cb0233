"""A manifest can't make the engine read files of the machine that deploys."""

from gitops.manifests.objects import ENGINE_MARK, checked
from gitops.manifests.raw import RawObject
from gitops.model.errors import Location, Problems


def test_the_engines_own_mark_is_refused_at_any_depth():
    asset = {ENGINE_MARK: "c44067f5952c0a294b673a41bacd8c21", "path": "/etc/passwd"}
    body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "x"}, "data": {"a": asset}}
    problems = Problems()
    assert list(checked(RawObject(Location("x.yaml", 1), body), "x", problems)) == []
    assert "mark for secrets" in str(next(iter(problems)))
