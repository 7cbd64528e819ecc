import io

import numpy as np
import pytest
from PIL import Image

from pulih.common.errors import InputError
from pulih.drift.gallery import read_page, thumbnail, write_gallery
from pulih.drift.outliers import Outlier


def outlier(path, name, position=1):
    return Outlier(name, str(path), position, 2.0, "slant", 50.0, 4.0, "Slant 50 degrees")


@pytest.fixture
def tiff(tmp_path):
    pages = [Image.new("RGB", (1800, 700), colour) for colour in ("red", "blue")]
    pages[0].save(tmp_path / "two.tif", save_all=True, append_images=pages[1:])
    return tmp_path / "two.tif"


def test_pictures_are_ranked_bounded_and_safely_named(tiff, tmp_path):
    names = write_gallery([outlier(tiff, "a/b è §.tif", 2), outlier(tiff, "../c.tif")], tmp_path / "out")
    assert names == ["gallery/01-b.png", "gallery/02-c.png"]
    shown = np.asarray(Image.open(tmp_path / "out" / names[0]))
    assert shown.shape == (350, 900, 3)
    assert shown[0, 0].tolist() == [0, 0, 255]


def test_a_page_that_is_gone_is_named(tiff):
    with pytest.raises(InputError, match="page 3"):
        read_page(tiff, 3)


def test_thumbnails_are_small_jpegs(tiff, tmp_path):
    write_gallery([outlier(tiff, "x.tif")], tmp_path)
    kind, _, data = thumbnail(tmp_path / "gallery" / "01-x.png").partition(",")
    assert kind == "data:image/jpeg;base64"
    import base64

    assert Image.open(io.BytesIO(base64.b64decode(data))).size == (360, 140)
