"""Charts and overlays that use what real ones use."""

UMBRELLA = {
    "Chart.yaml": """
        apiVersion: v2
        name: umbrella
        version: 1.2.3
        appVersion: "7"
        kubeVersion: ">=1.20.0-0"
        dependencies:
        - {name: cache, version: ">=0", alias: fast, condition: fast.enabled}
        - {name: cache, version: ">=0", alias: slow, condition: slow.enabled}
        - {name: shapes, version: 0.1.0, repository: "file://../../lib/shapes"}
        - {name: tagged, version: 0.1.0, repository: "file://../../lib/tagged", tags: [extra]}
    """,
    "values.yaml": """
        global: {team: core}
        fast: {enabled: true, size: 1}
        slow: {enabled: false}
        tags: {extra: true}
        names: [a, b, c]
        greeting: "hello {{ .Release.Name }}"
        image: {name: nginx, tag: "1.0"}
        octal: "0644"
        answer: "yes"
        ratio: 1.50
        large: 1000000
    """,
    "values-prod.yaml": "fast: {size: 3}\nnames: [x]\n",
    "templates/_helpers.tpl": """
        {{- define "umbrella.labels" -}}
        app.kubernetes.io/name: {{ .Chart.Name }}
        app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
        {{- end }}
    """,
    "templates/config.yaml": """
        {{- range $index, $name := .Values.names }}
        ---
        apiVersion: v1
        kind: ConfigMap
        metadata:
          name: {{ $.Release.Name }}-{{ $name }}
          namespace: {{ $.Release.Namespace }}
          labels: {{- include "umbrella.labels" $ | nindent 4 }}
        data:
          index: {{ $index | quote }}
          greeting: {{ tpl $.Values.greeting $ | quote }}
          large: {{ $.Values.large | quote }}
          ratio: {{ $.Values.ratio | quote }}
          mode: {{ $.Values.octal | quote }}
          answer: {{ $.Values.answer | quote }}
          sum: {{ $.Files.Get "files/motd.txt" | sha256sum }}
          motd: |
            {{- $.Files.Get "files/motd.txt" | nindent 4 }}
        {{- end }}
    """,
    "templates/capabilities.yaml": """
        apiVersion: {{ if .Capabilities.APIVersions.Has "example.org/v2/Thing" }}v1{{ else }}v0{{ end }}
        kind: ConfigMap
        metadata: {name: capabilities}
        data:
          version: {{ .Capabilities.KubeVersion.Version }}
          minor: {{ .Capabilities.KubeVersion.Minor | quote }}
          groups: {{ .Capabilities.APIVersions.Has "example.org/v2" | quote }}
          apps: {{ .Capabilities.APIVersions.Has "apps/v1" | quote }}
          found: {{ lookup "v1" "Secret" "default" "x" | toJson | quote }}
          upgrade: {{ .Release.IsUpgrade | quote }}
    """,
    "templates/shape.yaml": '{{ include "shapes.service" (dict "name" .Release.Name "port" 80) }}\n',
    "templates/hooks.yaml": """
        apiVersion: batch/v1
        kind: Job
        metadata:
          name: migrate
          annotations:
            helm.sh/hook: pre-install,pre-upgrade
            helm.sh/hook-weight: "-5"
            helm.sh/hook-delete-policy: before-hook-creation
        spec:
          template:
            spec:
              restartPolicy: Never
              containers: [{name: m, image: "{{ .Values.image.name }}:{{ .Values.image.tag }}"}]
        ---
        apiVersion: v1
        kind: Secret
        metadata: {name: kept, annotations: {helm.sh/resource-policy: keep}}
        stringData: {a: "1"}
    """,
    "templates/tests/connection.yaml": """
        apiVersion: v1
        kind: Pod
        metadata: {name: connection, annotations: {helm.sh/hook: test}}
        spec: {containers: [{name: c, image: busybox}]}
    """,
    "templates/nothing.yaml": "{{ if false }}a: 1{{ end }}\n# only a comment\n",
    "templates/NOTES.txt": "Thank you, {{ .Release.Name }}\n",
    "files/motd.txt": "be kind\nand patient\n",
    "crds/things.yaml": """
        apiVersion: apiextensions.k8s.io/v1
        kind: CustomResourceDefinition
        metadata: {name: things.example.org}
        spec: {group: example.org, scope: Namespaced, names: {kind: Thing, plural: things}, versions: []}
        ---
        apiVersion: apiextensions.k8s.io/v1
        kind: CustomResourceDefinition
        metadata: {name: others.example.org}
        spec: {group: example.org, scope: Cluster, names: {kind: Other, plural: others}, versions: []}
    """,
    "charts/cache/Chart.yaml": "apiVersion: v2\nname: cache\nversion: 0.3.0\n",
    "charts/cache/values.yaml": "size: 0\n",
    "charts/cache/templates/cache.yaml": """
        apiVersion: apps/v1
        kind: Deployment
        metadata: {name: "{{ .Chart.Name }}", labels: {team: "{{ .Values.global.team }}"}}
        spec: {replicas: {{ .Values.size }}, selector: {matchLabels: {a: b}}, template: {metadata: {labels: {a: b}}}}
    """,
}
LIBRARIES = {
    "shapes/Chart.yaml": "apiVersion: v2\nname: shapes\nversion: 0.1.0\ntype: library\n",
    "shapes/templates/_service.tpl": """
        {{- define "shapes.service" -}}
        apiVersion: v1
        kind: Service
        metadata: {name: {{ .name }}}
        spec: {ports: [{port: {{ .port }}}]}
        {{- end }}
    """,
    "tagged/Chart.yaml": "apiVersion: v2\nname: tagged\nversion: 0.1.0\n",
    "tagged/values.yaml": "{}\n",
    "tagged/templates/t.yaml": 'apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: "{{ .Release.Name }}"}\n',
}
OVERLAY = {
    "base/kustomization.yaml": """
        resources: [deployment.yaml, service.yaml]
        configMapGenerator:
        - name: settings
          literals: [mode=base, answer=yes]
          files: [motd.txt]
        secretGenerator:
        - {name: token, literals: [t=1], type: Opaque}
    """,
    "base/motd.txt": "be kind\n",
    "base/deployment.yaml": """
        apiVersion: apps/v1
        kind: Deployment
        metadata: {name: web}
        spec:
          replicas: 1
          selector: {matchLabels: {app: web}}
          template:
            metadata: {labels: {app: web}}
            spec:
              containers:
              - name: web
                image: nginx:1.0
                env: [{name: HOST, value: PLACEHOLDER}]
                envFrom: [{configMapRef: {name: settings}}, {secretRef: {name: token}}]
    """,
    "base/service.yaml": """
        apiVersion: v1
        kind: Service
        metadata: {name: web}
        spec: {selector: {app: web}, ports: [{port: 80}]}
    """,
    "components/tls/kustomization.yaml": """
        apiVersion: kustomize.config.k8s.io/v1alpha1
        kind: Component
        patches:
        - target: {kind: Service}
          patch: |-
            - op: replace
              path: /spec/ports/0/port
              value: 443
    """,
    "components/quota/kustomization.yaml": """
        apiVersion: kustomize.config.k8s.io/v1alpha1
        kind: Component
        resources: [quota.yaml]
    """,
    "components/quota/quota.yaml": """
        apiVersion: v1
        kind: ResourceQuota
        metadata: {name: quota}
        spec: {hard: {pods: 4}}
    """,
    "prod/kustomization.yaml": """
        namespace: prod
        namePrefix: p-
        resources: [../base]
        components: [../components/tls]
        labels: [{pairs: {env: prod}, includeTemplates: true}]
        images: [{name: nginx, newTag: "2.0"}]
        replicas: [{name: web, count: 3}]
        configMapGenerator:
        - {name: settings, behavior: merge, literals: [mode=prod]}
        patches:
        - path: memory.yaml
        - target: {kind: Deployment, name: web}
          patch: |-
            - {op: add, path: /metadata/annotations, value: {patched: "yes"}}
        replacements:
        - source: {kind: Service, name: web, fieldPath: metadata.name}
          targets:
          - select: {kind: Deployment}
            fieldPaths: ["spec.template.spec.containers.[name=web].env.[name=HOST].value"]
    """,
    "prod/memory.yaml": """
        apiVersion: apps/v1
        kind: Deployment
        metadata: {name: web}
        spec: {template: {spec: {containers: [{name: web, resources: {limits: {memory: 1Gi}}}]}}}
    """,
}
