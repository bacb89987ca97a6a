{{- define "owlmesh.labels" -}}
app.kubernetes.io/part-of: owlmesh
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .component }}
{{- end }}

{{- define "owlmesh.image" -}}
{{- $registry := .root.Values.image.registry -}}
{{ if $registry }}{{ trimSuffix "/" $registry }}/{{ end }}owl-{{ .stage | default .component }}:{{ .root.Values.image.tag | default .root.Chart.AppVersion }}
{{- end }}

{{/*
All stages as a JSON list: those of the model that requests get who name none, and those of the further ones, which have
what the former have unless they say otherwise. component is the stage, for further models behind their name. Names leave
room for what the pods of a Deployment add to them, so that pods of several stages can be told apart.
*/}}
{{- define "owlmesh.stages" -}}
{{- $ports := dict "vision" 9001 "abstractor" 9002 "llm" 9003 }}
{{- $all := list }}
{{- range $stage, $port := $ports }}
{{- $all = append $all (dict "stage" $stage "component" $stage "port" $port "model" $.Values.model "values" (index $.Values $stage)) }}
{{- end }}
{{- range $name, $model := .Values.models }}
{{- range $stage, $port := $ports }}
{{- $own := index $model $stage | default dict }}
{{- if has $stage ($model.shares | default list) }}
{{- if $own }}
{{- fail (printf "models.%s.%s: a stage that is shared has the values of the first model's" $name $stage) }}
{{- end }}
{{- else }}
{{- $values := mergeOverwrite (deepCopy (index $.Values $stage)) $own }}
{{- range $whole := list "env" "resources" "nodeSelector" "tolerations" }}
{{- if hasKey $own $whole }}
{{- $_ := set $values $whole (index $own $whole) }}
{{- end }}
{{- end }}
{{- $all = append $all (dict "stage" $stage "component" (printf "%s-%s" $name $stage) "port" $port "model" $model.model "values" $values) }}
{{- end }}
{{- end }}
{{- end }}
{{- range $all }}
{{- $full := printf "%s-%s" $.Release.Name .component }}
{{- if gt (len $full) 47 }}
{{- fail (printf "%s: %d characters, the names of release, model and stage together may have 47" $full (len $full)) }}
{{- end }}
{{- end }}
{{- toJson $all }}
{{- end }}

{{- define "owlmesh.security" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: {drop: [ALL]}
{{- end }}

{{/* Environment that all services share. */}}
{{- define "owlmesh.env" -}}
- {name: OWL_HOST, value: "0.0.0.0"}
- {name: OWL_LOG_JSON, value: "true"}
- {name: OWL_MANAGEMENT, value: "true"}
- {name: OWL_DRAIN_TIMEOUT, value: {{ printf "%dS" (int .root.Values.drainSeconds) | quote }}}
{{- if .root.Values.tls.enabled }}
- {name: OWL_TLS, value: /tls}
{{- end }}
{{- if or .root.Values.keys.allowAnonymous (and (ne .component "orchestrator") (not .root.Values.tls.enabled)) }}
- {name: OWL_ALLOW_ANONYMOUS, value: "true"}
{{- end }}
{{- with .root.Values.tracing.endpoint }}
- {name: OTEL_EXPORTER_OTLP_ENDPOINT, value: {{ . | quote }}}
{{- end }}
{{- range $name, $value := .env }}
- {name: {{ $name }}, value: {{ $value | quote }}}
{{- end }}
{{- end }}

{{/* Loading weights takes minutes, so the first probe is patient; what answers no more is started anew. */}}
{{- define "owlmesh.probes" -}}
startupProbe:
  httpGet: {path: /q/health/ready, port: management}
  periodSeconds: 5
  failureThreshold: 240
readinessProbe:
  httpGet: {path: /q/health/ready, port: management}
  periodSeconds: 2
  failureThreshold: 2
livenessProbe:
  httpGet: {path: /q/health/live, port: management}
  periodSeconds: 10
  timeoutSeconds: 5
  failureThreshold: 6
{{- end }}

{{- define "owlmesh.spread" -}}
topologySpreadConstraints:
  - maxSkew: 1
    topologyKey: kubernetes.io/hostname
    whenUnsatisfiable: ScheduleAnyway
    labelSelector:
      matchLabels:
        {{- include "owlmesh.labels" . | nindent 8 }}
{{- end }}

{{- define "owlmesh.pod" -}}
automountServiceAccountToken: {{ eq .component "orchestrator" }}
terminationGracePeriodSeconds: {{ add (int .root.Values.drainSeconds) 15 }}
securityContext:
  runAsNonRoot: true
  runAsUser: 1001
  runAsGroup: 1001
  fsGroup: 1001
  seccompProfile: {type: RuntimeDefault}
{{- with .root.Values.image.pullSecrets }}
imagePullSecrets:
  {{- range . }}
  - name: {{ . }}
  {{- end }}
{{- end }}
{{- end }}

{{/* The Gateway, and which of its listeners, that a route is for. */}}
{{- define "owlmesh.parent" -}}
- name: {{ required "orchestrator.gateway.name: the Gateway whose routes these are" .name }}
  {{- with .namespace }}
  namespace: {{ . }}
  {{- end }}
  {{- with .listener }}
  sectionName: {{ . }}
  {{- end }}
{{- end }}
