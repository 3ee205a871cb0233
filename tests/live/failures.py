"""Every command's failure, as `examples` has what commands do when all is well; run after those, in this order."""

from __future__ import annotations

from tests.live.examples import Example, World

DEAD = """
apiVersion: v1
kind: Config
clusters: [{name: dead, cluster: {server: "https://127.0.0.1:1"}}]
users: [{name: dead, user: {token: t}}]
contexts: [{name: dead, context: {cluster: dead, user: dead}}]
"""
NOBODY, NOWHERE = "no application nobody", "there is no stack 'nowhere'"
DEAF = "Prometheus at http://127.0.0.1:1 does not answer"
NO_ROLLOUT = "no Rollout of application 'nobody' lives in the cluster of stack staging"
NO_FILE, SILENT = "there is no file nothing.yaml", "https://127.0.0.1:1"


def away(world: World) -> None:
    """A third stack, whose cluster does not answer."""
    (world.staging.folder / "dead.yaml").write_text(DEAD)
    (world.staging.folder / "Pulumi.away.yaml").write_text(
        f"config:\n  gitops:repository: {world.repository.url}\n"
        "  gitops:kubeconfig: dead.yaml\n  gitops:context: dead\n"
    )


def drifted(world: World) -> None:
    """All is deployed, then changed by hand."""
    world.sync_staging("10")
    world.scale()


def broken(world: World) -> None:
    """A commit that no one can read, in one application."""
    world.repository.write("k8s/02-apps/shop/bad.yaml", "a: [\n").commit("Break shop")


def mended(world: World) -> None:
    """The next commit, which can be read; and a check that fails."""
    world.repository.remove("k8s/02-apps/shop/bad.yaml").commit("Mend shop")
    world.staging.configure(verification=[{"name": "smoke", "command": ["false"]}])


FAILURES = (
    Example("gitops version -o xml", "'xml' is not one of", code=2, before=World.settle),
    Example("gitops completion tcsh", "'tcsh' is not one of", code=2),
    Example("gitops app list --stack nowhere", NOWHERE, code=6),
    Example("gitops app get nobody --stack staging", NOBODY, code=6),
    Example("gitops app diff nobody --stack staging", NOBODY, code=6),
    Example("gitops app sync nobody --stack staging", NOBODY, code=6),
    Example("gitops app wait nobody --stack staging", NOBODY, code=6),
    Example(
        "gitops app wait web --stack staging --timeout 1s",
        "waiting for web: OutOfSync: Deployment web/web differs in spec.replicas",
        code=9,
        before=drifted,
    ),
    Example("gitops app manifests nobody --stack staging", NOBODY, code=6),
    Example("gitops app manifests web --stack staging --revision v0", "has no revision 'v0'", code=6),
    Example("gitops rollout list --stack nowhere", NOWHERE, code=6),
    Example("gitops rollout get nobody --stack staging", NO_ROLLOUT, code=6),
    Example("gitops rollout history nobody --stack staging", NO_ROLLOUT, code=6),
    Example("gitops rollout promote nobody --stack staging", NO_ROLLOUT, code=6),
    Example("gitops rollout pause nobody --stack staging", NO_ROLLOUT, code=6),
    Example("gitops rollout resume nobody --stack staging", NO_ROLLOUT, code=6),
    Example("gitops rollout abort nobody --stack staging", NO_ROLLOUT, code=6),
    Example("gitops rollout retry nobody --stack staging", NO_ROLLOUT, code=6),
    Example("gitops rollout undo nobody --stack staging --yes", NO_ROLLOUT, code=6),
    Example("gitops app resources nobody --stack staging", NOBODY, code=6),
    Example("gitops app events nobody --stack staging", "nothing lives of application 'nobody'", code=6),
    Example("gitops app logs web --stack staging --container nobody", "no pods with a container", code=6),
    Example("gitops app history nobody --stack staging", NOBODY, code=6),
    Example("gitops app rollback nobody --stack staging --to v1.3.0", NOBODY, code=6),
    Example("gitops app rollback web --stack staging --to 999", "the history has no deployment 999", code=6),
    Example(
        "gitops app rollback web --stack prod --to v1.3.0 --yes",
        "which is no branch",
        code=5,
        before=lambda world: world.prod.configure(
            revision=world.repository.git("rev-parse", "v1.4.0^{commit}")
        ),
    ),
    Example("gitops stack rollback --stack prod --to v1.3.0 --yes", "which is no branch", code=5),
    Example("gitops render nobody --stack staging", NOBODY, code=6),
    Example("gitops rollout simulate nobody --stack staging", NOBODY, code=6),
    Example(
        "gitops rollout simulate --stack staging --prometheus http://127.0.0.1:1 -r canary", DEAF, code=3
    ),
    Example("gitops stack diff staging nowhere", NOWHERE, code=6),
    Example("gitops stack history --stack nowhere", NOWHERE, code=6),
    Example("gitops promote staging nowhere --dry-run", NOWHERE, code=6),
    Example("gitops approve staging nowhere", NOWHERE, code=6),
    Example("gitops fleet export nowhere --backend s3://states", "there is no stack nowhere", code=6),
    Example("gitops rebuild nowhere", NOWHERE, code=6),
    Example("gitops adopt --stack prod --undo", "no take-over to undo", code=6),
    Example(
        "gitops stack drift --stack staging", "not compared: k8s/02-apps/shop/bad.yaml", code=2, before=broken
    ),
    Example("gitops verify --stack staging", "failed", code=4, before=mended),
    Example("gitops watch --stack staging --listen nowhere", "nowhere", code=2),
    Example("gitops watch --stack staging --install deployment", "a Deployment needs an image", code=2),
    Example("gitops stack list", SILENT, code=3, before=away),
    Example("gitops stack get --stack away", SILENT, code=3),
    Example("gitops stack sync --stack away", SILENT, code=3),
    Example("gitops stack drift --stack away", SILENT, code=3),
    Example("gitops doctor --stack away", SILENT, code=3),
    Example("gitops watch --stack away", SILENT, endless=True),
    Example("gitops secret seal nothing.yaml --stack staging", NO_FILE, code=6),
    Example("gitops secret unseal nothing.yaml --stack staging", NO_FILE, code=6),
    Example("gitops secret verify nothing.yaml --stack staging", NO_FILE, code=6),
    Example("gitops secret edit nothing.yaml --stack staging", NO_FILE, code=6),
    Example("gitops secret reseal nothing --stack staging", "there is no nothing", code=6),
    Example("gitops secret report nothing --stack staging", "there is no nothing", code=6),
    Example("gitops secret rotate --stack nowhere", NOWHERE, code=6),
    Example("gitops secret key generate --stack nowhere", NOWHERE, code=6),
    Example("gitops secret key list --stack nowhere", NOWHERE, code=6),
    Example("gitops secret key import nothing.yaml --stack staging", NO_FILE, code=6),
    Example("gitops secret key export --stack away --from-cluster --write keys.pem", SILENT, code=3),
    Example("gitops secret key restore nothing.yaml --stack staging", NO_FILE, code=6),
    Example("gitops secret cert --stack away", SILENT, code=3),
    Example("gitops secret hand-over --stack away", SILENT, code=3),
)
"""All of them, in the order in which they are run."""
