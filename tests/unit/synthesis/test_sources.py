import pytest

from pulih.common.errors import ConfigError, InputError
from pulih.synthesis import fonts
from pulih.synthesis.sources import sources_digest
from pulih.synthesis.stage import resolve


def test_default_material_needs_no_digest(small):
    assert sources_digest(small()) == ""
    assert resolve(small()).digest() == small().digest()


def test_other_text_is_another_config(small, tmp_path):
    text = tmp_path / "text.txt"
    config = small(text_files=(str(text),))
    digests = []
    for content in ("een schip", "een boot"):
        text.write_text(content)
        digests.append(resolve(config).digest())
    assert digests[0] != digests[1]


def test_other_font_of_the_same_name_is_another_config(small, tmp_path):
    config = small(fonts=("hand",), font_dirs=(str(tmp_path),))
    digests = []
    for name in ("kristi", "meddon"):
        (tmp_path / "hand.ttf").write_bytes(fonts.find(name).read_bytes())
        digests.append(resolve(config).digest())
    assert digests[0] != digests[1]


def test_config_that_names_other_sources_is_refused(small, tmp_path):
    (tmp_path / "text.txt").write_text("een schip")
    with pytest.raises(ConfigError, match="deadbeef"):
        resolve(small(text_files=(str(tmp_path / "text.txt"),), sources="deadbeef"))


def test_missing_text_is_named(small):
    with pytest.raises(InputError, match=r"nowhere\.txt"):
        resolve(small(text_files=("nowhere.txt",)))
