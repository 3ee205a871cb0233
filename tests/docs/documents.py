"""One JSON document of each schema, with everything in it that can be."""

from __future__ import annotations

from gitops.cluster.acts import Steered
from gitops.cluster.events import Event
from gitops.cluster.health import HEALTHY
from gitops.cluster.managed import Owner as Writer
from gitops.cluster.rollout_view import Analysis, RolloutView, Step, Version, Weights
from gitops.cluster.rollout_view import Metric as Measure
from gitops.drift.compare import Difference
from gitops.drift.findings import findings
from gitops.drift.state import ApplicationState, ObjectState
from gitops.model.adoption import AdoptionPlan, Change, ObjectAdoption, Owner, OwnerRelease
from gitops.model.check import Check, Verdict
from gitops.model.deployment import Deployment, Intent
from gitops.model.errors import Location, Problem
from gitops.model.forge import PullRequest
from gitops.model.keys import ObjectKey
from gitops.model.merged import Merged
from gitops.model.preview import Effect, ObjectChange, Preview, StackPreview
from gitops.model.promotion import Share, StagePromoted, Taking, Unit
from gitops.model.rebuilt import Place, Rebuilt
from gitops.model.synced import ApplicationOutcome, Synced
from gitops.model.verification import Check as Verification
from gitops.model.verification import Command, Measurement, Verified
from gitops.report import (
    adoption,
    applications,
    checks,
    drift,
    history,
    manifests,
    merged,
    preview,
    promotion,
    rebuild,
    resources,
    rollouts,
    secrets,
    simulation,
    stacks,
    stage_promotion,
    steering,
    sync,
    verification,
)
from gitops.rollouts.simulation.judgement import Bad, Judged, Simulated, Spread
from gitops.rollouts.simulation.metrics import Metric
from gitops.rollouts.simulation.runs import Phase
from tests import given

KEY = ObjectKey("apps", "Deployment", "web", "web")
PROBLEM = Problem("can't be read", Location("k8s/02-apps/web/x.yaml", 2), "mend the file", "web")
OBJECT = ObjectState(
    KEY,
    missing=False,
    differences=(Difference("spec.replicas", 1, 3, Writer("kubectl", "Update", "2026-01-01T10:00:00Z")),),
    health=HEALTHY,
    notes=("a note",),
)
STATE = ApplicationState(
    given.application("web"), (OBJECT,), (ObjectKey("", "Pod", "web", "old"),), (PROBLEM,)
)
INTENT = Intent("6743a1", "ada@laptop", "main", given.SHA, ("web",), ("bad",))
DEPLOYMENT = Deployment(
    1,
    "update",
    INTENT,
    "Sync",
    "2026-01-01T10:00:00Z",
    "2026-01-01T10:00:07Z",
    "Succeeded",
    "",
    {"create": 2},
)
PREVIEW = StackPreview(
    "prod",
    given.SHA,
    given.SHA,
    (ObjectChange(KEY, "web", 20, Effect.CREATED, None, given.manifest("ConfigMap")),),
    problems=(PROBLEM,),
)
SYNCED = Synced(
    "prod",
    given.SHA,
    {"create": 1},
    (ApplicationOutcome("web", "LeftOut", (PROBLEM,)),),
    (KEY,),
    (PROBLEM,),
    "6743a1",
)
ADOPTED = ObjectAdoption(KEY, "web", exists=True, changes=(Change("spec.replicas", 1, 3),))
REBUILT = Rebuilt(
    Place("prod", "https://prod:6443", "1f0c"),
    SYNCED,
    3,
    4,
    (KEY,),
    (KEY,),
    (KEY,),
    (KEY,),
    (KEY,),
    ("w",),
    ("d",),
    (KEY,),
    1,
)
ROLLOUT = RolloutView(
    "web",
    ObjectKey("argoproj.io", "Rollout", "web", "web"),
    "",
    "canary",
    HEALTHY,
    "",
    (Step("weight 20", "done"),),
    Weights(20, 20),
    (Version(2, "web-1", ("stable",), ("web:1",), 1, 1, "2026-01-01T10:00:03Z", "stable"),),
    (
        Analysis(
            "web-1-2", "at step 2 of 4", "Running", (Measure("rate", "Running", {"failed": 1}, "[0.5]"),)
        ),
    ),
)
HELM = Owner("Helm", "Release", "web", "web")

SIMULATED = Simulated(
    "web",
    Judged(
        Metric(ObjectKey("argoproj.io", "Rollout", "web", "web"), "orders", "web-orders"),
        {Phase.SUCCESSFUL: 9, Phase.FAILED: 1},
        {Phase.SUCCESSFUL: 19, Phase.FAILED: 1},
        2,
        0,
        Spread(0.5, 2, 3, 4),
        (Bad(Phase.FAILED, 60.0, 120.0, 1, (0.5,)),),
    ),
)
DOCUMENTS = [
    adoption.as_json(
        AdoptionPlan("prod", given.SHA, (ADOPTED,), (OwnerRelease(HELM, found=True),), ((KEY, HELM),))
    ),
    applications.as_json("prod", given.SHA, [STATE]),
    drift.as_json("prod", given.SHA, findings([STATE])),
    history.as_json("prod", "web", [DEPLOYMENT]),
    sync.as_json(SYNCED),
    rebuild.as_json(REBUILT),
    resources.as_json("prod", "web", [resources.Row(0, KEY, None, "Synced", "Healthy", "")]),
    resources.events_as_json(
        "prod", "web", [Event("2026-01-01T10:00:00Z", "Normal", "Pulled", "Pod a/b", 1, "")]
    ),
    stacks.as_json([stacks.Stack("prod", given.settings(), given.SHA, (STATE,), "")]),
    manifests.stacks_as_json(
        ("staging", "prod"),
        (given.SHA, given.SHA),
        manifests.changes([], [given.manifest("ConfigMap")]),
    ),
    checks.as_json("prod", [Check("engine", Verdict.OK, "fine", "")]),
    manifests.as_json("prod", given.SHA, [given.manifest("ConfigMap")]),
    manifests.changes_as_json(
        "prod", (given.SHA, given.SHA), manifests.changes([], [given.manifest("ConfigMap")])
    ),
    drift.fleet_as_json([("prod", given.SHA, "", findings([STATE]))]),
    merged.as_json([Merged("prod", PREVIEW, ("a line",), synced=SYNCED)]),
    preview.as_json(
        Preview(
            given.SHA,
            given.SHA,
            (PREVIEW,),
        )
    ),
    secrets.as_json(
        [secrets.SealedAge("s.yaml:1", "web/db", "current", ("SHA256:x",), 3, 1, ("a",))], ["SHA256:y"]
    ),
    secrets.openings_as_json([secrets.Opening("s.yaml:1", "web/db", "no key fits")]),
    secrets.keys_as_json([secrets.KeyDates("SHA256:x", "2026-01-01", "2036-01-01")]),
    verification.as_json(
        "prod",
        [Verified(Verification("smoke", Command(("true",))), (Measurement(well=True, seen="ended with 0"),))],
    ),
    simulation.as_json("prod", given.SHA, (0.0, 3600.0), [SIMULATED]),
    rollouts.as_json("prod", [ROLLOUT]),
    rollouts.history_as_json("prod", [ROLLOUT], lambda *_: given.SHA),
    steering.as_json("prod", "pause", [Steered("web", KEY, "", HEALTHY, HEALTHY)]),
    promotion.as_json(
        Unit(given.SHA, "0123456789abcdef", ("web:1",)), "staging", "prod", ("it drifts",), None
    ),
    promotion.proposal_as_json(
        PullRequest(7, "promote/prod-c0ffee", "main", "https://git.example/pulls/7"), ["prod"], given.SHA
    ),
    stage_promotion.as_json(
        StagePromoted(
            "staging",
            "prod",
            given.SHA,
            (
                Share(
                    "prod-eu",
                    1,
                    Unit(given.SHA, "0123456789abcdef"),
                    Taking.FAILED,
                    "check smoke failed: ended with 1",
                    "0" * 40,
                    "2026-01-01T10:00:00Z",
                    9.8,
                ),
            ),
            stopped=1,
        )
    ),
]
