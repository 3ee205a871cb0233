from gitops.engine.forget import without, without_applications, without_urns

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


def test_a_forgotten_application_goes_with_its_hooks_and_checks_and_others_stay():
    group = "gitops:index:Platform$gitops:index:Wave$gitops:index:Application"
    web, web2 = resource(group, "web"), resource(group, "web-2")
    mine = [
        resource(f"{group}$kubernetes:apps/v1:Deployment", "apps/Deployment:web/web", parent=web["urn"]),
        resource(f"{group}$pulumi:index:Stash", "hook", parent=web["urn"]),
    ]
    theirs = resource(
        f"{group}$kubernetes:core/v1:ConfigMap",
        "ConfigMap:web-2/x",
        parent=web2["urn"],
        dependencies=[mine[0]["urn"]],
    )
    kept = without_applications([web, *mine, web2, theirs], {"web"})
    assert kept == [web2, {**theirs, "dependencies": []}]


def test_a_hook_is_forgotten_by_its_urn():
    web = resource("kubernetes:apps/v1:Deployment", "apps/Deployment:shop/web", dependencies=[])
    hook = resource("pulumi:index:Stash", "migrate")
    after = {**web, "dependencies": [hook["urn"]]}
    assert without_urns([after, hook], {hook["urn"]}) == [web]
