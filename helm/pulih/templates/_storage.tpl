{{- define "pulih.storageName" -}}
{{ .Release.Name }}-storage
{{- end }}

{{/* host:port of the store: the one that is named, else the chart's own, else empty. */}}
{{- define "pulih.storageEndpoint" -}}
{{- if .Values.storage.endpoint -}}
{{ .Values.storage.endpoint }}
{{- else if .Values.seaweedfs.enabled -}}
{{ .Release.Name }}-s3.{{ .Release.Namespace }}.svc:8333
{{- end -}}
{{- end }}

{{/* "true" or empty: the chart's own store, without TLS, is the one in use. */}}
{{- define "pulih.storageSecure" -}}
{{- if and .Values.storage.secure .Values.storage.endpoint -}}true{{- end -}}
{{- end }}

{{/* "true" when this release makes the Secret with the keys. */}}
{{- define "pulih.makesKeys" -}}
{{- if and (not .Values.storage.existingSecret) (or .Values.storage.accessKey .Values.seaweedfs.enabled) -}}true{{- end -}}
{{- end }}

{{/* Name of the Secret with the keys; empty for public buckets. */}}
{{- define "pulih.storageSecret" -}}
{{- if .Values.storage.existingSecret -}}
{{ .Values.storage.existingSecret }}
{{- else if include "pulih.makesKeys" . -}}
{{ include "pulih.storageName" . }}
{{- end -}}
{{- end }}

{{- define "pulih.storageUrl" -}}
{{ ternary "https" "http" (eq (include "pulih.storageSecure" .) "true") }}://{{ include "pulih.storageEndpoint" . }}
{{- end }}

{{- define "pulih.storagePort" -}}
{{- $port := regexFind ":[0-9]+$" (include "pulih.storageEndpoint" .) | trimPrefix ":" -}}
{{ $port | default (ternary "443" "80" (eq (include "pulih.storageSecure" .) "true")) }}
{{- end }}

{{/* What KServe's storage initializer is told, as annotations of the Secret that its service account names. */}}
{{- define "pulih.kserveStorage" -}}
{{- $secure := ternary "1" "0" (eq (include "pulih.storageSecure" .) "true") -}}
serving.kserve.io/s3-endpoint: {{ include "pulih.storageEndpoint" . | quote }}
serving.kserve.io/s3-usehttps: {{ $secure | quote }}
serving.kserve.io/s3-verifyssl: {{ $secure | quote }}
serving.kserve.io/s3-region: {{ .Values.storage.region | quote }}
{{- with .Values.storage.caConfigMap }}
serving.kserve.io/s3-cabundle: ca.crt
serving.kserve.io/s3-cabundle-configmap: {{ . }}
{{- end }}
{{- end }}

{{/* envFrom, volume and mount of a container that talks to the store. */}}
{{- define "pulih.storageEnvFrom" -}}
- configMapRef:
    name: {{ include "pulih.storageName" . }}
{{- with include "pulih.storageSecret" . }}
- secretRef:
    name: {{ . }}
{{- end }}
{{- end }}

{{- define "pulih.caVolume" -}}
{{- with .Values.storage.caConfigMap }}
- name: store-ca
  configMap:
    name: {{ . }}
{{- end }}
{{- end }}

{{- define "pulih.caMount" -}}
{{- if .Values.storage.caConfigMap }}
- name: store-ca
  mountPath: /etc/pulih/ca
  readOnly: true
{{- end }}
{{- end }}

{{/* Address of the MLflow server: the one that is named, else the chart's own, else empty. */}}
{{- define "pulih.mlflowUri" -}}
{{- if .Values.mlflow.uri -}}
{{ .Values.mlflow.uri }}
{{- else if .Values.mlflow.server.enabled -}}
http://{{ .Release.Name }}-mlflow.{{ .Release.Namespace }}.svc:5000
{{- end -}}
{{- end }}

{{/* Names by which clients may call the chart's MLflow server. */}}
{{- define "pulih.mlflowHosts" -}}
{{- $name := printf "%s-mlflow" .Release.Name -}}
{{- $hosts := list $name (printf "%s.%s" $name .Release.Namespace) (printf "%s.%s.svc" $name .Release.Namespace) -}}
{{- $hosts = concat $hosts (list (printf "%s.%s.svc.cluster.local" $name .Release.Namespace) "localhost" "127.0.0.1") -}}
{{- range $host := $hosts }}{{ $host }},{{ $host }}:5000,{{ end }}{{ .Values.mlflow.server.hosts | join "," }}
{{- end }}
