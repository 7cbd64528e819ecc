import tarfile

import numpy as np
import pytest

from pulih.common.config import StageConfig
from pulih.common.errors import ArtifactError
from pulih.data.lines import KIND, LineSample, read_lines, read_shard, shard_name, write_shard
from pulih.data.manifest import write_manifest


def sample(key="train-0", seed=0, text="een schip"):
    degraded, clean = np.random.default_rng(seed).integers(0, 256, (2, 64, 90), dtype=np.uint8)
    return LineSample(key, degraded, clean, text, {"font": "bilbo", "severity": 0.25, "degradations": []})


def test_shard_gives_its_samples_back_exactly_and_in_order(tmp_path):
    samples = [sample("b", 1), sample("a", 2, "één, \u017fijn")]
    write_shard(tmp_path / "shard.tar", samples)
    for before, after in zip(samples, read_shard(tmp_path / "shard.tar"), strict=True):
        assert (before.key, before.text, before.meta) == (after.key, after.text, after.meta)
        assert np.array_equal(before.degraded, after.degraded)
        assert np.array_equal(before.clean, after.clean)


def test_equal_samples_give_equal_bytes(tmp_path):
    for name in ("first.tar", "second.tar"):
        write_shard(tmp_path / name, [sample()])
    assert (tmp_path / "first.tar").read_bytes() == (tmp_path / "second.tar").read_bytes()


def test_shard_is_an_ordinary_tar_in_webdataset_form(tmp_path):
    write_shard(tmp_path / "shard.tar", [sample("k")])
    with tarfile.open(tmp_path / "shard.tar") as tar:
        assert tar.getnames() == ["k.degraded.png", "k.clean.png", "k.text.txt", "k.meta.json"]


def test_failing_writer_leaves_no_file(tmp_path):
    def broken():
        yield sample()
        raise RuntimeError("no more lines")

    with pytest.raises(RuntimeError, match="no more lines"):
        write_shard(tmp_path / "shard.tar", broken())
    assert list(tmp_path.iterdir()) == []


def test_truncated_shard_is_refused(tmp_path):
    path = tmp_path / "shard.tar"
    write_shard(path, [sample("a"), sample("b")])
    path.write_bytes(path.read_bytes()[:20_000])
    with pytest.raises(ArtifactError, match=r"shard\.tar"):
        list(read_shard(path))


def test_sample_without_its_text_is_refused_by_key(tmp_path):
    write_shard(tmp_path / "whole.tar", [sample("k")])
    with tarfile.open(tmp_path / "whole.tar") as whole, tarfile.open(tmp_path / "part.tar", "w") as part:
        for member in whole:
            if not member.name.endswith("text.txt"):
                part.addfile(member, whole.extractfile(member))
    with pytest.raises(ArtifactError, match="'k'"):
        list(read_shard(tmp_path / "part.tar"))


@pytest.fixture
def artifact(tmp_path):
    for number, keys in enumerate((("c", "d"), ("a", "b"))):
        write_shard(tmp_path / shard_name("train", number), [sample(key) for key in keys])
    write_manifest(tmp_path, KIND, StageConfig(), {}, {})
    return tmp_path


def test_lines_come_in_the_order_of_shards(artifact):
    assert [line.key for line in read_lines(artifact, "train")] == ["c", "d", "a", "b"]


def test_split_without_lines_is_refused(artifact):
    with pytest.raises(ArtifactError, match="'validation'"):
        read_lines(artifact, "validation")


def test_altered_shard_is_refused_before_anything_is_read(artifact):
    shard = artifact / shard_name("train", 1)
    shard.write_bytes(shard.read_bytes()[:-1] + b"x")
    with pytest.raises(ArtifactError, match=r"train-00001\.tar.*altered"):
        read_lines(artifact, "train")


def test_folder_without_manifest_is_refused(tmp_path):
    with pytest.raises(ArtifactError, match=r"manifest\.json"):
        read_lines(tmp_path, "train")
