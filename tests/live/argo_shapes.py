"""Repositories in the shapes that people bring from Argo CD, each written by a function."""

from __future__ import annotations

from textwrap import dedent, indent
from typing import TYPE_CHECKING

from tests.live.stack_project import config_map, deployment

if TYPE_CHECKING:
    from tests.git_repository import GitRepository


def application(
    name: str,
    path: str,
    *,
    wave: int | None = None,
    namespace: str = "",
    repository: str = "https://git.example.test/platform.git",
    destination: str = "server: https://kubernetes.default.svc",
    source: str = "",
    sync: str = "",
) -> str:
    """An Application of this repository, as YAML; `source` and `sync` are added to those sections."""
    annotations = f'annotations: {{argocd.argoproj.io/sync-wave: "{wave}"}}' if wave is not None else ""
    return f"""\
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata:
  name: {name}
  namespace: argocd
  finalizers: [resources-finalizer.argocd.argoproj.io]
  {annotations}
spec:
  project: default
  source:
    repoURL: {repository}
    targetRevision: HEAD
    path: {path}
{indent(dedent(source), "    ")}
  destination:
    {destination}
    namespace: {namespace or name}
  syncPolicy:
    automated: {{prune: true, selfHeal: true}}
    syncOptions: [CreateNamespace=true]
{indent(dedent(sync), "    ")}
"""


def app_of_apps(repository: GitRepository, prefix: str) -> None:
    """A root that states itself and two children in waves, one of which states children of its own."""
    url = repository.url
    names = {"root": "bootstrap", "base": "apps/base", "web": "apps/web", "more": "apps/more"}
    text = {
        name: application(f"{prefix}-{name}", path, wave=wave, repository=url)
        for (name, path), wave in zip(names.items(), (None, -5, 10, 3), strict=True)
    }
    repository.write("bootstrap/root.yaml", text["root"])
    for name in ("base", "web", "more"):
        repository.write(f"bootstrap/{name}.yaml", text[name])
    repository.write("apps/base/base.yaml", config_map("base", a="1"))
    repository.write("apps/web/web.yaml", deployment("web"))
    for name, wave in (("first", 1), ("second", 2)):
        child = application(f"{prefix}-{name}", f"apps/{name}", wave=wave, repository=url)
        repository.write(f"apps/more/{name}.yaml", child)
        repository.write(f"apps/{name}/{name}.yaml", deployment(name))


def directories(repository: GitRepository, prefix: str) -> None:
    """An ApplicationSet over directories, one of them left out."""
    for name in ("alpha", "beta", "old"):
        repository.write(f"services/{name}/deployment.yaml", deployment(name))
    repository.write(
        "argocd/services.yaml",
        f"""
        apiVersion: argoproj.io/v1alpha1
        kind: ApplicationSet
        metadata: {{name: services, namespace: argocd}}
        spec:
          goTemplate: true
          goTemplateOptions: ["missingkey=error"]
          generators:
            - git:
                repoURL: {repository.url}
                revision: HEAD
                directories:
                  - path: services/*
                  - path: services/old
                    exclude: true
          template:
            metadata: {{name: '{prefix}-{{{{ .path.basename }}}}'}}
            spec:
              project: default
              source:
                repoURL: {repository.url}
                targetRevision: HEAD
                path: '{{{{ .path.path }}}}'
              destination:
                server: https://kubernetes.default.svc
                namespace: '{prefix}-{{{{ .path.basename }}}}'
              syncPolicy: {{automated: {{prune: true}}, syncOptions: [CreateNamespace=true]}}
        """,
    )


def clusters_times_files(repository: GitRepository, prefix: str) -> None:
    """A matrix of clusters and files; this stack's cluster gets what its labels select."""
    for name, tier in (("shop", "gold"), ("wiki", "iron")):
        repository.write(
            f"tenants/{name}/tenant.json", f'{{"name": "{name}", "replicas": 2, "tier": "{tier}"}}'
        )
        repository.write(f"tenants/{name}/manifests/web.yaml", deployment(name))
    repository.write(
        "argocd/tenants.yaml",
        f"""
        apiVersion: argoproj.io/v1alpha1
        kind: ApplicationSet
        metadata: {{name: tenants, namespace: argocd}}
        spec:
          goTemplate: true
          generators:
            - matrix:
                generators:
                  - clusters:
                      selector: {{matchLabels: {{tier: gold}}}}
                  - git:
                      repoURL: {repository.url}
                      revision: HEAD
                      files: [{{path: tenants/*/tenant.json}}]
          template:
            metadata:
              name: '{prefix}-{{{{ .path.basename }}}}-{{{{ .nameNormalized }}}}'
              labels: {{tenant: '{{{{ index .path.segments 1 }}}}'}}
            spec:
              project: default
              source:
                repoURL: {repository.url}
                targetRevision: HEAD
                path: '{{{{ .path.path }}}}/manifests'
              destination:
                server: '{{{{ .server }}}}'
                namespace: '{prefix}-{{{{ .name | lower }}}}-{{{{ .path.basename }}}}'
              syncPolicy: {{automated: {{prune: true}}, syncOptions: [CreateNamespace=true]}}
        """,
    )


def chart_with_values(repository: GitRepository, prefix: str, *, stacks: tuple[str, ...]) -> None:
    """A chart in the repository, with a values file for each cluster beside it."""
    repository.write("charts/web/Chart.yaml", "apiVersion: v2\nname: web\nversion: 1.2.3\nappVersion: '9'\n")
    repository.write("charts/web/values.yaml", "replicas: 1\nimage: nginx:1.27\ngreeting: hello\n")
    repository.write(
        "charts/web/templates/web.yaml",
        """
        apiVersion: apps/v1
        kind: Deployment
        metadata:
          name: {{ .Release.Name }}
          labels: {helm.sh/chart: "{{ .Chart.Name }}-{{ .Chart.Version }}"}
        spec:
          replicas: {{ .Values.replicas }}
          selector: {matchLabels: {app: {{ .Release.Name }}}}
          template:
            metadata: {labels: {app: {{ .Release.Name }}}}
            spec:
              containers: [{name: main, image: "{{ .Values.image }}"}]
        ---
        apiVersion: v1
        kind: ConfigMap
        metadata: {name: {{ .Release.Name }}}
        data: {greeting: "{{ .Values.greeting }}", namespace: "{{ .Release.Namespace }}"}
        """,
    )
    for stack in stacks:
        repository.write(f"values/{stack}.yaml", f"replicas: 2\ngreeting: from {stack}\n")
        repository.write(
            f"argocd/{stack}.yaml",
            application(
                f"{prefix}-{stack}",
                "charts/web",
                repository=repository.url,
                destination=f"name: {stack}",
                source=f"""
                helm:
                  valueFiles: [/values/{stack}.yaml]
                  parameters: [{{name: image, value: "nginx:1.28"}}]
                """,
            ),
        )


def negative_waves(repository: GitRepository, prefix: str) -> None:
    """One application whose objects come in the waves -2, 0 and 3."""
    for name, wave in (("early", -2), ("middle", 0), ("late", 3)):
        text = deployment(name).replace(
            f"  name: {name}\nspec",
            f"  name: {name}\n  annotations: {{argocd.argoproj.io/sync-wave: '{wave}'}}\nspec",
        )
        repository.write(f"waves/{name}.yaml", text)
    repository.write("argocd/waves.yaml", application(f"{prefix}-waves", "waves", repository=repository.url))


def many(repository: GitRepository, prefix: str, count: int) -> None:
    """A mono-repository of many small applications, in the flat template language."""
    for number in range(count):
        text = config_map(f"settings-{number:03}", number=str(number))
        repository.write(f"many/{prefix}-{number:03}/config.yaml", text)
    repository.write(
        "argocd/many.yaml",
        f"""
        apiVersion: argoproj.io/v1alpha1
        kind: ApplicationSet
        metadata: {{name: many, namespace: argocd}}
        spec:
          generators:
            - git:
                repoURL: {repository.url}
                revision: HEAD
                directories: [{{path: many/*}}]
          template:
            metadata: {{name: '{{{{path.basename}}}}'}}
            spec:
              project: default
              source: {{repoURL: {repository.url}, targetRevision: HEAD, path: '{{{{path}}}}'}}
              destination: {{server: https://kubernetes.default.svc, namespace: {prefix}}}
              syncPolicy: {{automated: {{prune: true}}, syncOptions: [CreateNamespace=true]}}
        """,
    )
