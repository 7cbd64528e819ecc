"""The server's log: text for people, or one JSON object per line for programs."""

import json
import logging
import time
from typing import Literal

from pulih.common.logging import configure_logging
from serving.call import CURRENT

OWN = set(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName", "color_message"}


class JsonFormatter(logging.Formatter):
    """One JSON object per record, with everything that was given as ``extra``."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        moment = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created)) + f".{record.msecs:03.0f}Z"
        values = {"time": moment, "level": record.levelname, "logger": record.name, "message": record.getMessage()}
        values |= {name: value for name, value in vars(record).items() if name not in OWN}
        if (call := CURRENT.get()) is not None:
            values["request_id"] = call.id
        if record.exc_info:
            values["traceback"] = self.formatException(record.exc_info)
        return json.dumps(values, default=str)


def configure(log_format: Literal["text", "json"]) -> None:
    """Send the log to stderr in the given form."""
    configure_logging()
    if log_format == "json":
        for handler in logging.getLogger().handlers:
            handler.setFormatter(JsonFormatter())
