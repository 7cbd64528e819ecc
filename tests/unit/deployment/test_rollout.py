"""A release takes over in steps or not at all; against a miniature of the API server, and a real store."""

import dataclasses
import shutil
import uuid

import pytest

from pulih.common.errors import ArtifactError, ClusterError, Interrupted
from pulih.deployment.config import RolloutConfig
from pulih.deployment.endpoint import read_pattern
from pulih.deployment.ledger import Ledger
from pulih.deployment.probe import drawn_page, prober
from pulih.deployment.release import Candidate, Release
from pulih.deployment.rollout import Rollout, RolloutFailed
from pulih.stores.cluster import INFERENCE_SERVICES
from pulih.stores.s3 import ObjectStore
from pulih.stores.urls import S3Url


@pytest.fixture
def rollout(cluster, s3_settings):
    store, config = ObjectStore.from_settings(s3_settings), RolloutConfig(pause_seconds=0, poll_seconds=0.01, pages=1)
    chart = read_pattern(cluster, "pulih")
    ledger = Ledger(store, S3Url("models", f"ledger/{uuid.uuid4().hex}"))
    return Rollout(cluster, store, chart, ledger, config, prober(cluster, chart, drawn_page(), 1))


@pytest.fixture
def candidates(blur_restorer, tmp_path):
    """Restorers of different content, as releases of growing versions."""
    from pulih.common.config import StageConfig
    from pulih.data.manifest import write_manifest

    def make(version):
        folder = tmp_path / f"restorer-{version}"
        shutil.copytree(blur_restorer, folder)
        digest = write_manifest(folder, "restorer", StageConfig(), {}, {"version": version}).digest()
        uri = f"s3://models/x/m/{version}-{digest}"
        return Candidate(Release(model="m", version=str(version), digest=digest, decision="d", uri=uri), folder)

    return [make(version) for version in (1, 2, 3)]


def deployed(rollout, candidate):
    return rollout.deploy(candidate, rollout.plan(candidate.release))


def live(rollout):
    return rollout.cluster.get(INFERENCE_SERVICES, "restorer")


def test_steps_leave_the_stable_model_until_the_last(rollout, candidates, api):
    one, two, _ = candidates
    assert deployed(rollout, one).action == "deploy"
    api.seen.clear()
    deployed(rollout, two)
    stable = [parts["restorer-predictor"] for parts in api.seen]
    assert stable == [one.release.uri, one.release.uri, two.release.uri]
    canary = f"restorer-{two.release.canary}-predictor"
    assert [parts.get(canary) for parts in api.seen] == [two.release.uri, two.release.uri, None]
    assert [entry.release.version for entry in rollout.ledger.entries()] == ["1", "2"]


def test_a_model_that_does_not_load_is_taken_back_and_entered_as_failed(rollout, candidates, api):
    one, two, _ = candidates
    deployed(rollout, one)
    before = live(rollout)["spec"]
    api.failing.add(two.release.uri)
    with pytest.raises(RolloutFailed, match=r"(?s)BlockedByFailedLoad.*serves what it served before"):
        deployed(rollout, two)
    assert live(rollout)["spec"] == before
    last = rollout.ledger.entries()[-1]
    assert (last.action, last.release, last.manifest["spec"]) == ("failed", two.release, before)


def test_a_first_model_that_does_not_load_leaves_no_endpoint(rollout, candidates, api):
    api.failing.add(candidates[0].release.uri)
    with pytest.raises(RolloutFailed, match="There was no endpoint before"):
        deployed(rollout, candidates[0])
    assert live(rollout) is None


def test_a_deployment_that_is_stopped_puts_the_endpoint_back_and_says_stopped(rollout, candidates):
    one, two, _ = candidates
    deployed(rollout, one)
    before = live(rollout)["spec"]

    def stopping(*_):
        raise Interrupted("stopped")

    with pytest.raises(Interrupted):
        deployed(dataclasses.replace(rollout, probe=stopping), two)
    assert live(rollout)["spec"] == before
    assert rollout.ledger.entries()[-1].action == "failed"


def test_pods_that_serve_another_model_are_found_out(rollout, candidates, api):
    one, two, _ = candidates
    deployed(rollout, one)
    settle = api.settle

    def exchanged(item):
        settle(item)
        api.behind |= dict.fromkeys(api.behind, one.release.digest)

    api.settle = exchanged
    with pytest.raises(RolloutFailed, match=f"an answer of restorer {two.release.digest}"):
        deployed(rollout, two)


def test_an_answer_that_is_no_page_of_that_size_is_found_out(rollout, candidates, api):
    api.restored = "bm8gcGFnZQ=="
    with pytest.raises(RolloutFailed, match="a restored page"):
        deployed(rollout, candidates[0])


def test_rollbacks_go_further_back_each_time_and_never_to_what_was_given_up(rollout, candidates):
    for candidate in candidates:
        deployed(rollout, candidate)
    assert [rollout.roll_back().release.version for _ in range(2)] == ["2", "1"]
    with pytest.raises(ArtifactError, match="a release before the present one"):
        rollout.roll_back()
    deployed(rollout, candidates[2])
    assert rollout.roll_back().release.version == "1"


def test_a_rollback_to_a_folder_that_lost_a_file_is_refused(rollout, candidates):
    for candidate in candidates[:2]:
        deployed(rollout, candidate)
    rollout.store.delete(S3Url.parse(candidates[0].release.uri) / "model.onnx")
    before = live(rollout)
    with pytest.raises(ArtifactError, match=r"model\.onnx in s3://"):
        rollout.roll_back()
    assert live(rollout) == before


def test_an_endpoint_of_others_is_left_alone(rollout, candidates, cluster):
    one, two, _ = candidates
    cluster.apply(INFERENCE_SERVICES, rollout.pattern.whole(two.release))
    with pytest.raises(ClusterError, match="a foreign one"):
        rollout.plan(one.release)


def test_a_deployment_whose_entry_was_lost_is_entered_by_the_next(rollout, candidates, cluster):
    one, two, _ = candidates
    deployed(rollout, one)
    cluster.apply(INFERENCE_SERVICES, rollout.pattern.whole(two.release))
    with pytest.raises(ClusterError, match="past `pulih deploy`"):
        rollout.plan(candidates[2].release)
    deployed(rollout, two)
    assert [entry.release.version for entry in rollout.ledger.entries()] == ["1", "2"]


def test_a_deployment_that_was_broken_off_starts_from_what_the_ledger_says(rollout, candidates, cluster):
    one, two, _ = candidates
    former = deployed(rollout, one).manifest
    cluster.apply(INFERENCE_SERVICES, rollout.pattern.beside(former, candidates[2].release, 10))
    assert rollout.plan(two.release).former == former
    deployed(rollout, two)
    assert "canary" not in live(rollout)["spec"]


def test_an_older_kserve_is_named_as_the_reason(rollout, candidates, api):
    deployed(rollout, candidates[0])
    api.refuse = lambda item: ".spec.canary: field not declared in schema" if "canary" in item["spec"] else None
    with pytest.raises(ClusterError, match=r"Upgrade KServe to 0\.20.*steps=\[\]"):
        rollout.plan(candidates[1].release)


def test_a_folder_with_something_else_is_not_overwritten(rollout, candidates):
    one, two, _ = candidates
    taken = one.release.model_copy(update={"uri": two.release.uri})
    two.upload(rollout.store)
    with pytest.raises(ArtifactError, match="another content"):
        Candidate(taken, one.restorer).upload(rollout.store)
