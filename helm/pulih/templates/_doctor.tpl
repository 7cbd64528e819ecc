{{- define "pulih.doctorJob" -}}
apiVersion: batch/v1
kind: Job
metadata:
  name: {{ .Release.Name }}-doctor
  labels: {{- include "pulih.labels" (list . "doctor") | nindent 4 }}
spec:
  backoffLimit: 0
  activeDeadlineSeconds: 300
  # Should nobody be left to remove it.
  ttlSecondsAfterFinished: 300
  template:
    metadata:
      labels: {{- include "pulih.selector" (list . "doctor") | nindent 8 }}
    spec:
      automountServiceAccountToken: false
      enableServiceLinks: false
      restartPolicy: Never
      securityContext: {{- include "pulih.podSecurity" . | nindent 8 }}
      {{- with include "pulih.pullSecrets" . | trim }}{{ . | nindent 6 }}{{ end }}
      containers:
        - name: doctor
          image: {{ include "pulih.trainingImage" . }}
          imagePullPolicy: {{ .Values.images.training.pullPolicy }}
          command: [pulih]
          args: [doctor, --connections, --json]
          envFrom: {{- include "pulih.storageEnvFrom" . | nindent 12 }}
          resources:
            requests: {cpu: 100m, memory: 256Mi}
            limits: {cpu: "1", memory: 1Gi}
          securityContext: {{- include "pulih.containerSecurity" . | nindent 12 }}
          volumeMounts:
            - {name: tmp, mountPath: /tmp}
            {{- with include "pulih.caMount" . | trim }}{{ . | nindent 12 }}{{ end }}
      volumes:
        - name: tmp
          emptyDir: {sizeLimit: 64Mi}
        {{- with include "pulih.caVolume" . | trim }}{{ . | nindent 8 }}{{ end }}
{{- end }}
