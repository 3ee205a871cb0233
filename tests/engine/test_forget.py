from gitops.engine.forget import without

STACK = "urn:pulumi:x::gitops::"


def resource(token, name, **more):
    return {"urn": f"{STACK}{token}::{name}", "type": token.rpartition("$")[2], **more}


def test_forgotten_objects_and_every_reference_to_them_leave_the_state():
    web = resource("gitops:index:Application$kubernetes:apps/v1:Deployment", "apps/Deployment:shop/web")
    namespace = resource("kubernetes:core/v1:Namespace", "Namespace:shop")
    other = resource(
        "kubernetes:core/v1:ConfigMap",
        "ConfigMap:shop/other",
        dependencies=[namespace["urn"], web["urn"]],
        deletedWith=namespace["urn"],
        propertyDependencies={"spec": [web["urn"]], "data": None},
    )
    gate = resource("pulumi:index:Stash", "Namespace:shop", dependencies=[web["urn"]])
    kept = without([web, namespace, other, gate], {"apps/Deployment:shop/web", "Namespace:shop"})
    assert kept == [
        {
            "urn": other["urn"],
            "type": other["type"],
            "dependencies": [],
            "propertyDependencies": {"spec": [], "data": []},
        },
        {**gate, "dependencies": []},
    ]


def test_a_state_without_them_is_left_as_it_is():
    resources = [resource("kubernetes:core/v1:ConfigMap", "ConfigMap:shop/other", dependencies=[])]
    assert without(resources, {"ConfigMap:shop/web"}) == resources
