"""The house rules that no linter knows."""

import ast
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = [ROOT / "src" / "pulih", ROOT / "pipelines", ROOT / "components", ROOT / "serving"]
SOURCES = sorted(path for package in PACKAGES for path in package.rglob("*.py"))
MAX_FILE, MAX_FUNCTION = 250, 40
FUNCTION = (ast.FunctionDef, ast.AsyncFunctionDef)


def tracked_text_files():
    names = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split("\n")
    suffixes = {".py", ".md", ".toml", ".json", ".yaml", ".yml", ".sh", ".j2", ".txt", ".lock", ""}
    return [ROOT / n for n in names if n and Path(n).suffix in suffixes and (ROOT / n).is_file()]


@pytest.mark.parametrize("path", SOURCES, ids=lambda p: str(p.relative_to(ROOT)))
def test_file_and_functions_keep_their_size(path):
    text = path.read_text()
    assert len(text.splitlines()) <= MAX_FILE
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, FUNCTION):
            length = node.end_lineno - node.lineno + 1
            assert length <= MAX_FUNCTION, f"{node.name} has {length} lines"


@pytest.mark.parametrize("name", ["utils.py", "helpers.py", "misc.py"])
def test_no_module_is_named_after_nothing(name):
    assert not [path for path in SOURCES if path.name == name]


def test_every_stage_package_has_config_and_stage():
    stages = ["synthesis", "recognizer", "restorer", "evaluation", "registry", "deployment", "drift"]
    missing = [
        f"{stage}/{room}"
        for stage in stages
        for room in ("config.py", "stage.py")
        if not (ROOT / "src" / "pulih" / stage / room).is_file()
    ]
    assert missing == []


def test_unit_tests_mirror_the_sources():
    strangers = []
    for test in (ROOT / "tests" / "unit").rglob("test_*.py"):
        relative = test.relative_to(ROOT / "tests" / "unit")
        module = ROOT / "src" / "pulih" / relative.parent / relative.name.removeprefix("test_")
        if not module.is_file() and not module.with_suffix("").is_dir():
            strangers.append(str(relative))
    assert strangers == []


def test_no_host_of_a_registry_and_no_path_of_a_machine_is_written_down():
    forbidden = re.compile(
        "|".join(["pypi" + r"\.org", "pythonhosted" + r"\.org", "registry\\.npm" + "js", "/wo" + "rk/", "/ro" + "ot/"])
    )
    hits = [str(path.relative_to(ROOT)) for path in tracked_text_files() if forbidden.search(path.read_text())]
    assert hits == []


def test_no_pickle_comes_in():
    unsafe = re.compile(r"pickle\.load|torch\.load\((?!.*weights_only=True)|allow_pickle=True")
    assert [str(p) for p in SOURCES if unsafe.search(p.read_text())] == []


def test_only_dist_talks_between_ranks():
    users = {p.relative_to(ROOT).as_posix() for p in SOURCES if "torch.distributed" in p.read_text()}
    assert users <= {"src/pulih/common/dist.py", "src/pulih/common/launch.py"}
