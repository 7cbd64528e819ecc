"""The Pod Security standard "restricted" and the rules of this house, on pod specs as they are rendered.

Source: Kubernetes documentation, "Pod Security Standards".
A custom resource counts as the pod that its controller makes.
"""

USER = 65532
VOLUMES = {
    "configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "persistentVolumeClaim", "projected", "secret",
}  # fmt: skip
SYSCTLS = {
    "kernel.shm_rmid_forced",
    "net.ipv4.ip_local_port_range",
    "net.ipv4.ip_unprivileged_port_start",
    "net.ipv4.tcp_syncookies",
    "net.ipv4.ping_group_range",
}


def pods(objects):
    """Return the pod specs in a list of objects, each with the name ``Kind/name``."""
    runtimes = {o["metadata"]["name"]: o["spec"] for o in objects if o["kind"] == "ServingRuntime"}
    found = {}
    for item in objects:
        name, spec = f"{item['kind']}/{item['metadata']['name']}", item.get("spec", {})
        match item["kind"]:
            case "Pod" | "ServingRuntime":
                found[name] = spec
            case "Deployment" | "StatefulSet" | "DaemonSet" | "ReplicaSet" | "Job":
                found[name] = spec["template"]["spec"]
            case "CronJob":
                found[name] = spec["jobTemplate"]["spec"]["template"]["spec"]
            case "TrainingRuntime":
                for job in spec["template"]["spec"]["replicatedJobs"]:
                    found[name] = job["template"]["spec"]["template"]["spec"]
            case "InferenceService":
                runtime = runtimes[spec["predictor"]["model"]["runtime"]]
                # KServe lays the service's pod over the runtime's.
                found[name] = {**runtime, **spec["predictor"]}
    return found


def violations(pod):
    """Return the rules that a pod spec breaks, each as ``place: rule``."""
    return [
        *_pod_rules(pod),
        *_profile_rules(pod),
        *(rule for c in _containers(pod) for rule in _container_rules(c, pod)),
    ]


def _containers(pod):
    return [*pod.get("containers", []), *pod.get("initContainers", []), *pod.get("ephemeralContainers", [])]


def _pod_rules(pod):
    context = pod.get("securityContext", {})
    for name in ("hostNetwork", "hostPID", "hostIPC"):
        if pod.get(name):
            yield f"pod: {name}"
    for volume in pod.get("volumes", []):
        for kind in set(volume) - {"name"} - VOLUMES:
            yield f"volume {volume['name']}: type {kind}"
    for sysctl in context.get("sysctls", []):
        if sysctl["name"] not in SYSCTLS:
            yield f"pod: sysctl {sysctl['name']}"
    if pod.get("automountServiceAccountToken") is not False and "supportedModelFormats" not in pod:
        yield "pod: mounts a token of the API server"


def _profile_rules(pod):
    context = pod.get("securityContext", {})
    for context_of in (context, *(c.get("securityContext", {}) for c in _containers(pod))):
        if context_of.get("appArmorProfile", {}).get("type", "RuntimeDefault") == "Unconfined":
            yield "pod: AppArmor unconfined"
        if set(context_of.get("seLinuxOptions", {})) & {"user", "role"}:
            yield "pod: SELinux user or role"


def _container_rules(container, pod):
    place, own = f"container {container['name']}", container.get("securityContext", {})
    merged = {**pod.get("securityContext", {}), **own}
    required = {
        "allowPrivilegeEscalation": own.get("allowPrivilegeEscalation") is False,
        "privileged": not own.get("privileged"),
        "capabilities.drop": "ALL" in own.get("capabilities", {}).get("drop", []),
        "capabilities.add": set(own.get("capabilities", {}).get("add", [])) <= {"NET_BIND_SERVICE"},
        "runAsNonRoot": merged.get("runAsNonRoot") is True,
        "seccompProfile": merged.get("seccompProfile", {}).get("type") in ("RuntimeDefault", "Localhost"),
        "procMount": own.get("procMount", "Default") == "Default",
        "hostPort": not any(port.get("hostPort") for port in container.get("ports", [])),
        f"user {USER}": merged.get("runAsUser") == USER,
        "readOnlyRootFilesystem": own.get("readOnlyRootFilesystem") is True,
        "resources": {"cpu", "memory"}
        <= set(container.get("resources", {}).get("requests", {}))
        & set(container.get("resources", {}).get("limits", {})),
    }
    yield from (f"{place}: {rule}" for rule, kept in required.items() if not kept)
