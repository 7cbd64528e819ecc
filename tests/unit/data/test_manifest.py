import hashlib
import json

import pytest
from pydantic import Field

from pulih.common.config import StageConfig
from pulih.common.errors import ArtifactError
from pulih.data.manifest import NAME, Manifest, file_sha256, read_manifest, verify, write_manifest


class SeededConfig(StageConfig):
    seed: int = 5
    size: int = Field(3, ge=1)


@pytest.fixture
def artifact(tmp_path):
    folder = tmp_path / "artifact"
    (folder / "pages").mkdir(parents=True)
    (folder / "model.bin").write_bytes(b"weights")
    (folder / "pages" / "one.png").write_bytes(b"picture")
    (folder / "state").mkdir()
    (folder / "state" / "checkpoint").write_bytes(b"for a resume")
    (folder / ".owner.json").write_text("{}")
    return folder


def seal(folder, **parents):
    return write_manifest(folder, "lines", SeededConfig(), parents, {"count": 2})


def test_manifest_lists_every_file_with_its_hash_but_state_and_hidden_ones(artifact):
    assert seal(artifact).files == {
        "model.bin": hashlib.sha256(b"weights").hexdigest(),
        "pages/one.png": hashlib.sha256(b"picture").hexdigest(),
    }


def test_manifest_says_what_made_the_artifact(artifact):
    sealed = seal(artifact)
    assert (sealed.kind, sealed.seed, sealed.config, sealed.facts) == ("lines", 5, {"seed": 5, "size": 3}, {"count": 2})
    assert sealed.config_digest == SeededConfig().digest()
    assert read_manifest(artifact) == sealed


def test_sealing_again_gives_the_same_bytes(artifact):
    seal(artifact)
    first = (artifact / NAME).read_bytes()
    seal(artifact)
    assert (artifact / NAME).read_bytes() == first


def test_digest_changes_with_the_content(artifact):
    before = seal(artifact).digest()
    (artifact / "model.bin").write_bytes(b"other weights")
    assert seal(artifact).digest() != before


def test_parents_are_recorded_by_digest(artifact, tmp_path):
    child = tmp_path / "child"
    child.mkdir()
    parent = seal(artifact)
    assert seal(child, lines=artifact).parents == {"lines": parent.digest()}


def test_untouched_artifact_is_accepted_and_state_may_change(artifact):
    sealed = seal(artifact)
    (artifact / "state" / "checkpoint").write_bytes(b"later")
    assert verify(artifact, "lines") == sealed


def test_altered_file_is_refused_by_name(artifact):
    seal(artifact)
    (artifact / "pages" / "one.png").write_bytes(b"Picture")
    with pytest.raises(ArtifactError, match=r"pages/one\.png.*altered"):
        verify(artifact, "lines")


def test_missing_file_is_refused_by_name(artifact):
    seal(artifact)
    (artifact / "model.bin").unlink()
    with pytest.raises(ArtifactError, match=r"model\.bin.*nothing there"):
        verify(artifact, "lines")


def test_artifact_of_another_kind_is_refused(artifact):
    seal(artifact)
    with pytest.raises(ArtifactError, match=r"'restorer'.*'lines'"):
        verify(artifact, "restorer")


@pytest.mark.parametrize("content", [b"not json", b"{}", b'{"kind": "lines", "surprise": 1}'])
def test_manifest_that_does_not_parse_is_refused(artifact, content):
    (artifact / NAME).write_bytes(content)
    with pytest.raises(ArtifactError, match=r"manifest\.json"):
        read_manifest(artifact)


def test_hash_of_a_file_is_sha256(tmp_path):
    (tmp_path / "file").write_bytes(b"abc")
    assert file_sha256(tmp_path / "file") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


def test_manifest_is_readable_json(artifact):
    seal(artifact)
    assert Manifest.model_validate(json.loads((artifact / NAME).read_text())).kind == "lines"
