"""What the chart and the overlays render to, by the engines that users have: Helm's and kubectl's."""

import subprocess
import sys
from functools import cache
from pathlib import Path

import helm_python
import yaml

ROOT = Path(__file__).resolve().parents[3]
CHART = ROOT / "helm" / "pulih"
VALUES_FILES = sorted((CHART / "values").glob("*.yaml"))
OVERLAYS = sorted((ROOT / "manifests" / "overlays").iterdir())
STORE = {"storage": {"endpoint": "s3.store:8333", "secure": False, "accessKey": "key", "secretKey": "planted-secret"}}
# Every template renders something.
EVERYTHING = STORE | {
    "mlflow": {"uri": "http://mlflow.mlflow:5000", "artifacts": "s3://pulih/mlflow", "server": {"enabled": True}},
    "seaweedfs": {"enabled": True},
    "drift": {"enabled": True, "lines": "s3://pulih/lines", "archive": "s3://scans/voc"},
    "feast": {"enabled": True},
    "monitoring": {"enabled": True},
    "trainjob": {"enabled": True},
}


@cache
def chart():
    return helm_python.Chart.load(str(CHART))


def templates(values, name="pulih", namespace="pulih"):
    """Return what ``helm template`` gives, by path inside of the chart; the values are checked by the schema first."""
    chart().validate_schema(values)
    rendered = chart().render(values, name=name, namespace=namespace)
    return {path.removeprefix("pulih/"): text for path, text in rendered.items()}


def objects(values, **release):
    texts = (text for path, text in templates(values, **release).items() if path.endswith(".yaml"))
    return [found for text in texts for found in yaml.safe_load_all(text) if found]


def endpoint(found):
    """Return the InferenceService that ``pulih deploy`` starts from, as the ConfigMap of the chart has it."""
    [pattern] = [o["data"] for o in found if o["kind"] == "ConfigMap" and o["metadata"]["name"].endswith("-endpoint")]
    return yaml.safe_load(pattern["inferenceservice.yaml"])


def with_endpoint(found):
    """Add what the chart keeps as a pattern in ConfigMaps: the endpoint, and the Job of the doctor."""
    jobs = [yaml.safe_load(o["data"]["job.yaml"]) for o in found if "job.yaml" in o.get("data", {})]
    return [*found, endpoint(found), *jobs]


def one(found, kind, name=None):
    """Return the only object of a kind (and name)."""
    match = [o for o in found if o["kind"] == kind and name in (None, o["metadata"]["name"])]
    assert len(match) == 1, f"{len(match)} of {kind} {name or ''}"
    return match[0]


def values_of(path):
    return yaml.safe_load(path.read_text())


@cache
def overlay(path):
    """Return what ``kubectl apply -k`` would send."""
    command = [str(Path(sys.executable).with_name("kubectl")), "kustomize", str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    return [found for found in yaml.safe_load_all(done.stdout) if found]


def all_renderings():
    """Return every set of objects that is checked, by a name for the test's report."""
    made = {"defaults": with_endpoint(objects({})), "everything": with_endpoint(objects(EVERYTHING))}
    made |= {f"values/{path.name}": with_endpoint(objects(values_of(path))) for path in VALUES_FILES}
    return made | {f"overlays/{path.name}": overlay(path) for path in OVERLAYS}
