"""One process at a time works in a folder."""

import subprocess
import sys

import pytest

from pulih.common.lock import FolderBusy, only_process

HOLDER = """
import sys, time
from pathlib import Path
from pulih.common.lock import only_process
with only_process(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def holder(tmp_path):
    process = subprocess.Popen([sys.executable, "-c", HOLDER, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "held\n"
    yield process
    process.kill()
    process.communicate()


def test_a_second_process_is_refused_and_told_the_folder(tmp_path, holder):
    with pytest.raises(FolderBusy, match=str(tmp_path)), only_process(tmp_path):
        pass


def test_a_killed_process_lets_go(tmp_path, holder):
    holder.kill()
    holder.wait()
    with only_process(tmp_path):
        pass


def test_the_folder_is_made_and_free_again_afterwards(tmp_path):
    for _ in range(2):
        with only_process(tmp_path / "new"):
            assert (tmp_path / "new").is_dir()
