"""``python -m serving --model-dir DIR``: serve a restorer until SIGTERM."""

import argparse
import os
import signal
import sys
import threading
import warnings
from pathlib import Path

from pulih.common.config import build_config, read_json
from pulih.common.errors import PulihError
from pulih.common.logging import configure_logging, get_logger
from serving.config import ServingConfig

log = get_logger("serving")


def main(arguments: list[str]) -> int:
    """Serve, and return the exit code: 0 stopped, 2 the user's fault, 1 ours."""
    options = _parser().parse_args(arguments)
    # KServe parses the command line of whoever imports it.
    sys.argv = sys.argv[:1]
    # KServe's choice of response class, which we cannot change, makes FastAPI warn on every start.
    warnings.filterwarnings("ignore", message="ORJSONResponse is deprecated")
    if options.until_stdin_closes:
        _stop_with_parent()
    configure_logging()
    try:
        _serve(resolve(options))
    except PulihError as err:
        log.error("%s", err)  # noqa: TRY400 - the text says it all; a traceback would hide it
        return err.exit_code
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m serving", description="Serve a restorer over HTTP.")
    parser.add_argument("--model-dir", help="restorer artifact: a folder or an s3:// prefix")
    parser.add_argument("--host", help="address to listen on (127.0.0.1; 0.0.0.0 inside Kubernetes)")
    parser.add_argument("--port", type=int, help="port to listen on (8080)")
    parser.add_argument("--grpc-port", type=int, help="port of V2 over gRPC (none)")
    parser.add_argument("--config", type=Path, metavar="FILE.json", help="settings; see serving/config.py")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help="one setting, repeatable")
    parser.add_argument("--until-stdin-closes", action="store_true", help="end with the process that holds stdin")
    return parser


def resolve(options: argparse.Namespace) -> ServingConfig:
    """Return the config: the file's, then the options, then every ``--set``; raises ConfigError."""
    values = read_json(options.config) if options.config else {}
    for name in ("model_dir", "host", "port", "grpc_port"):
        if getattr(options, name) is not None:
            values[name] = getattr(options, name)
    return build_config(ServingConfig, values, options.set)


def _serve(config: ServingConfig) -> None:
    from pulih.stores.paths import local_input
    from serving.logs import configure
    from serving.network import ServedRestorer, turns

    configure(config.log_format)
    shared = turns(config)
    restorer = ServedRestorer.serve(local_input(config.model_dir), config, shared)
    from serving.predictor import RestorerModel
    from serving.server import run

    run(config, RestorerModel(config, restorer), shared)


def _stop_with_parent() -> None:
    """Stop like on SIGTERM when stdin closes, as it does when the process that started us dies."""

    def watch() -> None:
        # Not sys.stdin: its lock, held by this thread, would abort the interpreter's own exit.
        while os.read(0, 4096):
            pass
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, name="parent-watch", daemon=True).start()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
