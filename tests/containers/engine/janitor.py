"""Cleaning up that also happens when the tests are killed: ``python janitor.py`` works when its standard input ends.

Each line it reads is a command (a JSON list) to run then, the last one first.
"""

import json
import signal
import subprocess
import sys


class Janitor:
    """A process of its own session that outlives whoever started it for as long as cleaning takes."""

    def __init__(self, environment):
        self._process = subprocess.Popen(
            [sys.executable, __file__], stdin=subprocess.PIPE, text=True, start_new_session=True, env=environment
        )

    def will_run(self, *command):
        self._process.stdin.write(json.dumps([str(part) for part in command]) + "\n")
        self._process.stdin.flush()

    def clean(self):
        self._process.stdin.close()
        self._process.wait(600)


def main():
    # Whoever stops the tests may signal every process of theirs.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    for line in reversed(sys.stdin.readlines()):
        subprocess.run(json.loads(line), check=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


if __name__ == "__main__":
    main()
