{{- define "pulih.storageName" -}}
{{ .Release.Name }}-storage
{{- end }}

{{/* Name of the Secret with the keys; empty for public buckets. */}}
{{- define "pulih.storageSecret" -}}
{{- if .Values.storage.existingSecret -}}
{{ .Values.storage.existingSecret }}
{{- else if .Values.storage.accessKey -}}
{{ include "pulih.storageName" . }}
{{- end -}}
{{- end }}

{{- define "pulih.storageUrl" -}}
{{ ternary "https" "http" .Values.storage.secure }}://{{ .Values.storage.endpoint }}
{{- end }}

{{- define "pulih.storagePort" -}}
{{- $port := regexFind ":[0-9]+$" .Values.storage.endpoint | trimPrefix ":" -}}
{{ $port | default (ternary "443" "80" .Values.storage.secure) }}
{{- end }}

{{/* What KServe's storage initializer is told, as annotations of the Secret that its service account names. */}}
{{- define "pulih.kserveStorage" -}}
{{- with .Values.storage -}}
serving.kserve.io/s3-endpoint: {{ .endpoint | quote }}
serving.kserve.io/s3-usehttps: {{ ternary "1" "0" .secure | quote }}
serving.kserve.io/s3-verifyssl: {{ ternary "1" "0" .secure | quote }}
serving.kserve.io/s3-region: {{ .region | quote }}
{{- if .caConfigMap }}
serving.kserve.io/s3-cabundle: ca.crt
serving.kserve.io/s3-cabundle-configmap: {{ .caConfigMap }}
{{- end }}
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
