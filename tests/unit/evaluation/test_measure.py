import numpy as np
import pytest

from pulih.common.errors import ArtifactError
from pulih.data.batches import stack
from pulih.data.lines import read_lines
from pulih.evaluation.measure import MEASURED, METHODS, SELECTED, candidates, measure, read_lines_of
from pulih.recognizer.model import load_recognizer


@pytest.fixture(scope="module")
def samples(tiny_lines):
    return read_lines(tiny_lines, "test_unseen")


@pytest.fixture(scope="module")
def images(samples, trained_blur, config):
    return candidates(samples, trained_blur, config)


@pytest.fixture(scope="module")
def reader(judge):
    return load_recognizer(judge)


def test_every_method_answers_every_line_in_its_size(samples, images):
    assert set(images) == set(METHODS)
    for method in METHODS:
        assert [image.shape for image in images[method]] == [sample.clean.shape for sample in samples]
        assert {image.dtype for image in images[method]} == {np.dtype(np.uint8)}


def test_ink_is_darker_than_paper_for_every_method_that_looks(samples, images):
    for method in ("degraded", "background_division", "sauvola", "restored"):
        dark = [image[s.clean < 64].mean() for image, s in zip(images[method], samples, strict=True)]
        light = [image[s.clean > 250].mean() for image, s in zip(images[method], samples, strict=True)]
        assert np.mean(dark) < np.mean(light) - 20, method


def test_reading_does_not_depend_on_order_or_batch(samples, reader):
    from pulih.recognizer.decode import read

    lines = [sample.clean for sample in samples]
    alone = []
    for line in lines:
        import torch

        alone += read(reader, stack([line]), torch.tensor([line.shape[1]]))
    one_by_one = read_lines_of(reader, lines, 1)
    assert one_by_one == alone
    assert read_lines_of(reader, lines[::-1], 1) == alone[::-1]
    assert len(read_lines_of(reader, lines, 5)) == len(lines)


def test_lines_of_another_height_than_the_recognizers_are_refused(reader):
    with pytest.raises(ArtifactError, match="lines 64 pixels high; found 48"):
        read_lines_of(reader, [np.full((48, 64), 255, np.uint8)], 4)


def test_rows_are_one_per_line_and_method_with_edits_that_explain_the_reading(samples, images, reader, config):
    import rapidfuzz

    table = measure(samples, images, reader, config)
    assert table.groupby("method").size().to_dict() == dict.fromkeys(MEASURED, len(samples))
    for row in table.itertuples():
        distance = rapidfuzz.distance.Levenshtein.distance(row.text, row.read.strip())
        assert row.substitutions + row.deletions + row.insertions == distance
        assert row.characters == len(row.text)
        assert row.words == len(row.text.split())
    clean = table[table["method"] == "clean"]
    assert (clean["psnr"] == 100).all()
    assert (clean["ssim"] == 1).all()
    assert (table[table["method"] != "clean"]["psnr"] < 60).all()


def test_a_line_is_selected_restored_only_where_the_reader_is_surer_of_it(samples, images, reader, config):
    table = measure(samples, images, reader, config)
    parts = {method: table[table["method"] == method].reset_index() for method in ("degraded", "restored", SELECTED)}
    ratio = parts["restored"]["confidence"] / parts["degraded"]["confidence"]
    # Half of the lines lie on each side of this margin, so that the claim is tried both ways.
    margin = float(np.median(ratio)) - 1
    chosen = measure(samples, images, reader, config.model_copy(update={"selection_margin": margin}))
    selected = chosen[chosen["method"] == SELECTED].reset_index()
    surer = ratio > 1 + margin
    assert 0 < surer.sum() < len(samples)
    assert selected["image"].tolist() == ["restored" if better else "degraded" for better in surer]
    wanted = parts["restored"]["psnr"].where(surer, parts["degraded"]["psnr"])
    assert selected["psnr"].tolist() == wanted.tolist()


def test_one_method_alone_is_measured_without_a_selection(samples, images, reader, config):
    table = measure(samples, {"clean": images["clean"]}, reader, config)
    assert table["method"].unique().tolist() == ["clean"]
