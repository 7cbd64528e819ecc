"""No pod needs root, a writable root or a capability; no role reads secrets; every opening has a name."""

import copy

import pytest
import yaml
from checks import pod_security
from checks.rendering import EVERYTHING, ROOT, all_renderings, endpoint, objects, one

RENDERINGS = all_renderings()
EXCEPTIONS = yaml.safe_load((ROOT / "helm" / "pod-security-exceptions.yaml").read_text())
PODS = {f"{name}: {pod}": spec for name, found in RENDERINGS.items() for pod, spec in pod_security.pods(found).items()}


@pytest.mark.parametrize("name", PODS)
def test_pod_keeps_the_restricted_standard(name):
    excepted = {e["rule"] for e in EXCEPTIONS if name.endswith(f": {e['pod']}")}
    assert set(pod_security.violations(PODS[name])) - excepted == set()


def test_every_exception_has_a_reason_and_is_needed():
    broken = {(name.split(": ", 1)[1], rule) for name, spec in PODS.items() for rule in pod_security.violations(spec)}
    assert [e for e in EXCEPTIONS if not e.get("reason") or (e["pod"], e["rule"]) not in broken] == []


def test_every_kind_of_pod_is_looked_at():
    found = pod_security.pods(RENDERINGS["everything"])
    kinds = {"ServingRuntime", "InferenceService", "TrainingRuntime", "CronJob", "Pod", "Deployment", "Job"}
    assert {name.split("/")[0] for name in found} == kinds


def without(spec, *path):
    for key in path[:-1]:
        spec = spec[key]
    del spec[path[-1]]


BREAKS = {
    "hostNetwork": lambda pod: pod.update(hostNetwork=True),
    "type hostPath": lambda pod: pod["volumes"].append({"name": "h", "hostPath": {"path": "/"}}),
    "sysctl kernel.msgmax": lambda pod: pod["securityContext"].update(sysctls=[{"name": "kernel.msgmax"}]),
    "token": lambda pod: pod.pop("automountServiceAccountToken"),
    "SELinux": lambda pod: pod["securityContext"].update(seLinuxOptions={"user": "root"}),
    "AppArmor": lambda pod: pod["securityContext"].update(appArmorProfile={"type": "Unconfined"}),
    "allowPrivilegeEscalation": lambda pod: without(
        pod, "containers", 0, "securityContext", "allowPrivilegeEscalation"
    ),
    "privileged": lambda pod: pod["containers"][0]["securityContext"].update(privileged=True),
    "capabilities.drop": lambda pod: without(pod, "containers", 0, "securityContext", "capabilities"),
    "capabilities.add": lambda pod: pod["containers"][0]["securityContext"]["capabilities"].update(add=["SYS_PTRACE"]),
    "runAsNonRoot": lambda pod: pod["containers"][0]["securityContext"].update(runAsNonRoot=False),
    "user 65532": lambda pod: pod["containers"][0]["securityContext"].update(runAsUser=0),
    "seccompProfile": lambda pod: pod["containers"][0]["securityContext"]["seccompProfile"].update(type="Unconfined"),
    "procMount": lambda pod: pod["containers"][0]["securityContext"].update(procMount="Unmasked"),
    "hostPort": lambda pod: pod["containers"][0].update(ports=[{"containerPort": 1, "hostPort": 1}]),
    "readOnlyRootFilesystem": lambda pod: without(pod, "containers", 0, "securityContext", "readOnlyRootFilesystem"),
    "resources": lambda pod: without(pod, "containers", 0, "resources", "limits"),
}


@pytest.mark.parametrize("rule", BREAKS)
def test_check_finds_a_pod_that_breaks_a_rule(rule):
    pod = copy.deepcopy(pod_security.pods(RENDERINGS["everything"])["CronJob/pulih-drift"])
    BREAKS[rule](pod)
    [found] = pod_security.violations(pod)
    assert rule in found


def test_roles_are_namespaced_name_their_verbs_and_read_no_secret_but_that_of_the_store():
    kinds = {item["kind"] for item in RENDERINGS["everything"]}
    assert not kinds & {"ClusterRole", "ClusterRoleBinding"}
    rules = [rule for item in RENDERINGS["everything"] if item["kind"] == "Role" for rule in item["rules"]]
    assert rules
    for rule in rules:
        assert "*" not in [*rule["apiGroups"], *rule["resources"], *rule["verbs"]]
        assert not {"pods/exec", "roles", "rolebindings", "serviceaccounts/token"} & set(rule["resources"])
    readers = [item for item in RENDERINGS["everything"] if item["kind"] == "Role" and "secrets" in str(item["rules"])]
    assert [role["metadata"]["name"] for role in readers] == ["pulih-deployer"]
    [rule] = [rule for rule in readers[0]["rules"] if "secrets" in rule["resources"]]
    assert (rule["resourceNames"], rule["verbs"]) == (["pulih-storage"], ["get"])


def test_only_the_deployer_changes_endpoints():
    roles = {item["metadata"]["name"]: item["rules"] for item in RENDERINGS["everything"] if item["kind"] == "Role"}
    change = {"create", "update", "patch", "delete"}
    holders = {
        name
        for name, rules in roles.items()
        for rule in rules
        if "inferenceservices" in rule["resources"] and change & set(rule["verbs"])
    }
    assert holders == {"pulih-deployer"}


def test_further_subjects_get_the_rights_they_are_named_for():
    subject = {"kind": "Group", "name": "archivists"}
    found = objects({"rbac": {"submitters": [subject]}})
    assert (
        subject | {"apiGroup": "rbac.authorization.k8s.io"} in one(found, "RoleBinding", "pulih-submitter")["subjects"]
    )
    assert len(one(found, "RoleBinding", "pulih-deployer")["subjects"]) == 1


def policies(values):
    found = [item for item in objects(values) if item["kind"] == "NetworkPolicy"]
    return {item["metadata"]["name"].removeprefix("pulih-"): item["spec"] for item in found}


def test_network_is_closed_but_for_named_openings():
    found = policies(EVERYTHING)
    assert found.pop("default-deny") == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
    openings = ("dns", "store", "endpoint", "test", "pipelines", "trainjob", "s3", "mlflow", "feast", "doctor")
    assert set(found) == {*(f"allow-{name}" for name in openings), "reach-mlflow", "reach-feast"}
    # An empty rule, or one without "from" or "to", would open more than its name says; only the store may be anywhere.
    for name, spec in found.items():
        rules = [*spec.get("ingress", []), *spec.get("egress", [])]
        assert all(rule.get("from") or rule.get("to") or name == "allow-store" for rule in rules)
        assert rules


def test_store_is_reached_at_its_port_and_only_where_it_is():
    assert policies(EVERYTHING)["allow-store"]["egress"] == [{"ports": [{"protocol": "TCP", "port": 8333}]}]
    tls = {"storage": {"endpoint": "s3.archive.example"}, "networkPolicies": {"store": {"cidr": "10.1.0.0/16"}}}
    [rule] = policies(tls)["allow-store"]["egress"]
    assert rule == {"ports": [{"protocol": "TCP", "port": 443}], "to": [{"ipBlock": {"cidr": "10.1.0.0/16"}}]}
    inside = EVERYTHING | {"networkPolicies": {"store": {"namespace": "storage"}}}
    [rule] = policies(inside)["allow-store"]["egress"]
    assert list(rule) == ["to"]
    assert rule["to"][0]["namespaceSelector"]["matchLabels"] == {"kubernetes.io/metadata.name": "storage"}


def test_policies_select_the_pods_they_are_meant_for():
    found = objects(EVERYTHING)
    service, test = endpoint(found)["metadata"]["name"], one(found, "Pod")["metadata"]["labels"]
    spec = policies(EVERYTHING)
    assert spec["allow-endpoint"]["podSelector"]["matchLabels"] == {"serving.kserve.io/inferenceservice": service}
    assert spec["allow-test"]["podSelector"]["matchLabels"].items() <= test.items()
    assert one(found, "PodDisruptionBudget")["spec"]["selector"] == spec["allow-endpoint"]["podSelector"]
