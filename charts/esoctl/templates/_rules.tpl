{{- /* Written by hack/rights.py from the table in esoctl.rbac.rights. */ -}}

{{- define "esoctl.rules.served" -}}
# Follow the objects; patch sets and lifts the finalizer of ExternalSecrets whose deletion needs work.
- apiGroups: [external-secrets.io]
  resources: [externalsecrets]
  verbs: [get, list, watch, patch]
# Follow the stores.
- apiGroups: [external-secrets.io]
  resources: [secretstores]
  verbs: [list, watch]
# Say how they are.
- apiGroups: [external-secrets.io]
  resources: [externalsecrets/status, secretstores/status]
  verbs: [patch]
# Secrets name their ExternalSecret as an owner whose deletion they block; where the API server runs
# OwnerReferencesPermissionEnforcement, that needs this.
- apiGroups: [external-secrets.io]
  resources: [externalsecrets/finalizers]
  verbs: [update]
# Generators, which are read when they are used, and followed while an ExternalSecret uses one.
- apiGroups: [generators.external-secrets.io]
  resources: [fakes, passwords, uuids]
  verbs: [get, list, watch]
# Read credentials; write targets by server-side apply, which is create and patch.
- apiGroups: [""]
  resources: [secrets]
  verbs: [get, list, watch, create, patch, delete]
# Templates that ExternalSecrets keep in ConfigMaps; their versions are followed while there are any such.
- apiGroups: [""]
  resources: [configmaps]
  verbs: [get, list, watch]
# Tell what happened.
- apiGroups: [""]
  resources: [events]
  verbs: [create, patch]
{{- if .Values.rbac.serviceAccountTokenCreate }}
# The role that a ServiceAccount named by auth.jwt of a store is annotated with.
- apiGroups: [""]
  resources: [serviceaccounts]
  verbs: [get]
{{- end }}
{{- if .Values.rbac.serviceAccountTokenCreate }}
# Tokens of those ServiceAccounts, to be exchanged for AWS roles.
- apiGroups: [""]
  resources: [serviceaccounts/token]
  verbs: [create]
{{- end }}
{{- if .Values.genericTargets.enabled }}
{{- range .Values.genericTargets.resources }}
# Targets of this kind.
- apiGroups: [{{ .apiGroup | quote }}]
  resources: [{{ join ", " .resources }}]
  verbs: [{{ join ", " .verbs }}]
{{- end }}
{{- end }}
{{- end }}

{{- define "esoctl.rules.cluster" -}}
# Follow the stores of the whole cluster.
- apiGroups: [external-secrets.io]
  resources: [clustersecretstores]
  verbs: [list, watch]
# Say how they are.
- apiGroups: [external-secrets.io]
  resources: [clustersecretstores/status]
  verbs: [patch]
# The same of the whole cluster.
- apiGroups: [generators.external-secrets.io]
  resources: [clustergenerators]
  verbs: [get, list, watch]
# Labels of namespaces, which the conditions of ClusterSecretStores select by.
- apiGroups: [""]
  resources: [namespaces]
  verbs: [list, watch]
{{- end }}

{{- define "esoctl.rules.anyway" -}}
{{- if .Values.metrics.listen.auth }}
# Ask whose token a scrape of the metrics shows.
- apiGroups: [authentication.k8s.io]
  resources: [tokenreviews]
  verbs: [create]
{{- end }}
{{- if .Values.metrics.listen.auth }}
# Ask whether its owner may get /metrics.
- apiGroups: [authorization.k8s.io]
  resources: [subjectaccessreviews]
  verbs: [create]
{{- end }}
{{- end }}

{{- define "esoctl.rules.home" -}}
{{- if .Values.leaderElect }}
# The Lease that replicas compete for. A right to create cannot be bound to a name.
- apiGroups: [coordination.k8s.io]
  resources: [leases]
  verbs: [create]
{{- end }}
{{- if .Values.leaderElect }}
# Read and renew it.
- apiGroups: [coordination.k8s.io]
  resources: [leases]
  resourceNames: [{{ .Values.leaderElectionID | quote }}]
  verbs: [get, update]
{{- end }}
{{- end }}
