"""The terminal shows what the stages say; the log keeps everything."""

import io

from pipelines.view import Tee

PRINTED = """\
\x1b[96m10:00:00.001 - INFO - Running pipeline: 'pulih-training'\x1b[0m
--------
10:00:00.002 - INFO - Executing task 'gate'
10:00:00.003 - INFO - Streamed logs:

    [KFP Executor 2026-11-22 10:00:01,000 INFO]: Looking for component `gate` in --component_module_path `x`
    [KFP Executor 2026-11-22 10:00:01,001 INFO]: Got executor_input:
    {
        "inputs": {"config": {"name": "10:00 a stage's own words"}
        }
    }
    [KFP Executor 2026-11-22 10:00:02,000 INFO]: gate 'quick': approved: all 4 rules hold
    {"a line": "of the stage itself"}
    [KFP Executor 2026-11-22 10:00:03,000 INFO]: Wrote executor output file to x.

10:00:04.000 - INFO - Task 'gate' finished with status SUCCESS
10:00:04.001 - INFO - Task 'gate' outputs:
    Output: 'true'
    decision: Artifact( name='decision',
                        uri='x' )
--------
10:00:04.002 - INFO - Executing task 'register'
"""
SHOWN = """\
10:00:00.001 - INFO - Running pipeline: 'pulih-training'
10:00:00.002 - INFO - Executing task 'gate'
    10:00:02 gate 'quick': approved: all 4 rules hold
    {"a line": "of the stage itself"}
10:00:04.000 - INFO - Task 'gate' finished with status SUCCESS
10:00:04.002 - INFO - Executing task 'register'
"""


def test_bookkeeping_stays_in_the_log():
    terminal, log = io.StringIO(), io.StringIO()
    tee = Tee(terminal, log)
    for start in range(0, len(PRINTED), 7):
        tee.write(PRINTED[start : start + 7])
    tee.flush()
    assert terminal.getvalue() == SHOWN
    assert log.getvalue() == PRINTED.replace("\x1b[96m", "").replace("\x1b[0m", "")
