import numpy as np

from pulih.common.config import read_json
from pulih.common.files import write_json
from pulih.data.charset import Charset
from pulih.data.transcribed import grey_of, read_collection
from pulih.evaluation.measure import read_lines_of
from pulih.evaluation.reading.material import make_folds
from pulih.evaluation.reading.readers import RealLines, adapted_reader, readings, samples_of, selected, stopping_samples
from pulih.recognizer.decode import Reading
from pulih.recognizer.model import load_recognizer
from pulih.recognizer.view import reader_view


def material_of(folder):
    lines = read_collection(folder, Charset()).lines
    original = [reader_view(grey_of(line), 64, 255) for line in lines]
    views = {"original": original, "line": [v // 2 for v in original], "page": [v // 4 for v in original]}
    return RealLines(lines, views, "restorer")


def test_a_sample_pairs_the_original_with_either_way_of_restoring_in_turn(real_lines, plan):
    material = material_of(real_lines)
    samples = samples_of(material, frozenset({"ms 0"}), plan)
    assert len(samples) == 6
    for index, sample in enumerate(samples):
        assert np.array_equal(sample.degraded, material.views["original"][index])
        assert np.array_equal(sample.clean, material.views["line" if index % 2 == 0 else "page"][index])


def test_what_stops_the_training_reads_each_line_as_scanned_and_restored(real_lines, plan):
    samples = samples_of(material_of(real_lines), frozenset({"ms 1"}), plan)
    stopping = stopping_samples(samples)
    read = [sample.clean for sample in stopping]
    assert len(read) == 2 * len(samples)
    assert all(any(np.array_equal(image, s.degraded) for image in read) for s in samples)
    assert all(any(np.array_equal(image, s.clean) for image in read) for s in samples)


def test_an_adapted_reader_is_made_once_and_anew_for_another_restorer(real_lines, plan, judge, tmp_path):
    material = material_of(real_lines)
    fold = make_folds(material.lines, plan)[0]
    first = adapted_reader(fold, material, judge, plan, tmp_path)
    written = (first / "model.safetensors").stat().st_mtime_ns
    assert adapted_reader(fold, material, judge, plan, tmp_path) == first
    assert (first / "model.safetensors").stat().st_mtime_ns == written
    assert load_recognizer(first).charset.characters.endswith("õ")
    other = RealLines(material.lines, material.views, "another")
    assert adapted_reader(fold, other, judge, plan, tmp_path) != first


def test_what_was_read_is_kept_and_only_the_rest_is_read(real_lines, plan, judge, tmp_path):
    material = material_of(real_lines)
    some = readings(judge, material, [0, 1], plan, tmp_path)
    assert (
        some["line"][material.lines[1].sha256].text
        == read_lines_of(load_recognizer(judge), [material.views["line"][1]], 16)[0]
    )
    for path in tmp_path.iterdir():
        write_json(path, read_json(path) | {material.lines[0].sha256: ("kept", 0.5)})
    all_of = readings(judge, material, range(len(material.lines)), plan, tmp_path)
    assert all_of["page"][material.lines[0].sha256] == Reading("kept", 0.5)
    assert len(all_of["page"]) == len(material.lines)


def test_a_restored_reading_is_selected_only_where_the_reader_is_surer_of_it():
    found = {
        "original": {"a": Reading("a scan", 0.8), "b": Reading("b scan", 0.8)},
        "line": {"b": Reading("b line", 0.9), "a": Reading("a line", 0.7)},
        "page": {"a": Reading("a page", 0.81), "b": Reading("b page", 0.82)},
    }
    chosen = selected(found, 0.02)
    assert [chosen["line_selected"][key].text for key in "ab"] == ["a scan", "b line"]
    assert [chosen["page_selected"][key].text for key in "ab"] == ["a scan", "b page"]
