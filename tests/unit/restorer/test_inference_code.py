import subprocess
import sys

from pulih.common import version
from pulih.restorer.inference_code import MODULES, inference_digest


def test_every_module_of_the_restorer_that_inference_imports_counts():
    code = "import sys, pulih.restorer.infer; print(*[n for n in sys.modules if n.startswith('pulih.restorer.')])"
    names = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert {name.removeprefix("pulih.restorer.") for name in names} == set(MODULES)


def test_the_digest_follows_these_sources_and_no_others(tmp_path, monkeypatch):
    for path in (version.PACKAGE / "restorer").glob("*.py"):
        target = tmp_path / "restorer" / path.name
        target.parent.mkdir(exist_ok=True)
        target.write_bytes(path.read_bytes())
    monkeypatch.setattr(version, "PACKAGE", tmp_path)
    digests = []
    for changed in (None, "trainer.py", "tone.py"):
        if changed:
            path = tmp_path / "restorer" / changed
            path.write_text(path.read_text() + "\n# another version\n")
        version.source_digest.cache_clear()
        digests.append(inference_digest())
    version.source_digest.cache_clear()
    assert digests[0] == digests[1] != digests[2]
