import pytest
from fontTools import subset
from fontTools.ttLib import TTFont
from PIL import ImageFont

from pulih.synthesis import fonts
from pulih.synthesis.conversion import to_ttf


@pytest.fixture(scope="module")
def subsets(tmp_path_factory):
    """Two web fonts of one typeface, as its package has them: basic letters, and the long s."""
    folder, paths = tmp_path_factory.mktemp("subsets"), []
    for name, characters in (("latin", "abcdefghij"), ("latin-ext", "\u017f")):
        font = TTFont(fonts.find("pinyon-script"), recalcTimestamp=False)
        subsetter = subset.Subsetter()
        subsetter.populate(text=characters)
        subsetter.subset(font)
        font.flavor = "woff2"
        paths.append(folder / f"{name}.woff2")
        font.save(paths[-1])
    return paths


def test_characters_of_the_extended_subset_are_merged_in(subsets, tmp_path):
    to_ttf(subsets, tmp_path / "merged.ttf")
    merged = TTFont(tmp_path / "merged.ttf").getBestCmap()
    assert {ord("a"), ord("j"), 0x17F} <= set(merged)


def test_equal_subsets_give_equal_bytes(subsets, tmp_path):
    for name in ("first", "second"):
        to_ttf(subsets, tmp_path / name)
    assert (tmp_path / "first").read_bytes() == (tmp_path / "second").read_bytes()


def test_hinting_is_gone_and_letters_keep_their_width(subsets, tmp_path):
    to_ttf(subsets[:1], tmp_path / "plain.ttf")
    font = TTFont(tmp_path / "plain.ttf")
    assert not {"fpgm", "cvt ", "hdmx"} & set(font.keys())
    original, plain = (ImageFont.truetype(str(p), 200) for p in (fonts.find("pinyon-script"), tmp_path / "plain.ttf"))
    assert plain.getlength("bad") == pytest.approx(original.getlength("bad"), rel=0.01)
