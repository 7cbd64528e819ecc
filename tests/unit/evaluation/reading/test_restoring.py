import numpy as np

from pulih.data.charset import Charset
from pulih.data.transcribed import grey_of, read_collection
from pulih.evaluation.reading import restoring
from pulih.evaluation.reading.restoring import identity, restored_crops
from pulih.restorer.infer import Restorer


def test_the_original_is_the_crops_luminance(real_lines, blur_restorer, tmp_path):
    lines = read_collection(real_lines, Charset()).lines[:2]
    crops = restored_crops("original", lines, Restorer.load(blur_restorer), tmp_path)
    assert all(np.array_equal(crop, grey_of(line)) for crop, line in zip(crops, lines, strict=True))


def test_a_line_is_restored_as_by_the_restorer_itself(real_lines, blur_restorer, tmp_path):
    lines = read_collection(real_lines, Charset()).lines[:2]
    restorer = Restorer.load(blur_restorer)
    crops = restored_crops("line", lines, restorer, tmp_path)
    expected = [restorer.restore_line(grey_of(line)) for line in lines]
    assert all(np.array_equal(crop, one) for crop, one in zip(crops, expected, strict=True))


def test_a_page_keeps_the_size_of_the_crop(real_lines, blur_restorer, tmp_path):
    lines = read_collection(real_lines, Charset()).lines[:2]
    crops = restored_crops("page", lines, Restorer.load(blur_restorer), tmp_path)
    assert [crop.shape for crop in crops] == [grey_of(line).shape for line in lines]


def test_what_was_restored_is_read_back_and_each_restorer_has_its_own(real_lines, blur_restorer, tmp_path):
    lines = read_collection(real_lines, Charset()).lines[:1]
    restorer = Restorer.load(blur_restorer)
    first = restored_crops("line", lines, restorer, tmp_path)
    (kept,) = tmp_path.glob(f"line-{identity(restorer)}/{lines[0].sha256}.png")
    written = kept.stat().st_mtime_ns
    assert np.array_equal(restored_crops("line", lines, restorer, tmp_path)[0], first[0])
    assert kept.stat().st_mtime_ns == written
    restorer.digest = "another"
    restored_crops("line", lines, restorer, tmp_path)
    assert (tmp_path / f"line-{identity(restorer)}" / kept.name).is_file()
    assert len(list(tmp_path.iterdir())) == 2


def test_other_inference_code_restores_again(real_lines, blur_restorer, tmp_path, monkeypatch):
    lines = read_collection(real_lines, Charset()).lines[:1]
    restorer = Restorer.load(blur_restorer)
    restored_crops("line", lines, restorer, tmp_path)
    monkeypatch.setattr(restoring, "inference_digest", lambda: "0123456789ab")
    restored_crops("line", lines, restorer, tmp_path)
    names = sorted(path.name for path in tmp_path.iterdir())
    assert len(names) == 2
    assert f"line-{restorer.digest}-0123456789ab" in names
