{{/* Labels of every object; the component is given as a list: (list . "serving"). */}}
{{- define "pulih.labels" -}}
{{- $root := index . 0 -}}
app.kubernetes.io/name: pulih
app.kubernetes.io/instance: {{ $root.Release.Name }}
app.kubernetes.io/component: {{ index . 1 }}
app.kubernetes.io/version: {{ $root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ $root.Release.Service }}
helm.sh/chart: {{ $root.Chart.Name }}-{{ $root.Chart.Version | replace "+" "_" }}
{{- end }}

{{/* Labels by which pods are selected; they never change. */}}
{{- define "pulih.selector" -}}
{{- $root := index . 0 -}}
app.kubernetes.io/name: pulih
app.kubernetes.io/instance: {{ $root.Release.Name }}
app.kubernetes.io/component: {{ index . 1 }}
{{- end }}

{{/* Reference of an image: (list . "serving" "default tag"). */}}
{{- define "pulih.image" -}}
{{- $image := index (index . 0).Values.images (index . 1) -}}
{{- if $image.digest -}}
{{ $image.repository }}@{{ $image.digest }}
{{- else -}}
{{ $image.repository }}:{{ $image.tag | default (index . 2) }}
{{- end -}}
{{- end }}

{{- define "pulih.servingImage" -}}
{{ include "pulih.image" (list . "serving" .Chart.AppVersion) }}
{{- end }}

{{- define "pulih.trainingImage" -}}
{{ include "pulih.image" (list . "training" (printf "%s-python3.11" .Chart.AppVersion)) }}
{{- end }}

{{- define "pulih.pullSecrets" -}}
{{- with .Values.images.pullSecrets }}
imagePullSecrets:
  {{- range . }}
  - name: {{ . }}
  {{- end }}
{{- end }}
{{- end }}

{{/* One --set argument per setting, typed as JSON. */}}
{{- define "pulih.settings" -}}
{{- range $name, $value := . }}
- {{ printf "--set=%s=%s" $name (toJson $value) | quote }}
{{- end }}
{{- end }}

{{/* Further subjects of a RoleBinding; only service accounts have a namespace, the others an API group. */}}
{{- define "pulih.subjects" -}}
{{- range . }}
- kind: {{ .kind }}
  name: {{ .name | quote }}
  {{- if eq .kind "ServiceAccount" }}
  namespace: {{ .namespace }}
  {{- else }}
  apiGroup: rbac.authorization.k8s.io
  {{- end }}
{{- end }}
{{- end }}
