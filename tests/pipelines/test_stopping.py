"""A stopped run lets its task save; a killed run's tasks do not work on beside the next run."""

import os
import signal
import subprocess
import sys
import textwrap

import pytest

from pipelines.stopping import DRIVER, stop_orphans

SLEEPER = "import sys, time; print('up', flush=True); time.sleep(60)"


def sleeper(work_dir, driver):
    environment = {**os.environ, "PULIH_WORK_DIR": str(work_dir), DRIVER: str(driver)}
    process = subprocess.Popen([sys.executable, "-c", SLEEPER], env=environment, stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "up\n"
    return process


@pytest.fixture
def dead_pid():
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


def test_only_tasks_whose_run_is_dead_are_stopped(tmp_path, dead_pid):
    orphan = sleeper(tmp_path, dead_pid)
    others = [sleeper(tmp_path, os.getpid()), sleeper(tmp_path / "elsewhere", dead_pid)]
    try:
        assert stop_orphans(tmp_path) == 1
        assert orphan.poll() is not None
        assert [other.poll() for other in others] == [None, None]
    finally:
        for process in (orphan, *others):
            process.kill()
            process.communicate()


def test_a_signal_between_two_tasks_interrupts_at_once():
    # In a process of its own: the signal is passed on to children, and those of the tests are their servers.
    driver = textwrap.dedent("""
        import signal
        from pipelines.stopping import stop_tasks_on_signal
        from pulih.common.errors import Interrupted
        handler = signal.getsignal(signal.SIGTERM)
        try:
            with stop_tasks_on_signal():
                signal.raise_signal(signal.SIGTERM)
        except Interrupted:
            print("interrupted", signal.getsignal(signal.SIGTERM) is handler)
    """)
    answer = subprocess.run([sys.executable, "-c", driver], capture_output=True, text=True, timeout=60, check=True)
    assert answer.stdout == "interrupted True\n"


def test_a_running_task_is_asked_to_stop_and_may_finish_its_work(tmp_path):
    task = textwrap.dedent(f"""
        import signal, sys, time
        def save(*_):
            time.sleep(0.3)
            open({str(tmp_path / "saved")!r}, "w").write("all of it")
            sys.exit(143)
        signal.signal(signal.SIGTERM, save)
        print("up", flush=True)
        time.sleep(60)
    """)
    (tmp_path / "task.py").write_text(task)
    driver = textwrap.dedent("""
        import subprocess, sys
        from pipelines.stopping import stop_tasks_on_signal
        with stop_tasks_on_signal() as stop:
            shell = subprocess.Popen(["sh", "-ec", "$0 $1; :", sys.executable, sys.argv[1]])
            code = shell.wait()
        print("ended", code, stop.requested)
    """)
    command = [sys.executable, "-c", driver, str(tmp_path / "task.py")]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "up\n"
    process.send_signal(signal.SIGTERM)
    assert process.communicate(timeout=20)[0] == "ended 143 True\n"
    assert (tmp_path / "saved").read_text() == "all of it"
