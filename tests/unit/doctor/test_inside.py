import json

import pytest

from pulih.doctor.examination import as_json
from pulih.doctor.finding import Finding
from pulih.doctor.inside import _read


def test_findings_of_the_pod_come_back_whole_and_say_where_they_are_from():
    told = [Finding("S3", "ok", "answers"), Finding("MLflow", "fail", "HTTP status 403", "Give --allowed-hosts.")]
    log = f"12:00:00 INFO a warning of a library\n{as_json(told)}\n"
    assert _read(log, "") == [
        Finding("inside: S3", "ok", "answers"),
        Finding("inside: MLflow", "fail", "HTTP status 403", "Give --allowed-hosts."),
    ]


@pytest.mark.parametrize("log", ["", "Traceback: no such option --connections", json.dumps({"other": 1}), "[1]"])
def test_a_pod_that_told_nothing_is_a_finding_with_what_it_said(log):
    [found] = _read(log, "Error, exit code 2")
    assert (found.name, found.state) == ("inside", "fail")
    assert "Error, exit code 2" in found.found
    assert log in found.found
