import pytest
from fontTools import subset
from fontTools.ttLib import TTFont

from pulih.common.errors import InputError
from pulih.data.charset import LATIN
from pulih.synthesis import fonts
from pulih.synthesis.faces import faces_of, names_of, open_face


def test_pinned_fonts_write_the_whole_charset_but_perhaps_the_long_s(small):
    for face in faces_of(small(fonts=(), held_out_fonts=()), "train"):
        assert set(LATIN) - face.characters <= {"\u017f"}


def test_some_seen_and_some_held_out_font_has_the_long_s(small):
    config = small(fonts=(), held_out_fonts=())
    for split in ("train", "test_unseen"):
        assert any("\u017f" in face.characters for face in faces_of(config, split))


def test_held_out_fonts_are_in_no_other_split(small):
    config = small(fonts=(), held_out_fonts=())
    unseen = set(names_of(config, "test_unseen"))
    assert len(unseen) == 5
    assert all(unseen.isdisjoint(names_of(config, split)) for split in ("train", "validation", "test_seen"))


def test_font_trained_on_by_name_is_no_longer_held_out(small):
    config = small(fonts=("bilbo",), held_out_fonts=())
    assert names_of(config, "train") == ("bilbo",)
    assert "bilbo" not in names_of(config, "test_unseen")


def test_measures_agree_with_the_glyphs(face):
    box = face.at(1000).getbbox("x", anchor="ls")
    assert face.x_height == pytest.approx(-box[1] / 1000, abs=0.02)
    assert 0.01 < face.stroke < 0.1
    assert face.ascent > face.x_height > 0


def test_own_fonts_are_trained_on(small, tmp_path):
    (tmp_path / "my-hand.ttf").write_bytes(fonts.find("kristi").read_bytes())
    config = small(fonts=(), font_dirs=(str(tmp_path),))
    assert "my-hand" in names_of(config, "train")
    assert open_face("my-hand", config.font_dirs).path == tmp_path / "my-hand.ttf"


def test_file_that_is_no_font_is_refused(tmp_path):
    (tmp_path / "broken.ttf").write_text("not a font")
    with pytest.raises(InputError, match=r"broken\.ttf"):
        open_face("broken", (str(tmp_path),))


def test_font_without_the_basic_letters_is_refused_with_what_it_lacks(tmp_path):
    font = TTFont(fonts.find("kristi"))
    subsetter = subset.Subsetter()
    subsetter.populate(text="abcdefghijklmnopqrstuvw")
    subsetter.subset(font)
    font.save(tmp_path / "poor.ttf")
    with pytest.raises(InputError, match=r"xyz.*Latin"):
        open_face("poor", (str(tmp_path),))


def test_split_without_a_font_is_refused(small):
    held_out = tuple(name for name, pin in fonts.pins().items() if pin.held_out)
    with pytest.raises(InputError, match="'test_unseen'"):
        faces_of(small(fonts=held_out, held_out_fonts=()), "test_unseen")
