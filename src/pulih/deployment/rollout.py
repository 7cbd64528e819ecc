"""A release takes over an endpoint step by step, or leaves it as it was."""

from dataclasses import dataclass, replace
from typing import Any

from pulih.common.errors import ArtifactError, ClusterError, Interrupted, PulihError
from pulih.common.logging import get_logger
from pulih.common.version import git_commit
from pulih.deployment import readiness
from pulih.deployment.config import RolloutConfig
from pulih.deployment.endpoint import Manifest, Pattern, is_halfway, live
from pulih.deployment.ledger import Action, Entry, Ledger, before, served
from pulih.deployment.probe import Probe
from pulih.deployment.release import Candidate, Release, check_stored
from pulih.stores.cluster import INFERENCE_SERVICES, Cluster
from pulih.stores.s3 import ObjectStore

log = get_logger(__name__)


class RolloutFailed(PulihError):
    """A release did not become fit to serve; the endpoint is as it was before, or the message says that it is not."""


@dataclass(frozen=True)
class Plan:
    """What a deployment would do: the objects in their order, each with the canary's traffic (100 = no canary)."""

    release: Release
    former: Manifest | None
    stages: tuple[tuple[int, Manifest], ...]


@dataclass(frozen=True)
class Rollout:
    """An endpoint with what it takes to change it."""

    cluster: Cluster
    store: ObjectStore
    pattern: Pattern
    ledger: Ledger
    config: RolloutConfig
    probe: Probe

    def plan(self, release: Release) -> Plan:
        """Return the steps that lead to ``release``, after the API server has checked every object of them.

        Raises:
            ArtifactError: the ledger was altered.
            ClusterError: the endpoint is not what the ledger says, or the API server refuses an object.
        """
        former = self._former(release)
        # The same model under new settings has nothing to prove beside itself.
        steps = self.config.steps if former and _served_by(former) != release.uri else ()
        stages = [(percent, self.pattern.beside(former, release, percent)) for percent in steps if former]
        plan = Plan(release, former, (*stages, (100, self.pattern.whole(release))))
        for percent, manifest in plan.stages:
            self._check(manifest, percent)
        return plan

    def deploy(self, candidate: Candidate, plan: Plan) -> Entry:
        """Upload the restorer and follow the plan.

        Raises:
            RolloutFailed: a step failed; the endpoint was put back.
            StoreError: the bucket cannot be written to; the endpoint was not touched.
        """
        candidate.upload(self.store)
        return self._carry_out(plan, "deploy", f"alias resolved to version {plan.release.version}")

    def roll_back(self) -> Entry:
        """Put the release before the one in force back, at once, with the object it was served by.

        Raises:
            ArtifactError: there is none before, or its folder in the bucket is not complete.
            RolloutFailed: it does not become ready; the endpoint was put back to what it was.
        """
        entries = self.ledger.entries()
        target = before(entries)
        if target is None or target.manifest is None:
            fix = "Deploy another version: `pulih deploy --alias NAME`."
            raise ArtifactError(f"a release before the present one in {self.ledger.folder}", "none", fix)
        check_stored(self.store, target.release)
        present = served(entries)[-1]
        plan = Plan(target.release, present.manifest, ((100, target.manifest),))
        self._check(target.manifest, 100)
        return self._carry_out(plan, "rollback", f"back from version {present.release.version}")

    def _former(self, release: Release) -> Manifest | None:
        """Return the object in force, None when there is no endpoint; refuse one that others changed."""
        standing, found = served(self.ledger.entries()), live(self.cluster, self.pattern)
        if found is None:
            return None
        if _served_by(found) == release.uri and not is_halfway(found):
            # Also after a deployment whose last act, its entry in the ledger, failed.
            return self.pattern.whole(release)
        if not standing or standing[-1].manifest is None:
            fix = f"Delete it (`kubectl delete inferenceservice {self.pattern.name}`), or choose another serving.name."
            raise ClusterError(f"no InferenceService {self.pattern.name}, or one of the ledger", "a foreign one", fix)
        expected = standing[-1].manifest
        if is_halfway(found):
            log.warning("a deployment was broken off half-way: it is replaced")
        elif _served_by(found) != _served_by(expected):
            fix = "Somebody changed it past `pulih deploy`: `pulih rollback`, or delete it and deploy again."
            raise ClusterError(f"the endpoint on {_served_by(expected)}", f"it on {_served_by(found)}", fix)
        return expected

    def _check(self, manifest: Manifest, percent: int) -> None:
        try:
            self.cluster.apply(INFERENCE_SERVICES, manifest, dry_run=True)
        except ClusterError as err:
            if percent < 100 and "spec.canary: field not declared" in err.found:
                fix = "Upgrade KServe to 0.20, or deploy without a canary: --set 'steps=[]'."
                raise ClusterError("a KServe that knows spec.canary", "an older one", fix) from err
            raise

    def _carry_out(self, plan: Plan, action: Action, reason: str) -> Entry:
        try:
            for percent, manifest in plan.stages:
                self._step(plan.release, percent, manifest)
        except BaseException as err:
            restored = self._put_back(plan.former)
            why = str(err) or type(err).__name__
            self.ledger.add("failed", plan.release, plan.former, why, git_commit())
            log.warning("%s", restored)
            if isinstance(err, Interrupted) or not isinstance(err, PulihError):
                raise
            raise RolloutFailed(f"version {plan.release.version} was not deployed: {why}\n{restored}") from err
        return self.ledger.add(action, plan.release, plan.stages[-1][1], reason, git_commit())

    def _step(self, release: Release, percent: int, manifest: Manifest) -> None:
        canary = percent < 100
        log.info("%s: version %s gets %d %% of the traffic", self.pattern.name, release.version, percent)
        target = self._apply(manifest)
        self.probe(readiness.wait(self.cluster, target, self.config), release, canary)
        if canary:
            readiness.watch(self.config.pause_seconds, self.config, lambda: self._still_ready(target))
            self.probe(self.cluster.get(INFERENCE_SERVICES, self.pattern.name), release, canary)

    def _apply(self, manifest: Manifest) -> readiness.Wanted:
        target = readiness.wanted(manifest, self.cluster.get(INFERENCE_SERVICES, self.pattern.name))
        self.cluster.apply(INFERENCE_SERVICES, manifest)
        return target

    def _still_ready(self, target: readiness.Wanted) -> None:
        found = self.cluster.get(INFERENCE_SERVICES, self.pattern.name) or {}
        if not readiness.is_ready(self.cluster, found, target):
            fix = "The events of the pods say why."
            raise ClusterError(f"{self.pattern.name} to stay ready", readiness.describe(found), fix)

    def _put_back(self, former: Manifest | None) -> str:
        """Restore what was served before and tell in one sentence how it stands."""
        name = self.pattern.name
        try:
            if former is None:
                self.cluster.delete(INFERENCE_SERVICES, name)
                return f"There was no endpoint before: {name} was removed again."
            readiness.wait(self.cluster, replace(self._apply(former), proven=True), self.config)
        except ClusterError as err:
            return f"NOT put back: {err} Run `pulih rollback` when the cluster answers."
        return f"The endpoint serves what it served before ({_served_by(former)})."


def _served_by(manifest: dict[str, Any]) -> str:
    return str(manifest["spec"]["predictor"].get("model", {}).get("storageUri"))
