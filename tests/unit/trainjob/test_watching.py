import pytest

from pulih.common.errors import ClusterError
from pulih.trainjob import watching
from pulih.trainjob.job import Job
from pulih.trainjob.watching import TrainingFailed, Watch


@pytest.fixture
def watch(cluster):
    return Watch(Job(cluster, "job"), 0.02)


def test_words_of_the_first_node_are_passed_on_once_and_those_of_others_are_not(api, watch, shapes, capsys):
    job, pod = shapes
    api.states = [job(), job(), job(), job(("Complete", ""))]
    api.pods = [pod(1, "Running"), pod(0, "Running")]
    second = "2026-01-01T00:00:01"
    api.logs = {
        "job-0": [(f"{second}.1Z", "one"), (f"{second}.2Z", "two"), ("2026-01-01T00:00:02.0Z", "three")],
        "job-1": [(f"{second}.1Z", "another node")],
    }
    watch.until_complete()
    assert capsys.readouterr().out == "one\ntwo\nthree\n"


@pytest.mark.parametrize("line", ['{"loss": 1}', "[1, 2]", "7", "null"])
def test_a_line_that_is_json_stays_the_text_that_it_is(api, watch, line):
    api.logs = {"job-0": [("2026-01-01T00:00:01.0Z", line)]}
    assert watch.job.cluster.log("job-0", "node") == f"{line}\n"


def test_failure_has_the_end_of_the_log_of_every_node_that_did_not_end_well(api, watch, shapes):
    job, pod = shapes
    api.states = [job(("Failed", "jobset failed"))]
    killed = {"terminated": {"exitCode": 137, "reason": "OOMKilled"}}
    api.pods = [pod(0, "Failed", **killed), pod(1, "Succeeded"), pod(2, "Failed", terminated={"exitCode": 1})]
    api.logs = {
        name: [(f"2026-01-01T00:00:{n:02}.0Z", f"{name} says {n}") for n in range(40)] for name in ("job-0", "job-1")
    }
    with pytest.raises(TrainingFailed) as caught:
        watch.until_complete()
    told = str(caught.value)
    assert "failed: R: jobset failed" in told
    assert "-- node 0 (job-0): OOMKilled, exit code 137" in told
    assert "job-0 says 39" in told
    assert "job-0 says 20" in told
    assert "job-0 says 19" not in told
    assert "job-1" not in told
    assert "-- node 2 (job-2)" in told
    assert "no log" in told, "an evicted pod has none; that hides nothing"


@pytest.mark.parametrize(("condition", "state"), [(("Suspended", "by hand"), "suspended"), (None, "absent")])
def test_a_job_that_somebody_suspends_or_deletes_is_a_failure(api, watch, shapes, condition, state):
    api.states = [shapes[0](condition) if condition else None]
    with pytest.raises(TrainingFailed, match=state):
        watch.until_complete()


def test_an_api_server_that_restarts_costs_nothing(api, watch, shapes):
    api.away, api.states = 3, [shapes[0](("Complete", ""))]
    watch.until_complete()
    assert api.away == 0


def test_one_that_stays_away_is_told(api, watch, monkeypatch):
    monkeypatch.setattr(watching, "SILENCE_SECONDS", 0.1)
    api.away = 10**6
    with pytest.raises(ClusterError, match="503"):
        watch.until_complete()


def test_what_keeps_a_pod_from_starting_is_told_once(api, watch, shapes, caplog):
    job, pod = shapes
    api.states = [job(), job(), job(), job(("Complete", ""))]
    api.pods = [pod(0, "Pending", waiting={"reason": "ImagePullBackOff", "message": "not found"})]
    watch.until_complete()
    assert [r.getMessage() for r in caplog.records if "ImagePullBackOff" in r.getMessage()] == [
        "node 0 (job-0): ImagePullBackOff: not found"
    ]
