import pytest
import torch

from pulih.common.errors import ArtifactError, ConfigError
from pulih.restorer import checkpoint

CPU = torch.device("cpu")


def test_everything_comes_back(tmp_path):
    progress = checkpoint.Progress(step=7, best_psnr=21.5, best_step=5, stale=1)
    progress.history["training"].append({"step": 7, "pixel": 0.25})
    path = tmp_path / "state" / "checkpoint.pt"
    checkpoint.save(path, {"generator": {"w": torch.arange(3.0)}}, progress, "abc")
    wanted = torch.rand(3)
    state, found = checkpoint.load(path, "abc", CPU)
    assert found == progress
    assert torch.equal(state["generator"]["w"], torch.arange(3.0))
    assert torch.equal(torch.rand(3), wanted)


def test_state_of_another_config_is_refused(tmp_path):
    checkpoint.save(tmp_path / "c.pt", {}, checkpoint.Progress(), "abc")
    with pytest.raises(ConfigError, match="abc"):
        checkpoint.load(tmp_path / "c.pt", "xyz", CPU)


def test_a_damaged_checkpoint_is_named(tmp_path):
    path = tmp_path / "c.pt"
    checkpoint.save(path, {"w": torch.zeros(1000)}, checkpoint.Progress(), "abc")
    path.write_bytes(path.read_bytes()[:500])
    with pytest.raises(ArtifactError, match=r"c\.pt"):
        checkpoint.load(path, "abc", CPU)


def test_a_full_disk_leaves_the_former_checkpoint(small_disk):
    path = small_disk / "c.pt"
    checkpoint.save(path, {"w": torch.zeros(1000)}, checkpoint.Progress(step=1), "abc")
    with pytest.raises(Exception, match=r"disk|space|inline_container|write"):
        checkpoint.save(path, {"w": torch.zeros(1_000_000)}, checkpoint.Progress(step=2), "abc")
    assert checkpoint.load(path, "abc", CPU)[1].step == 1
    assert [found.name for found in small_disk.iterdir()] == ["c.pt"]
