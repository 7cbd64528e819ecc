import numpy as np
import pytest
import torch
from PIL import Image

from pulih.restorer.alignment import draw_alignment, read_text, readings
from pulih.restorer.negatives import Mismatch


@pytest.fixture
def shown(networks, samples):
    return readings(networks, samples[1], 1, torch.device("cpu"))


def test_a_line_is_judged_with_its_own_text_and_with_an_edited_one(shown, samples):
    right, wrong = shown
    assert right.text == Mismatch(samples[1].text, (True,) * len(samples[1].text))
    assert not all(wrong.text.shown)
    assert wrong.text.text != right.text.text


def test_attention_of_every_character_is_spread_over_the_columns_of_the_line_alone(shown, samples):
    for reading in shown:
        columns = -(-samples[1].clean.shape[1] // reading.stride)
        assert reading.attention.shape == (len(reading.text.text), columns)
        assert reading.attention.sum(axis=1) == pytest.approx(np.ones(len(reading.text.text)), abs=1e-4)
        assert reading.logits.shape == (len(reading.text.text),)


def test_characters_are_looked_for_from_left_to_right(networks, samples):
    reading = read_text(networks, samples[1], Mismatch("abcdefgh", (True,) * 8), torch.device("cpu"))
    places = reading.attention @ np.arange(reading.attention.shape[1])
    assert np.corrcoef(places, np.arange(8))[0, 1] > 0.9


def test_same_seed_gives_the_same_edits(networks, samples, shown):
    again = readings(networks, samples[1], 1, torch.device("cpu"))
    assert [reading.text for reading in again] == [reading.text for reading in shown]


def test_picture_is_written(shown, tmp_path):
    draw_alignment(shown, tmp_path / "alignment.png")
    picture = np.asarray(Image.open(tmp_path / "alignment.png").convert("L"))
    assert picture.shape[0] > 200
    assert picture.std() > 20
