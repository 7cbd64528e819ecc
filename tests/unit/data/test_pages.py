import numpy as np
import pytest

from pulih.common.config import StageConfig
from pulih.common.errors import ArtifactError
from pulih.data.lines import KIND
from pulih.data.manifest import write_manifest
from pulih.data.pages import PageSample, read_pages, scan_path, write_page


def page(key, seed=0):
    random = np.random.default_rng(seed)
    degraded, clean = random.integers(0, 256, (30, 20, 3), np.uint8), random.integers(0, 256, (30, 20), np.uint8)
    return PageSample(key, degraded, clean, {"font": "bilbo", "lines": [{"text": "één", "box": [1, 2, 3, 4]}]})


@pytest.fixture
def artifact(tmp_path):
    for key in ("page-0001", "page-0000"):
        write_page(tmp_path, page(key, seed=int(key[-1])))
    write_manifest(tmp_path, KIND, StageConfig(), {}, {})
    return tmp_path


def test_pages_come_back_exactly_and_by_key(artifact):
    pages = read_pages(artifact)
    assert [found.key for found in pages] == ["page-0000", "page-0001"]
    for number, found in enumerate(pages):
        assert np.array_equal(found.degraded, page("", number).degraded)
        assert np.array_equal(found.clean, page("", number).clean)
        assert found.meta == page("").meta


def test_artifact_without_pages_has_none(tmp_path):
    write_manifest(tmp_path, KIND, StageConfig(), {}, {})
    assert read_pages(tmp_path) == []


def test_altered_page_is_refused_by_name(artifact):
    scan_path(artifact, "page-0001").write_bytes(b"something else")
    with pytest.raises(ArtifactError, match=r"page-0001\.degraded\.png"):
        read_pages(artifact)


def test_page_that_is_no_picture_is_refused(tmp_path):
    write_page(tmp_path, page("page-0000"))
    scan_path(tmp_path, "page-0000").write_bytes(b"sealed like this")
    write_manifest(tmp_path, KIND, StageConfig(), {}, {})
    with pytest.raises(ArtifactError, match="whole page 'page-0000'"):
        read_pages(tmp_path)


def test_scan_is_the_last_file_of_a_page_to_appear(tmp_path):
    (tmp_path / "pages" / "page-0000.json").mkdir(parents=True)
    with pytest.raises(OSError, match=r"page-0000\.json"):
        write_page(tmp_path, page("page-0000"))
    assert not scan_path(tmp_path, "page-0000").exists()
