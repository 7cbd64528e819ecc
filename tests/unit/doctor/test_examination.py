import re
from pathlib import Path

from pulih.common.settings import variable_names
from pulih.doctor import examination
from pulih.doctor.examination import CHECKS, examine, exit_code, show
from pulih.doctor.finding import Finding

ROOT = Path(__file__).resolve().parents[3]


def check_that_breaks(_):
    raise OSError("no such device")


def check_that_works(_):
    return Finding("works", "ok", "fine")


def test_every_check_reports_and_the_machine_of_the_tests_is_well_enough(clean):
    findings = examine()
    assert len(findings) == len(CHECKS)
    assert len({finding.name for finding in findings}) == len(CHECKS)
    assert not [f for f in findings if f.state == "fail" and f.name not in {"fonts", "disk", "memory"}]


def test_a_check_that_breaks_does_not_hide_the_others(clean):
    broken, well = examine([check_that_breaks, check_that_works])
    assert (broken.name, broken.state, well.state) == ("that_breaks", "fail", "ok")
    assert "no such device" in broken.found


def test_settings_that_cannot_be_read_are_a_finding(clean, monkeypatch):
    monkeypatch.setenv("PULIH_S3_ENDPOINT", "http://localhost:9000")
    (finding,) = examine()
    assert (finding.name, finding.state, "PULIH_S3_ENDPOINT" in finding.found) == ("settings", "fail", True)


def test_only_a_failure_makes_the_exit_code():
    ok, warn, fail = Finding("a", "ok", "x"), Finding("b", "warn", "x", "y"), Finding("c", "fail", "x", "y")
    assert [exit_code(findings) for findings in ([], [ok], [ok, warn], [warn, fail])] == [0, 0, 0, 1]


def test_the_table_names_every_check_and_every_repair(capsys):
    show([Finding("disk", "fail", "[full] disk", "Free some space."), Finding("S3", "ok", "answers")], width=80)
    shown = capsys.readouterr().out
    assert re.search(r"disk +fail +\[full\] disk\nS3 +ok +answers *\n", shown)
    assert "disk: Free some space." in shown
    assert "All is well" not in shown


def test_all_is_well_is_said(capsys):
    show([Finding("S3", "ok", "answers")], width=80)
    assert "All is well." in capsys.readouterr().out


def test_no_check_is_forgotten():
    from pulih.doctor import connections, machine, material

    written = {v for m in (connections, machine, material) for k, v in vars(m).items() if k.startswith("check_")}
    assert written == set(examination.CHECKS)


def test_every_variable_that_the_project_reads_is_known():
    places = ["src", "pipelines", "components", "serving", "scripts"]
    files = [f for place in places for s in ("*.py", "*.sh") for f in (ROOT / place).rglob(s)]
    quoted = re.compile(r"[\"'{]?\b(PULIH_[A-Z0-9_]*[A-Z0-9])\b")
    named = {name for file in files for name in quoted.findall(file.read_text())}
    # Cut off in a message that lists several.
    assert named - {"PULIH_S3"} <= set(variable_names())
