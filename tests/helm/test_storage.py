"""One storage block tells every tool where the store is, in the words of ``Settings``."""

import pytest
from checks.rendering import EVERYTHING, objects, one

from pulih.common.settings import Settings, unknown_variables

KEYS = {"accessKey": "key", "secretKey": "secret"}
STORES = {
    "without TLS": {"endpoint": "s3.store:8333", "secure": False, **KEYS},
    "AWS": {"endpoint": "s3.eu-west-1.amazonaws.com", "region": "eu-west-1", **KEYS},
    "private certificate": {"endpoint": "s3.archive.example:9000", "caConfigMap": "archive-ca", **KEYS},
    "public": {"endpoint": "s3.archive.example"},
}


def environment(storage, **values):
    """Return the variables that a container with both references gets."""
    found = objects({"storage": storage, **values})
    secret = [item["stringData"] for item in found if item["kind"] == "Secret"]
    return one(found, "ConfigMap", "pulih-storage")["data"] | (secret[0] if secret else {})


@pytest.fixture
def told(monkeypatch):
    """Give Pulih's variables of a rendered environment to Settings, and nothing else of this machine."""

    def use(variables):
        for name, value in variables.items():
            if name.startswith("PULIH_"):
                monkeypatch.setenv(name, value)
        return Settings()

    return use


@pytest.mark.parametrize("name", STORES)
def test_other_tools_are_told_what_settings_would_tell_them(told, name):
    variables = environment(STORES[name])
    others = {key: value for key, value in variables.items() if not key.startswith("PULIH_")}
    assert others == told(variables).environment_for_s3_tools()


@pytest.mark.parametrize("name", STORES)
def test_every_variable_for_pulih_is_one_that_it_reads(name):
    mlflow = {"uri": "http://mlflow:5000", "artifacts": "s3://pulih/mlflow"}
    assert unknown_variables(environment(STORES[name], mlflow=mlflow)) == {}


@pytest.mark.parametrize("name", ["without TLS", "AWS", "private certificate"])
def test_kserve_is_told_the_same_by_annotations_of_the_secret(name):
    found = objects({"storage": STORES[name]})
    variables, kserve = environment(STORES[name]), one(found, "Secret")["metadata"]["annotations"]
    prefix = "serving.kserve.io/s3-"
    assert kserve[prefix + "endpoint"] == variables["PULIH_S3_ENDPOINT"]
    assert kserve[prefix + "region"] == variables["AWS_DEFAULT_REGION"]
    assert kserve[prefix + "usehttps"] == variables["S3_USE_HTTPS"]
    assert kserve[prefix + "verifyssl"] == variables["S3_VERIFY_SSL"]
    assert (prefix + "cabundle-configmap" in kserve) == ("AWS_CA_BUNDLE" in variables)


def test_pipelines_ask_for_the_names_and_keys_that_the_chart_gives():
    from pipelines.cluster import ClusterConfig
    from pipelines.place import ADDRESSES, CA_MOUNT, KEYS

    storage, defaults = STORES["private certificate"], ClusterConfig()
    found = objects({**EVERYTHING, "storage": storage})
    assert set(KEYS) <= set(one(found, "Secret", defaults.storage_secret)["stringData"])
    addresses = one(found, "ConfigMap", defaults.storage_config)["data"]
    assert {key for key in addresses if key.startswith("PULIH_")} == set(ADDRESSES)
    assert addresses["PULIH_S3_CA_FILE"] == f"{CA_MOUNT}/ca.crt"


def test_existing_secret_takes_the_place_of_the_rendered_one():
    storage = {"endpoint": "s3:9000", "existingSecret": "theirs"}
    found = objects({**EVERYTHING, "storage": storage})
    assert [item for item in found if item["kind"] == "Secret"] == []
    assert one(found, "ServiceAccount", "pulih-serving")["secrets"] == [{"name": "theirs"}]
    job = one(found, "CronJob")["spec"]["jobTemplate"]["spec"]["template"]["spec"]["containers"][0]
    assert {"secretRef": {"name": "theirs"}} in job["envFrom"]


def test_certificate_lies_where_the_variables_say():
    storage = STORES["private certificate"]
    job = one(objects({**EVERYTHING, "storage": storage}), "CronJob")["spec"]["jobTemplate"]["spec"]["template"]["spec"]
    [mount] = [m for m in job["containers"][0]["volumeMounts"] if m["name"] == "store-ca"]
    [volume] = [v for v in job["volumes"] if v["name"] == "store-ca"]
    assert environment(storage)["PULIH_S3_CA_FILE"] == f"{mount['mountPath']}/ca.crt"
    assert volume["configMap"]["name"] == "archive-ca"
