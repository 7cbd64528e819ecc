{{/* The folder of the repository: below the volume's root, where file systems keep things of their own. */}}
{{- define "pulih.feastRepository" -}}
/features/repository
{{- end }}

{{- define "pulih.feastClaim" -}}
{{ .Values.feast.existingClaim | default (printf "%s-feast" .Release.Name) }}
{{- end }}

{{/* A repository of the user's own may name the store. */}}
{{- define "pulih.feastStorage" -}}
{{- if include "pulih.storageEndpoint" . }}
envFrom: {{- include "pulih.storageEnvFrom" . | nindent 2 }}
{{- end }}
{{- end }}

{{/* A volume of this kind is on one node at a time: the drift check goes to the server's. */}}
{{- define "pulih.feastAffinity" -}}
{{- if and .Values.feast.enabled (eq .Values.feast.accessMode "ReadWriteOnce") }}
affinity:
  podAffinity:
    requiredDuringSchedulingIgnoredDuringExecution:
      - topologyKey: kubernetes.io/hostname
        labelSelector:
          matchLabels: {{- include "pulih.selector" (list . "feast") | nindent 12 }}
{{- end }}
{{- end }}
