"""Wrong values are refused before anything is applied; right ones reach the programs that read them."""

import json

import helm_python
import pytest
from checks.rendering import CHART, EVERYTHING, STORE, chart, endpoint, objects, one, templates

SCHEMA = json.loads((CHART / "values.schema.json").read_text())


def merged(*parts):
    made = {}
    for part in parts:
        for key, value in part.items():
            made[key] = (
                merged(made[key], value) if isinstance(value, dict) and isinstance(made.get(key), dict) else value
            )
    return made


@pytest.mark.parametrize(
    ("values", "named"),
    [
        ({"storge": {}}, "storge"),
        ({"storage": {"endpont": "s3:8333"}}, "endpont"),
        ({"serving": {"model": {"path": "a"}}}, "model"),
        ({"serving": {"settings": {"max_image": 4}}}, "max_image"),
        ({"serving": {"settings": {"limits": {"max_pixel": 4}}}}, "max_pixel"),
        ({"drift": {"settings": {"archive": "s3://a"}}}, "archive"),
        ({"images": {"serving": {"name": "x"}}}, "name"),
        ({"rbac": {"deployers": [{"kind": "Group", "name": "a", "role": "b"}]}}, "role"),
    ],
)
def test_unknown_keys_are_refused_by_name(values, named):
    with pytest.raises(helm_python.HelmValuesError, match=named):
        chart().validate_schema(values)


@pytest.mark.parametrize(
    ("values", "named"),
    [
        ({"serving": {"replicas": {"min": "two"}}}, "min"),
        ({"serving": {"replicas": {"min": 0}}}, "min"),
        ({"serving": {"threads": 0}}, "threads"),
        ({"serving": {"name": "Restorer"}}, "name"),
        ({"serving": {"resources": {"limits": {"cpu": "two"}}}}, "cpu"),
        ({"serving": {"mode": "Raw"}}, "mode"),
        ({"serving": {"settings": {"max_images": 0}}}, "max_images"),
        ({"storage": {"endpoint": "http://s3:8333"}}, "endpoint"),
        ({"storage": {"secure": "yes"}}, "secure"),
        ({"storage": {"buckets": {"serving": "Pulih"}}}, "serving"),
        ({"images": {"serving": {"digest": "abc"}}}, "digest"),
        ({"drift": {"schedule": "daily"}}, "schedule"),
        ({"drift": {"settings": {"confidence": 2}}}, "confidence"),
        ({"rbac": {"submitters": [{"kind": "ServiceAccount", "name": "a"}]}}, "submitters"),
        ({"monitoring": {"interval": "often"}}, "interval"),
    ],
)
def test_wrong_types_and_ranges_are_refused_by_name(values, named):
    with pytest.raises(helm_python.HelmValuesError, match=named):
        chart().validate_schema(values)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"storage": {"endpoint": "s3:1", "accessKey": "a"}}, "accessKey and storage.secretKey together"),
        (merged(STORE, {"storage": {"existingSecret": "b"}}), "found both"),
        ({"storage": {"existingSecret": "b"}}, "expected storage.endpoint"),
        (merged(STORE, {"drift": {"enabled": True}}), "expected drift.lines and drift.archive"),
        ({"serving": {"replicas": {"min": 5}}}, "replicas.min <= serving.replicas.max"),
        ({"serving": {"deploymentStrategy": {"maxSurge": 0}}}, "no pod could ever be replaced"),
    ],
)
def test_values_that_do_not_go_together_are_refused_with_the_reason(values, message):
    with pytest.raises(helm_python.HelmError, match=message):
        templates(values)


def test_release_name_leaves_room_for_the_job_of_the_drift_check():
    with pytest.raises(helm_python.HelmError, match="at most 40 characters"):
        templates({}, name="p" * 41)


def parts(schema, place=""):
    yield place, schema
    for name, part in {**schema.get("properties", {}), **schema.get("$defs", {})}.items():
        yield from parts(part, f"{place}/{name}")
    if isinstance(schema.get("items"), dict):
        yield from parts(schema["items"], f"{place}[]")


def test_every_object_of_the_schema_is_closed():
    # Labels have names of the user's own; their values are still strings.
    open_ones = [
        place for place, part in parts(SCHEMA) if part.get("type") == "object" and part.get("additionalProperties")
    ]
    unsaid = [place for place, part in parts(SCHEMA) if "properties" in part and "additionalProperties" not in part]
    assert (open_ones, unsaid) == (["/labels"], [])


def test_schema_knows_exactly_the_keys_of_the_values_file():
    def resolved(part):
        return SCHEMA["$defs"][part["$ref"].split("/")[-1]] if "$ref" in part else part

    def differences(values, schema, place):
        free = {"settings", "nodeSelector", "labels", "requests", "limits"}
        known = resolved(schema).get("properties", {})
        for name in set(values) ^ set(known) - {"global"}:
            yield f"{place}.{name}"
        for name, value in values.items():
            if isinstance(value, dict) and name not in free and name in known:
                yield from differences(value, known[name], f"{place}.{name}")

    assert list(differences(chart().values, SCHEMA, "")) == []


@pytest.mark.parametrize("section", ["serving", "drift"])
def test_settings_in_the_schema_are_those_of_the_program(section):
    from pulih.drift.config import DriftConfig
    from serving.config import ServingConfig

    from_elsewhere = {"model_dir", "model_name", "host", "port", "threads", "archive"}
    model = {"serving": ServingConfig, "drift": DriftConfig}[section]
    settings = SCHEMA["properties"][section]["properties"]["settings"]["properties"]
    assert set(settings) == set(model.model_fields) - from_elsewhere
    for name, part in model.model_json_schema()["properties"].items():
        for bound in ("type", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "enum"):
            if name in settings and "$ref" not in part:
                assert settings[name].get(bound) == part.get(bound), f"{name}: {bound}"


def test_runtime_starts_the_server_with_the_settings_given():
    from serving.__main__ import _parser, resolve

    settings = {"max_images": 4, "max_body_bytes": 67108864, "paper": "white", "limits": {"max_pixels": 150_000_000}}
    runtime = one(objects({"serving": {"threads": 3, "settings": settings}}), "ServingRuntime")
    [container] = runtime["spec"]["containers"]
    arguments = [argument.replace("{{.Name}}", "restorer") for argument in container["args"]]
    config = resolve(_parser().parse_args(arguments))
    assert (config.model_dir, config.model_name, config.port, config.threads) == ("/mnt/models", "restorer", 8080, 3)
    assert (config.max_images, config.max_body_bytes, config.paper) == (4, 67108864, "white")
    assert config.limits.max_pixels == 150_000_000


def test_drift_check_understands_its_arguments():
    import typer

    from pulih.cli import app
    from pulih.cli.request import Request

    values = merged(EVERYTHING, {"drift": {"settings": {"max_files": 200, "min_effect": 0.4}}})
    job = one(objects(values), "CronJob")["spec"]["jobTemplate"]["spec"]["template"]["spec"]["containers"][0]
    command, *options = job["args"]
    given = typer.main.get_command(app).commands[command].make_context(command, options).params
    config = Request(overrides=given["overrides"]).plan("drift", {}).config
    assert (config.max_files, config.min_effect) == (200, 0.4)
    assert (given["archive"], str(given["lines"])) == ("s3://scans/voc", "s3:/pulih/lines")
    assert str(given["output"]).endswith("/pulih/drift/$(JOB_NAME)")


def test_endpoint_belongs_to_the_deployment_and_not_to_the_chart():
    found = objects(EVERYTHING)
    assert "InferenceService" not in {item["kind"] for item in found}
    made = endpoint(found)
    assert made["metadata"]["labels"]["app.kubernetes.io/managed-by"] == "pulih"
    assert "storageUri" not in made["spec"]["predictor"]["model"]
    assert one(found, "ConfigMap", "pulih-endpoint")["data"]["models"] == "s3://pulih-serving/restorer"


def test_knative_is_told_nothing_that_only_a_deployment_has():
    annotations, spec = (endpoint(objects({"serving": {"mode": "Knative"}}))[k] for k in ("metadata", "spec"))
    assert annotations["annotations"] == {"serving.kserve.io/deploymentMode": "Knative"}
    assert not {"deploymentStrategy", "scaleMetric", "terminationGracePeriodSeconds"} & set(spec["predictor"])


def test_digest_of_an_image_goes_before_its_tag():
    digest = "sha256:" + "0" * 64
    values = {"images": {"serving": {"repository": "registry:5000/a", "tag": "1", "digest": digest}}}
    [container] = one(objects(values), "ServingRuntime")["spec"]["containers"]
    assert container["image"] == f"registry:5000/a@{digest}"


def test_checked_in_table_of_values_is_fresh_and_explains_each_section():
    import importlib.util

    spec = importlib.util.spec_from_file_location("chart_readme", CHART.parents[1] / "scripts" / "chart_readme.py")
    made = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)
    assert (CHART / "README.md").read_text() == made.readme(), "stale: run 'make format'"
    rows = dict(line.split(" | ", 1) for line in made.readme().splitlines() if line.startswith("| `"))
    assert rows["| `trainjob.restarts`"].startswith("`3` | integer | How often")
    assert {path.split(".")[0].strip("| `") for path in rows} == set(chart().values)
