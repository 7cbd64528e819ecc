{{/* The endpoint without a model: `pulih deploy` adds its address, digests and the steps of a canary. */}}
{{- define "pulih.inferenceService" -}}
{{- with .Values.serving -}}
apiVersion: serving.kserve.io/v1beta1
kind: InferenceService
metadata:
  name: {{ .name }}
  labels:
    {{- include "pulih.selector" (list $ "serving") | nindent 4 }}
    app.kubernetes.io/managed-by: pulih
  annotations:
    serving.kserve.io/deploymentMode: {{ .mode }}
    {{- if eq .mode "Standard" }}
    serving.kserve.io/autoscalerClass: hpa
    {{- end }}
spec:
  predictor:
    serviceAccountName: {{ $.Release.Name }}-serving
    {{- with .storageContainer }}
    storageContainerName: {{ . }}
    {{- end }}
    automountServiceAccountToken: false
    # The addresses of neighbouring Services would appear as PULIH_... variables.
    enableServiceLinks: false
    minReplicas: {{ .replicas.min }}
    maxReplicas: {{ .replicas.max }}
    {{- if eq .mode "Standard" }}
    scaleMetric: {{ .autoscaling.metric }}
    scaleTarget: {{ .autoscaling.target }}
    deploymentStrategy:
      type: RollingUpdate
      rollingUpdate:
        maxSurge: {{ .deploymentStrategy.maxSurge }}
        maxUnavailable: {{ .deploymentStrategy.maxUnavailable }}
    terminationGracePeriodSeconds: {{ .terminationGraceSeconds }}
    {{- end }}
    securityContext: {{- include "pulih.podSecurity" $ | nindent 6 }}
    model:
      modelFormat:
        name: pulih
        version: "1"
      runtime: {{ $.Release.Name }}
      protocolVersion: v2
      resources: {{- toYaml .resources | nindent 8 }}
{{- end }}
{{- end }}
