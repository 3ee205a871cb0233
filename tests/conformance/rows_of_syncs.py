"""The rows about syncs: their order, what is pruned, hooks, and what decides over time."""

from tests.conformance.row import Row, differs, later

NO_LOOP = "There is no loop yet."
EQUAL_COMMITS = "equal commits have to give equal plans"

ORDER = (
    Row("order.phases", "Phases go PreSync, Sync, PostSync; each waits until the one before is done."),
    Row("order.phase-before-wave", "Phase counts before wave."),
    Row("order.wave-before-kind", "Wave counts before kind."),
    Row("order.kind-before-name", "Kind counts before name."),
    Row("order.names", "Names are compared as plain text."),
    differs(
        "order.ties",
        "Objects of equal phase, wave, kind and name have no defined order.",
        f"Their namespaces and groups decide: {EQUAL_COMMITS}.",
    ),
    Row("order.kinds", "35 kinds have a place, from Namespace to APIService."),
    Row("order.kinds-unlisted", "All other kinds share the last place."),
    differs(
        "order.kind-groups",
        "Inside a wave each kind waits until the kinds before it are applied.",
        "Workloads wait for configuration, claims and rights; all else goes side by side, which is faster.",
    ),
    Row("order.namespace-first", "A namespace comes before the first object that lives in it."),
    Row("order.namespace-wave", "It takes that object's wave."),
    Row("order.namespace-phase", "It takes that object's phase."),
    Row("order.crd-first", "A CRD comes before the first object of its kind."),
    Row("order.crd-wave", "It takes that object's wave."),
    Row("order.crd-by-kind", "A CRD is matched by group and kind, in any version."),
    differs(
        "order.foundations-unused",
        "A namespace or CRD that nothing earlier needs stays in its own wave.",
        "It comes before everything else of its application: nothing can depend on its absence.",
    ),
    Row("order.wave", "An object's wave is its annotation sync-wave."),
    Row("order.wave-negative", "Waves may be negative."),
    Row("order.wave-weight", "Without it, the wave is Helm's hook weight."),
    Row("order.wave-unreadable", "An annotation that is no whole number counts as none."),
    Row("order.wave-default", "Without either the wave is 0."),
    Row(
        "order.wave-digits",
        "Only plain digits are a number: no spaces, underscores, other scripts, nothing huge.",
    ),
    Row(
        "order.create-namespace",
        "CreateNamespace=true makes the namespace before every other phase; else nobody does.",
    ),
    differs(
        "order.dry-run",
        "A sync begins with a dry run of everything; any failure ends it before anything changes.",
        "Everything is rendered and checked first; the server's dry run is that of `pulumi preview`.",
    ),
    Row("order.dry-run-unknown", "A kind that the cluster does not know fails before anything changes."),
    Row("order.dry-run-with-crd", "Unless its CRD is in the same sync."),
    Row(
        "order.dry-run-skipped",
        "Or unless SkipDryRunOnMissingResource=true is stated for it or its application.",
    ),
    Row("order.waves-ascend", "The lowest wave comes first; each waits for the one before."),
    differs(
        "order.crd-established",
        "A new CRD is given 3 seconds to be established.",
        "It has the application's whole time, as any other object.",
    ),
    differs(
        "order.wave-delay",
        "Between two waves there is a pause of 2 seconds.",
        "There is none: what has to be waited for is.",
    ),
    Row("order.gate-no-check", "What has no health passes a wave's gate at once."),
    Row("order.gate-healthy", "What is healthy passes it; a wave opens when the one before has passed."),
    Row("order.gate-degraded", "What is degraded fails its application, and later waves do not start."),
    Row("order.gate-own-rule", "A rule of health of one's own decides there as everywhere."),
    Row("order.sync-fail", "Then hooks of SyncFail run."),
    Row("order.sync-fail-apart", "They run at no other time."),
    differs(
        "order.gate-time",
        "What is progressing, suspended, missing or unknown is waited for without end.",
        "A wait ends after `timeouts.health`, by default 5 minutes, and tells what it waited for and why.",
    ),
    differs(
        "order.gate-one-wave",
        "A sync of one wave without hooks has succeeded when everything is applied.",
        "It waits for health too, so that success always means the same.",
    ),
    differs(
        "order.every-task",
        "Every object is applied in every sync, unless ApplyOutOfSyncOnly=true.",
        "What has not changed is never sent.",
    ),
    Row("order.hook-degraded", "A degraded hook has failed."),
    Row("order.hook-unknown", "A hook of unknown health has failed."),
    Row("order.hook-running", "A hook that is progressing or suspended still runs."),
    differs(
        "order.results",
        "Each object ends as Synced, SyncFailed, Pruned or PruneSkipped; an operation as Succeeded, Failed or Error.",
        "Each application ends as Synced, Failed, Waiting or LeftOut, with its objects' reasons.",
    ),
    Row("order.statuses", "An application is Synced or OutOfSync."),
    Row("order.invalid-spec", "An Application whose spec is invalid is told, and nothing of it is synced."),
    differs(
        "order.conditions",
        "What goes wrong in a sync is a condition of the Application, such as SyncError.",
        "It is told with its place and the next step, by the command and in its JSON.",
    ),
    differs(
        "order.repeated-resource",
        "An object that is stated twice is a warning, and the last one wins.",
        "Twice in one source is an error, since one of them is a mistake. A later source still wins.",
    ),
    differs(
        "order.shared-resource",
        "An object of two Applications is a warning, unless FailOnSharedResource=true.",
        "It is an error of both, always: they would take it from each other for ever.",
    ),
    later(
        "order.excluded-resource",
        "Kinds that the configuration excludes are warned of.",
        "Kinds can't be excluded.",
    ),
    later(
        "order.orphaned-resource",
        "Objects of no Application in a project's namespaces are warned of.",
        "Not looked for.",
    ),
)

PRUNE = (
    Row("prune.reverse", "Of what is pruned, the highest wave goes first."),
    Row(
        "prune.application",
        "When a whole Application goes, its highest wave goes first, each waiting for the next.",
    ),
    Row("prune.reverse-kinds", "Inside a wave, what uses something goes before it."),
    differs(
        "prune.last",
        "Pruning comes first inside each wave, unless PruneLast=true.",
        "It always comes last, so that nothing goes before what replaces it is there.",
    ),
    Row(
        "prune.after-success", "With PruneLast=true nothing is pruned unless all else is applied and healthy."
    ),
    differs(
        "prune.propagation-default",
        "Dependents are deleted in the foreground by default.",
        "In the background, which does not wait for other controllers.",
    ),
    Row("prune.propagation", "PrunePropagationPolicy is foreground, background or orphan."),
    differs(
        "prune.terminating",
        "An object whose deletion has begun keeps its wave open until it is gone.",
        "So it is for namespaces and for what is waited for; other objects go without a look back.",
    ),
    Row("prune.finalizer", "Objects go with their Application only when it has the finalizer."),
    Row("prune.off", "Without pruning objects stay, and their application is OutOfSync."),
    Row("prune.object-off", "Prune=false does so for one object."),
    Row("prune.delete-off", "Delete=false keeps an object when its Application goes."),
    differs(
        "prune.confirm",
        "Prune=confirm and Delete=confirm wait for an annotation on the Application.",
        "They wait for `gitops stack sync --allow-deletes`: there is no object to annotate.",
    ),
    Row(
        "prune.hooks-end",
        "Hooks of PreDelete run before an Application's objects go, those of PostDelete after.",
    ),
)

HOOKS = (
    Row("hooks.pre-sync", "PreSync is a type of hook."),
    Row("hooks.sync", "Sync is one."),
    Row("hooks.post-sync", "PostSync is one."),
    Row("hooks.sync-fail", "SyncFail is one."),
    Row("hooks.skip", "Skip is one: the object is not applied."),
    Row("hooks.skip-beside", "Beside another type, Skip does not count."),
    Row("hooks.post-delete", "PostDelete is one."),
    Row("hooks.pre-delete", "PreDelete is one."),
    Row("hooks.several", "An object may have several types, and runs in each of their phases."),
    differs(
        "hooks.unknown-type",
        "A type that does not exist is ignored; a hook of no other type is never applied.",
        "It is an error: a hook that silently never runs is worse.",
    ),
    Row("hooks.wave", "Hooks of a phase go by wave."),
    Row("hooks.policy-default", "Without a delete policy it is BeforeHookCreation."),
    Row("hooks.policy-unknown", "A policy that does not exist counts as none."),
    Row("hooks.policies", "Policies are HookSucceeded, HookFailed and BeforeHookCreation, also several."),
    Row(
        "hooks.before-creation",
        "BeforeHookCreation deletes what the hook made before, and waits until it is gone.",
    ),
    Row("hooks.failed-deleted", "HookFailed deletes what a failed hook made; the others keep it."),
    Row(
        "hooks.succeeded-deleted",
        "HookSucceeded deletes what a hook made when all of its phase has succeeded.",
    ),
    Row("hooks.generate-name", "A generateName is completed by revision, phase and time."),
    Row("hooks.helm-pre-install", "Helm's pre-install is PreSync."),
    Row("hooks.helm-pre-upgrade", "So is pre-upgrade."),
    Row("hooks.helm-post-install", "post-install is PostSync."),
    Row("hooks.helm-post-upgrade", "So is post-upgrade."),
    Row("hooks.helm-pre-delete", "pre-delete is PreDelete."),
    Row("hooks.helm-post-delete", "post-delete is PostDelete."),
    Row("hooks.helm-several", "Helm's hooks may be several too."),
    Row("hooks.helm-unsupported", "Tests and rollbacks of Helm never run."),
    Row("hooks.helm-ignored", "With Argo CD's annotation, Helm's hook does not count."),
    Row("hooks.helm-crd-install", "crd-install is no hook."),
    Row("hooks.helm-weight", "Helm's weight is the hook's wave."),
    Row("hooks.policies-helm", "Helm's three delete policies are the same three."),
    Row("hooks.keep", "Helm's resource policy `keep` is Delete=false."),
    Row("hooks.helm-upgrade", "An installation is an upgrade: both kinds of hook run every time."),
    differs(
        "hooks.every-sync",
        "Hooks run in every sync.",
        "Once for each change of their application, unless `gitops:hooks` is `every-sync`.",
    ),
    Row("hooks.self-heal", "Self-heal runs no hooks."),
    differs(
        "hooks.rollback",
        "A rollback runs no hooks.",
        "A rollback is a commit like any other, and what it states may need its hooks.",
    ),
    later("hooks.selective", "A sync of chosen objects runs no hooks.", "A sync is of whole stacks."),
    Row("hooks.status", "Hooks count neither for sync status nor for health."),
    Row("hooks.skip-status", "Objects that are skipped do not count."),
    Row("hooks.ignore-extraneous", "IgnoreExtraneous touches the sync status alone, not pruning."),
)

SYNC = (
    later("sync.poll", "The repository is asked every 2 to 3 minutes.", "A sync is a command; a scheduler repeats it."),
    differs(
        "sync.cache",
        "Rendered objects are kept for 24 hours, and a hard refresh renders anew.",
        "They are kept by the Git ids of all that was read, and never need it.",
    ),
    later("sync.auto", "Automated sync acts on what is OutOfSync alone, and never twice at once.", NO_LOOP),
    later("sync.once", "After a failure, one revision is not tried again beyond its retries.", NO_LOOP),
    Row("sync.prune-only", "When nothing is to do but to prune and pruning is off, nothing is done."),
    Row("sync.empty", "An application that states nothing any more is an error."),
    differs(
        "sync.empty-allowed",
        "With allowEmpty, an application that states nothing any more is pruned.",
        "It is an error as without it; to delete an application, remove it.",
    ),
    later("sync.heal", "Self-heal applies what differs, at the same revision.", "`--refresh` heals when asked to."),
    later("sync.heal-delay", "Self-heal waits 2 seconds, three times as long each time, 5 minutes at most.", NO_LOOP),
    Row("sync.self-heal-off", "Self-heal is off unless it is stated."),
    Row("sync.retry-default", "Automated syncs are tried again 5 times."),
    Row("sync.retry-pauses", "The pauses are 5 seconds, doubled each time, 3 minutes at most."),
    Row("sync.retry-replaces", "A stated `retry` replaces the whole default; its limit is 0 when it states none."),
    Row("sync.retry-unlimited", "A limit of -1 is none."),
    Row("sync.retry-manual", "Manual syncs are not tried again unless it is stated."),
    differs(
        "sync.retry-refresh",
        "Another attempt takes a newer commit only with `retry.refresh`.",
        "It always does, so that a commit that mends the failure counts at once.",
    ),
    Row("sync.automated-enabled", "`automated.enabled: false` is as if `automated` were not stated."),
    Row("sync.history", "revisionHistoryLimit is 10 unless it is stated."),
    later("sync.rollback", "A rollback is refused while automated sync is on; successful syncs are its history.",
          "Git is the history: revert the commit."),
    Row("sync.status-unknown", "An application that can't be rendered is Unknown."),
    differs(
        "sync.tracking",
        "An object is tracked by the annotation tracking-id.",
        "By the labels `gitops.internal/stack` and `gitops.internal/application`, which can be listed; "
        "`gitops.internal/object` tells it from a copy.",
    ),
    Row("sync.tracking-id", "A tracking-id is application, group, kind, namespace and name."),
    Row("sync.tracking-copy", "An object that carries another one's id is not the application's."),
    Row("sync.tracking-cluster", "An object without a namespace has the application's in its id."),
    Row("sync.tracking-label", "Older releases track by the label app.kubernetes.io/instance."),
    Row("sync.copies", "An object that somebody copied does not count for the application whose id it carries."),
    Row("sync.diff-added", "Fields that somebody added are no drift."),
    Row("sync.diff-changed", "Fields that somebody changed or took away are drift."),
    Row("sync.diff-string-data", "A Secret's stringData counts as data, and wins over it."),
    differs(
        "sync.diff-last-applied",
        "What was applied before is an annotation of the object.",
        "Server-side apply knows it by field managers; nothing is annotated.",
    ),
    differs(
        "sync.diff-defaults",
        "Server-side diff asks the API server what an apply would change.",
        "What Git states is compared with what lives; the server's own fields are not looked at.",
    ),
    differs(
        "sync.diff-webhooks",
        "What webhooks change counts with IncludeMutationWebhook=true alone.",
        "The option is named as one without effect.",
    ),
    Row("sync.windows-read", "Windows have a kind, five fields of cron, a duration and a time zone."),
    *(
        later(f"sync.windows-{name}", text, "Windows are read and checked, and do not hold a sync yet.")
        for name, text in (
            ("match", "A window is about applications, clusters or namespaces, or all three with andOperator."),
            ("active", "A window is active for its duration after its schedule."),
            ("none", "Where no window matches, a sync is allowed."),
            ("deny", "An active deny window blocks; manual syncs pass when each such window lets them."),
            ("allow", "Otherwise an active allow window allows."),
            ("inactive", "Otherwise allow windows that match block, but for manual syncs that each of them lets pass."),
        )
    ),
)  # fmt: skip
