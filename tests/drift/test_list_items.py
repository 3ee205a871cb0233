"""Items of a list are told apart by a field that names them, never by one that holds a whole object."""

from gitops.drift.compare import compare


def gateway(port):
    return {"spec": {"servers": [{"port": port, "hosts": ["*"]}]}}


def test_the_order_of_keys_inside_an_item_is_no_difference():
    wanted = gateway({"number": 80, "name": "http"})
    live = gateway({"name": "http", "number": 80})
    assert compare(wanted, live) == []


def test_a_changed_item_is_named_by_its_path():
    found = compare(gateway({"number": 80}), gateway({"number": 81}))
    assert [d.path for d in found] == ["spec.servers[0].port.number"]
