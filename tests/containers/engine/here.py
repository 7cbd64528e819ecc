"""The same profile by ``pulih run``, in processes of this machine: what the containers' artifacts are compared with."""

import subprocess

from engine.surroundings import ROOT, module_at

CHAIN = module_at(ROOT / "tests" / "e2e" / "test_chain.py")
# Long enough to be killed between its first checkpoint and its end.
SCHEDULE = CHAIN.TINY["restorer"]["schedule"] | {"steps": 240, "validate_every": 240, "checkpoint_every": 10}
PROFILE = CHAIN.TINY | {"name": "containers", "restorer": CHAIN.TINY["restorer"] | {"schedule": SCHEDULE}}


class RunHere:
    """A run that goes on beside the containers, for it takes as long as they do."""

    def __init__(self, folder, janitor):
        (folder / "logbook").mkdir()
        (folder / "logbook" / "LOGBOOK.md").write_text("# Logbook\n\n<!-- entries -->\n")
        command, environment = CHAIN.chain_command(folder, PROFILE)
        self._folder, self._log = folder, folder / "log"
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                command, cwd=folder, env=environment, stdout=log, stderr=log, start_new_session=True
            )
        janitor.will_run("pkill", "-KILL", "--session", self._process.pid)

    def folder(self):
        """Wait for its end and return the folder of the run."""
        code = self._process.wait(7200)
        assert code == 0, self._log.read_text()[-5000:]
        return self._folder / "runs" / "latest"
