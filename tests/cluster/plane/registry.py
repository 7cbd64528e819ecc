"""Registered restorers for the tests, through the gate and the registration that users have."""

import importlib.util
import shutil
import sys

from checks.rendering import ROOT

from pulih.common.config import build_config, read_json
from pulih.common.settings import Settings
from pulih.registry import stage
from pulih.registry.config import GateConfig, RegistryConfig
from pulih.registry.contents import RESTORER_TAG
from pulih.stores.tracking import Tracking

MODEL = "pulih-restorer"


def shelf_class():
    """The maker of small artifacts that the tests of the registry have."""
    path = ROOT / "tests" / "unit" / "registry" / "conftest.py"
    spec = importlib.util.spec_from_file_location("registry_conftest", path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module.Shelf


def servable(shelf):
    """A shelf whose restorers have the config that a server reads."""

    class Servable(shelf):
        def _seal(self, name, kind, parents, seed, facts=None):
            if kind == "restorer":
                shutil.copyfile(self.network / "config.json", self.folder / name / "config.json")
            return super()._seal(name, kind, parents, seed, facts)

    return Servable


class Registry:
    """Makes and registers restorers in the registry that the settings name."""

    def __init__(self, folder, network):
        self.folder = folder
        self._shelf = servable(shelf_class())(folder, network)
        policy = read_json(ROOT / "configs" / "gates" / "production.json")
        self._policy = build_config(GateConfig, policy)

    def approve(self, name, seed):
        """Register a restorer and make it champion; gives its version."""
        restorer, evaluation, decision = self._judged(name, seed, psnr=30.0)
        stage.register(RegistryConfig(), restorer, evaluation, decision, self.folder / f"registration-{name}")
        return read_json(self.folder / f"registration-{name}" / "registration.json")["version"]

    def smuggle(self, name, seed, alias, **tags):
        """Register a refused restorer past the gate, as nobody should, under an alias of its own."""
        restorer, _, decision = self._judged(name, seed, psnr=10.0)
        tracking = Tracking(Settings())
        digests = {RESTORER_TAG: digest(restorer), "pulih.decision": digest(decision)} | tags
        with tracking.run("pulih", name, digests) as run:
            run.log_folder(restorer, "model")
            run.log_folder(decision, "decision")
        tracking.give_alias(tracking.register(MODEL, run.run_id, digests, name), alias)

    def _judged(self, name, seed, **figures):
        restorer = self._shelf.restorer(f"restorer-{name}", seed)
        evaluation = self._shelf.evaluation(f"evaluation-{name}", restorer, **figures)
        decision = self.folder / f"decision-{name}"
        stage.decide(self._policy, evaluation, decision)
        return restorer, evaluation, decision


def digest(folder):
    from pulih.data.manifest import read_manifest

    return read_manifest(folder).digest()
