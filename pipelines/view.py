"""What of a local run is shown on the terminal: its stages and their own words, without the runner's bookkeeping."""

import io
import re
from typing import TextIO

COLOUR = re.compile(r"\x1b\[\d+m")
PREFIX = re.compile(r"^ *\[KFP Executor [\d-]+ ([\d:]+),\d+ [A-Z]+\]: ")
BOOKKEEPING = re.compile(
    r"^ *\[KFP Executor [^\]]*\]: (Looking for component|Loading KFP component|Wrote executor output)"
    r"|^-+$|^\s*$|^[\d:.]+ - INFO - Streamed logs:|^[\d:.]+ - INFO - Task '[\w-]+' has no outputs"
)
# A block that is hidden, from the line that begins it to the line that ends it (or comes after it).
BLOCKS = (
    (re.compile(r"^ *\[KFP Executor [^\]]*\]: Got executor_input:"), re.compile(r"^    \}$")),
    (re.compile(r"^[\d:.]+ - INFO - Task '[\w-]+' outputs:"), re.compile(r"^-+$")),
)


def _plain(line: str) -> str:
    return COLOUR.sub("", line)


class Tee(io.TextIOBase):
    """Writes, line by line, everything to a log and what concerns the user to the terminal, without colours."""

    def __init__(self, terminal: TextIO, log: TextIO) -> None:
        self.terminal, self.log = terminal, log
        self._pending = ""
        self._until: re.Pattern[str] | None = None

    def write(self, text: str) -> int:
        """Take ``text`` and write the lines that it completes."""
        *lines, self._pending = (self._pending + text).split("\n")
        for line in map(_plain, lines):
            self.log.write(line + "\n")
            if self._concerns(line):
                self.terminal.write(PREFIX.sub(r"    \1 ", line).rstrip() + "\n")
        return len(text)

    def flush(self) -> None:
        """Flush both."""
        self.log.flush()
        self.terminal.flush()

    def _concerns(self, line: str) -> bool:
        if self._until is not None:
            if self._until.match(line):
                self._until = None
            return False
        self._until = next((end for start, end in BLOCKS if start.match(line)), None)
        return self._until is None and not BOOKKEEPING.match(line)
