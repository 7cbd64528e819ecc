import logging
import subprocess
import sys

import pytest

from pulih.common.logging import also_logged_to, configure_logging, get_logger


@pytest.fixture(autouse=True)
def former_logging():
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    for handler in root.handlers:
        if handler not in handlers:
            handler.close()
    root.handlers[:] = handlers
    root.setLevel(level)


def test_events_go_to_stderr_and_to_the_file_of_the_run(tmp_path):
    script = (
        "import sys; from pathlib import Path; from pulih.common.logging import *\n"
        "configure_logging(Path(sys.argv[1]))\n"
        "get_logger('pulih.x').info('line %d é', 1); get_logger('pulih.x').debug('hidden')\n"
        "get_logger('PIL.Image').info('hidden'); get_logger('urllib3').warning('shown')\n"
    )
    log_file = tmp_path / "new" / "run.log"
    done = subprocess.run([sys.executable, "-c", script, str(log_file)], capture_output=True, text=True, check=True)
    assert done.stdout == ""
    assert done.stderr == log_file.read_text(encoding="utf-8")
    first, second = done.stderr.splitlines()
    assert first.endswith("INFO    pulih.x: line 1 é")
    assert second.endswith("WARNING urllib3: shown")


def test_a_repeated_run_appends_and_a_second_call_does_not_double_lines(tmp_path):
    for _ in range(2):
        configure_logging(tmp_path / "run.log")
        get_logger("pulih.x").info("event")
    assert (tmp_path / "run.log").read_text().count("event") == 2


def test_a_block_is_also_logged_to_a_file_whose_folder_may_go_afterwards(tmp_path):
    configure_logging()
    path = tmp_path / "part" / "part.log"
    with also_logged_to(path):
        get_logger("pulih.x").info("inside")
    get_logger("pulih.x").info("after")
    assert [line.split(": ")[1] for line in path.read_text().splitlines()] == ["inside"]
    path.unlink()
    get_logger("pulih.x").info("the file is gone")
    assert not path.exists()
