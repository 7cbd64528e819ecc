"""One network in one runtime and precision, behind the ``Restorer`` that serves lines and pages."""

from dataclasses import asdict, dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from pulih.common.config import read_json
from pulih.evaluation.peers.paged import TorchSession
from pulih.evaluation.speed.config import Precision, Runtime
from pulih.restorer.contract import CONFIG
from pulih.restorer.infer import Restorer

PACKAGES = {"pytorch": "torch", "onnxruntime": "onnxruntime", "openvino": "openvino"}


@dataclass(frozen=True)
class Contender:
    """A network (the name of its folder) in a runtime and a precision."""

    network: str
    runtime: Runtime
    precision: Precision

    def as_tree(self) -> dict[str, str]:
        """Return the contender as JSON values."""
        return asdict(self)


def installed(runtime: Runtime) -> bool:
    """Whether a runtime can be imported here."""
    return find_spec(PACKAGES[runtime]) is not None


def open_restorer(contender: Contender, models: Path, threads: int) -> Restorer:
    """Return the restorer whose network runs as the contender says; all else is as in serving."""
    folder = models / contender.network
    openers = {"pytorch": _torch_session, "onnxruntime": _onnx_session, "openvino": _openvino_session}
    session = openers[contender.runtime](folder, contender.precision, threads)
    return Restorer(session, read_json(folder / CONFIG), "speed")


def _onnx_session(folder: Path, precision: Precision, threads: int) -> Any:
    import onnxruntime

    from pulih.evaluation.speed.networks import onnx_path

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(onnx_path(folder, precision), options, providers=["CPUExecutionProvider"])


def _torch_session(folder: Path, _precision: Precision, threads: int) -> Any:
    import torch

    from pulih.evaluation.speed.networks import read_network

    torch.set_num_threads(threads)
    return TorchSession(read_network(folder))


class _OpenVinoSession:
    def __init__(self, compiled: Any) -> None:
        self._compiled = compiled

    def run(self, _outputs: list[str], feeds: dict[str, Any]) -> list[Any]:
        """Run the network as ONNX Runtime would."""
        return [self._compiled(feeds)[0]]


def _openvino_session(folder: Path, precision: Precision, threads: int) -> Any:
    import openvino

    from pulih.evaluation.speed.networks import onnx_path

    # Half precision where the machine has it would be another contender.
    options = {"INFERENCE_NUM_THREADS": threads, "INFERENCE_PRECISION_HINT": "f32", "PERFORMANCE_HINT": "LATENCY"}
    # It would bind this whole process to cores of its choice, which no other runtime here does.
    options["ENABLE_CPU_PINNING"] = False
    core = openvino.Core()
    return _OpenVinoSession(core.compile_model(core.read_model(onnx_path(folder, precision)), "CPU", options))
