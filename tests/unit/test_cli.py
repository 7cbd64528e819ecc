"""The command line as a program."""

import subprocess
import sys
import time


def pulih(*arguments, **options):
    code = "import sys; sys.argv[0] = 'pulih'; from pulih.cli import main; main()"
    command = [sys.executable, "-c", code, *arguments]
    return subprocess.run(command, check=False, capture_output=True, text=True, **options)


def test_help_names_every_command_and_imports_nothing_slow():
    started = time.monotonic()
    done = pulih("--help")
    assert time.monotonic() - started < 10
    assert done.returncode == 0
    for name in (
        *(
            "doctor",
            "synthesize",
            "train-recognizer",
            "train-restorer",
            "evaluate",
            "gate",
            "register",
            "restore",
            "batch",
        ),
        *("batch", "serve", "drift", "run", "compile", "submit", "logbook"),
    ):
        assert f"\n  {name} " in done.stdout
    code = "import sys, pulih.cli; print(*sorted({name.split('.')[0] for name in sys.modules}))"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert (
        set(done.stdout.split())
        & {"torch", "numpy", "pydantic", "kfp", "mlflow", "kserve", "feast", "evidently", "PIL"}
        == set()
    )


def test_a_users_mistake_ends_with_two_and_one_message():
    done = pulih("synthesize", "--set", "sede=1")
    assert done.returncode == 2
    assert done.stderr.startswith("pulih: expected a known setting; found unknown key 'synthesis.sede'")
    assert "Traceback" not in done.stderr


def test_an_unknown_option_ends_with_two():
    assert pulih("synthesize", "--colour").returncode == 2


def test_our_mistake_ends_with_one_and_names_the_log(tmp_path):
    # A folder where the logbook should be is nothing that Pulih expects.
    (tmp_path / "LOGBOOK.md").mkdir()
    done = pulih("logbook", "--add", "x", "--file", str(tmp_path / "LOGBOOK.md"), cwd=tmp_path)
    assert done.returncode == 1
    assert str(tmp_path / "runs" / "errors.log") in done.stderr
    assert "Traceback" not in done.stderr
    assert "Traceback" in (tmp_path / "runs" / "errors.log").read_text()
