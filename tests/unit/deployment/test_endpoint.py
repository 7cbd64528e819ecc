"""What the chart says of the endpoint is read and checked before anything else."""

import pytest

from pulih.common.errors import ClusterError
from pulih.deployment.endpoint import Pattern, check_canary, is_halfway, live, mode_of, read_pattern
from pulih.deployment.release import Release
from pulih.stores.cluster import INFERENCE_SERVICES
from pulih.stores.urls import S3Url

SECRET, CONFIG = "/api/v1/namespaces/pulih/secrets/keys", "/api/v1/namespaces/pulih/configmaps/pulih-endpoint"
RUNTIME = "/apis/serving.kserve.io/v1alpha1/namespaces/pulih/servingruntimes/pulih"
NEW = Release(model="m", version="4", digest="abcdef012345", decision="d", uri="s3://models/x/m/4-abcdef012345")


@pytest.fixture
def chart(api, cluster):
    return read_pattern(cluster, "pulih")


def test_pattern_is_what_the_chart_rendered(chart):
    assert (chart.name, chart.mode, str(chart.models)) == ("restorer", "Standard", "s3://models/x")


@pytest.mark.parametrize(
    ("path", "message"),
    [(CONFIG, "helm install pulih"), (RUNTIME, "the ServingRuntime pulih"), (SECRET, "the Secret keys")],
)
def test_what_is_missing_is_named(api, cluster, path, message):
    del api.objects[path]
    with pytest.raises(ClusterError, match=message):
        read_pattern(cluster, "pulih")


def test_a_secret_without_a_key_or_annotation_is_named(api, cluster):
    whole = api.objects[SECRET]
    api.objects[SECRET] = whole | {"data": {**whole["data"], "AWS_ACCESS_KEY_ID": ""}}
    with pytest.raises(ClusterError, match="no AWS_ACCESS_KEY_ID"):
        read_pattern(cluster, "pulih")
    api.objects[SECRET] = whole | {"metadata": {}}
    with pytest.raises(ClusterError, match="helm get notes"):
        read_pattern(cluster, "pulih")


def test_canary_in_standard_mode_leaves_the_stable_part_untouched(chart):
    former = chart.whole(NEW.model_copy(update={"version": "3", "uri": "s3://models/x/m/3-a"}))
    both = chart.beside(former, NEW, 20)
    [canary] = both["spec"].pop("canary")
    assert both == former
    assert canary["trafficPercent"] == 20
    assert canary["predictor"]["model"]["storageUri"] == NEW.uri
    assert canary["predictor"]["annotations"]["pulih/model-version"] == "4"


def knative(chart):
    made = chart.whole(NEW)
    made["metadata"]["annotations"]["serving.kserve.io/deploymentMode"] = "Serverless"
    return Pattern(made, S3Url("models", "x"))


def test_canary_with_knative_is_a_field_of_the_predictor(chart):
    both = knative(chart).beside(chart.whole(NEW), NEW, 20)
    assert both["spec"]["predictor"]["canaryTrafficPercent"] == 20
    assert "canary" not in both["spec"]
    assert is_halfway(both)


@pytest.mark.parametrize("mode", ["Standard", "RawDeployment"])
def test_the_field_that_standard_mode_ignores_is_refused(chart, mode):
    made = chart.whole(NEW)
    made["metadata"]["annotations"]["serving.kserve.io/deploymentMode"] = mode
    made["spec"]["predictor"]["canaryTrafficPercent"] = 20
    with pytest.raises(ClusterError, match="ignores in Standard mode"):
        check_canary(made)


def test_the_field_that_knative_does_not_know_is_refused(chart):
    made = knative(chart).whole(NEW)
    made["spec"]["canary"] = [{"trafficPercent": 10}]
    with pytest.raises(ClusterError, match="exists in Standard mode only"):
        check_canary(made)


def test_an_unknown_mode_and_a_change_of_the_mode_are_refused(chart, cluster):
    with pytest.raises(ClusterError, match=r"serving\.mode"):
        mode_of({"metadata": {}})
    cluster.apply(INFERENCE_SERVICES, chart.whole(NEW))
    with pytest.raises(ClusterError, match="KServe cannot change the mode"):
        live(cluster, knative(chart))
