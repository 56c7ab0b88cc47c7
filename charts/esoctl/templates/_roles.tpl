{{- /* Parts that hold something, one after the other. */ -}}
{{- define "esoctl.joined" -}}
{{- $found := list }}
{{- range . }}
{{- with trim . }}
{{- $found = append $found . }}
{{- end }}
{{- end }}
{{- join "\n" $found }}
{{- end }}

{{- /* A role of a kind, and its binding to the operator. */ -}}
{{- define "esoctl.role" -}}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: {{ .kind }}
metadata:
  name: {{ .name }}
  {{- with .namespace }}
  namespace: {{ . | quote }}
  {{- end }}
  labels:
    {{- include "esoctl.labels" .root | nindent 4 }}
rules:
  {{- .rules | nindent 2 }}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: {{ .kind }}Binding
metadata:
  name: {{ .name }}
  {{- with .namespace }}
  namespace: {{ . | quote }}
  {{- end }}
  labels:
    {{- include "esoctl.labels" .root | nindent 4 }}
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: {{ .kind }}
  name: {{ .name }}
subjects:
  - kind: ServiceAccount
    name: {{ include "esoctl.account" .root }}
    namespace: {{ .root.Release.Namespace }}
{{- end }}
