"""Submission, against a server on the loopback that answers as a Kubeflow Pipelines API does."""

import json
from pathlib import Path

import pytest

from pipelines.profile import load_profile
from pipelines.submit import Order, submit
from pulih.common.errors import ConfigError, StoreError
from pulih.common.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
TOKEN = "a-valid-token"


@pytest.fixture
def profile():
    return load_profile(ROOT / "configs" / "quick.json")


def settings(server, **others):
    return Settings(kfp_host=f"http://127.0.0.1:{server.server_port}", **others)


def test_the_whole_pipeline_and_every_section_arrive(server, profile):
    submitted = submit(profile, settings(server, kfp_token=TOKEN))
    assert submitted.run_id == "r1"
    assert submitted.address.endswith("/#/runs/details/r1")
    paths = [path for path, _ in server.posted]
    assert paths == ["/apis/v2beta1/experiments", "/apis/v2beta1/runs"]
    run = server.posted[1][1]
    assert run["display_name"] == f"quick-{profile.digest()}"
    spec, platforms = run["pipeline_spec"]["pipeline_spec"], run["pipeline_spec"]["platform_spec"]
    assert spec["pipelineInfo"]["name"] == "pulih-training"
    assert platforms["platforms"]["kubernetes"]["deploymentSpec"]["executors"]
    parameters = run["runtime_config"]["parameters"]
    assert parameters == json.loads(json.dumps(profile.arguments(on_cluster=True)))
    assert set(parameters) == set(spec["root"]["inputDefinitions"]["parameters"])


def test_a_refused_token_is_explained(server, profile):
    with pytest.raises(StoreError, match=r"401.*token"):
        submit(profile, settings(server, kfp_token="stale"))
    assert server.posted == []


def test_a_token_that_may_only_read_is_explained(server, profile):
    server.read_only = True
    with pytest.raises(StoreError, match=r"403.*may not create.*PULIH_KFP_NAMESPACE"):
        submit(profile, settings(server, kfp_token=TOKEN))


def test_a_wrong_address_is_explained(profile):
    with pytest.raises(StoreError, match=r"127\.0\.0\.1:9.*Start the server"):
        submit(profile, Settings(kfp_host="http://127.0.0.1:9"))


def test_another_server_at_the_address_is_explained(server, profile):
    host = f"http://127.0.0.1:{server.server_port}/somewhere"
    with pytest.raises(StoreError, match=r"404.*not the address"):
        submit(profile, Settings(kfp_host=host, kfp_token=TOKEN))


def test_no_address_is_the_users_fault(profile):
    with pytest.raises(ConfigError, match="PULIH_KFP_HOST"):
        submit(profile, Settings())


def test_pods_of_the_run_get_the_account_that_the_settings_name(server, profile):
    submit(profile, settings(server, kfp_token=TOKEN, kfp_service_account="pulih-pipeline"))
    assert server.posted[-1][1]["service_account"] == "pulih-pipeline"


@pytest.mark.parametrize(
    ("pipeline", "overrides"),
    [("drift", []), ("batch", ["archive.input=s3://scans/1791", "archive.output=s3://restored/1791"])],
)
def test_another_pipeline_gets_its_own_parameters_and_no_other(server, pipeline, overrides):
    profile = load_profile(ROOT / "configs" / "quick.json", [*overrides, "cluster.cpu=2"])
    submit(profile, settings(server, kfp_token=TOKEN), Order(pipeline, experiment="archive", run_name="night"))
    (_, experiment), (_, run) = server.posted
    assert (experiment["display_name"], run["display_name"]) == ("archive", "night")
    spec, told = run["pipeline_spec"]["pipeline_spec"], run["runtime_config"]["parameters"]
    assert spec["pipelineInfo"]["name"] == f"pulih-{pipeline}"
    assert set(told) == set(spec["root"]["inputDefinitions"]["parameters"])
    assert told["cpu"] == "2"
    if pipeline == "batch":
        assert told["archive"]["input"] == "s3://scans/1791"


def test_the_names_of_runs_tell_pipelines_and_settings_apart():
    names = set()
    for overrides in ([], ["synthesis.seed=5"]):
        profile = load_profile(ROOT / "configs" / "quick.json", overrides)
        names |= {Order(pipeline).name(profile) for pipeline in ("training", "drift")}
    assert len(names) == 4


def test_a_batch_without_an_archive_says_what_to_add(server, profile):
    with pytest.raises(ConfigError, match=r"archive.*--set archive\.input"):
        submit(profile, settings(server, kfp_token=TOKEN), Order("batch"))
    assert server.posted == []


def test_a_schedule_makes_a_recurring_run(server, profile):
    at_three = Order("drift", cron="0 0 3 * * *")
    made = submit(profile, settings(server, kfp_token=TOKEN, kfp_service_account="pulih-pipeline"), at_three)
    assert made.address.endswith("/#/recurringrun/details/w1")
    path, job = server.posted[-1]
    assert path == "/apis/v2beta1/recurringruns"
    assert job["trigger"]["cron_schedule"]["cron"] == "0 0 3 * * *"
    assert job["pipeline_spec"]["pipeline_spec"]["pipelineInfo"]["name"] == "pulih-drift"
    assert (job["service_account"], job["no_catchup"]) == ("pulih-pipeline", True)


def test_a_schedule_of_five_fields_is_refused(server, profile):
    with pytest.raises(ConfigError, match="six fields"):
        submit(profile, settings(server, kfp_token=TOKEN), Order("drift", cron="0 3 * * *"))


def test_a_token_in_a_file_is_read_when_it_is_needed(server, profile, tmp_path):
    file = tmp_path / "token"
    own = settings(server, kfp_token_file=file)
    with pytest.raises(StoreError, match="no readable file"):
        submit(profile, own)
    file.write_text(f"{TOKEN}\n")
    assert submit(profile, own).run_id == "r1"
