import numpy as np
import torch
from safetensors.torch import save_file

from pulih.data.manifest import write_manifest
from pulih.evaluation.peers.networks import UNet
from pulih.evaluation.peers.paged import page_restorer
from pulih.evaluation.peers.stage import PeerRestorer


def test_a_peer_restores_lines_on_the_page_path_as_it_does_alone(small_peer, tmp_path):
    torch.manual_seed(2)
    save_file(UNet(small_peer.unet).state_dict(), tmp_path / "model.safetensors")
    write_manifest(tmp_path, "peer", small_peer, {}, {})
    random = np.random.default_rng(1)
    lines = [random.integers(0, 256, (64, width), dtype=np.uint8) for width in (96, 128)]
    restorer = page_restorer(tmp_path, 64, 1)
    for found, wanted in zip(
        restorer.restore_lines(lines), PeerRestorer.load(tmp_path, 1).restore_lines(lines), strict=True
    ):
        assert np.abs(found.astype(int) - wanted).max() <= 1
    page = np.full((200, 150, 3), 220, np.uint8)
    assert restorer.restore_page(page).image.shape == page.shape
