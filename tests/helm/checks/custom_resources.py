"""JSON schemas from the custom resource definitions of a folder; rules in CEL are left to an API server."""

import os
from functools import cache
from pathlib import Path

import yaml
from jsonschema import Draft202012Validator

ROOT = Path(__file__).resolve().parents[3]
FILES = {
    ("serving.kserve.io", "InferenceService"): "kserve_inferenceservices.yaml",
    ("serving.kserve.io", "ServingRuntime"): "kserve_servingruntimes.yaml",
    ("trainer.kubeflow.org", "TrainingRuntime"): "trainer_trainingruntimes.yaml",
    ("monitoring.coreos.com", "ServiceMonitor"): "prom_servicemonitors.yaml",
    ("monitoring.coreos.com", "PrometheusRule"): "prom_prometheusrules.yaml",
}


def folder():
    """Return the folder that PULIH_CRDS names, by default ../shared/crds; None when there is none."""
    path = Path(os.environ.get("PULIH_CRDS") or ROOT.parent / "shared" / "crds")
    return path if path.is_dir() else None


def is_custom(item):
    return "." in item["apiVersion"].split("/")[0] and not item["apiVersion"].split("/")[0].endswith(".k8s.io")


@cache
def validator(group, version, kind):
    text = (folder() / FILES[group, kind]).read_text()
    definition = yaml.load(text, getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    [schema] = [v["schema"]["openAPIV3Schema"] for v in definition["spec"]["versions"] if v["name"] == version]
    return Draft202012Validator(_closed(schema, root=True))


def errors(item):
    """Return what the definition of a custom object refuses."""
    group, version = item["apiVersion"].split("/")
    found = validator(group, version, item["kind"]).iter_errors(item)
    return [f"{'/'.join(map(str, error.absolute_path))}: {error.message[:200]}" for error in found]


def _closed(schema, root=False):
    """Return the JSON schema that strict field validation amounts to."""
    made = {k: v for k, v in schema.items() if k in ("type", "enum", "pattern", "required", "minimum", "maximum")}
    made |= {k: schema[k] for k in ("minItems", "maxItems", "minLength", "maxLength", "minProperties") if k in schema}
    for name in ("anyOf", "oneOf", "allOf"):
        if name in schema:
            made[name] = [{k: v for k, v in part.items() if k in ("type", "required")} for part in schema[name]]
    if "properties" in schema:
        made["properties"] = {name: _closed(part) for name, part in schema["properties"].items()}
        if root:
            made["properties"] |= {"metadata": {"type": "object"}}
        if not schema.get("x-kubernetes-preserve-unknown-fields"):
            made["additionalProperties"] = False
    if isinstance(schema.get("additionalProperties"), dict):
        made["additionalProperties"] = _closed(schema["additionalProperties"])
    if "items" in schema:
        made["items"] = _closed(schema["items"])
    if schema.get("x-kubernetes-int-or-string"):
        made.pop("type", None)
    if schema.get("nullable") and "type" in made:
        made["type"] = [made["type"], "null"]
    return made
