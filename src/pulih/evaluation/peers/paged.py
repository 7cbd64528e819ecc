"""A network in PyTorch behind the ``Restorer`` that serves, so that a peer gets whole pages by the same path."""

from pathlib import Path
from typing import Any

import numpy as np

from pulih.common.config import build_config
from pulih.data import manifest
from pulih.restorer.contract import INPUT, WEIGHTS
from pulih.restorer.infer import Restorer


class TorchSession:
    """Runs a network as ONNX Runtime would."""

    def __init__(self, network: Any) -> None:
        self._network = network

    def run(self, _outputs: list[str], feeds: dict[str, Any]) -> list[Any]:
        """Return the restored images (B, 1, H, W) as the only output."""
        import torch

        with torch.inference_mode():
            return [self._network.restore(torch.from_numpy(np.ascontiguousarray(feeds[INPUT]))).numpy()]


def page_restorer(folder: Path, height: int, threads: int) -> Restorer:
    """Return a trained peer as a restorer of lines and pages.

    Args:
        height: of the lines that it was trained on, in pixels.

    Raises:
        ArtifactError: the artifact is missing, altered, or no peer.
    """
    import torch
    from safetensors.torch import load_file

    from pulih.evaluation.peers.config import PeerConfig
    from pulih.evaluation.peers.networks import UNet

    sealed = manifest.verify(folder, "peer")
    network = UNet(build_config(PeerConfig, sealed.config).unet)
    network.load_state_dict(load_file(folder / WEIGHTS))
    torch.set_num_threads(threads)
    return Restorer(TorchSession(network.eval()), {"height": height, "keep_unsure": 0}, sealed.digest())
