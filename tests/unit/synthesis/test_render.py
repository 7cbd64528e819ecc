from dataclasses import replace
from itertools import repeat

import cv2
import numpy as np
import pytest

from pulih.common.errors import InputError
from pulih.synthesis.faces import Face, open_face
from pulih.synthesis.render import _broadened, draw_hand, render_line, written


def line(face, words, seed=0, shape=(64, 400)):
    random = np.random.default_rng(seed)
    return render_line(draw_hand(face, shape[0], random), words.tokens(random), shape, random)


def test_line_is_dark_ink_on_white_paper_of_the_right_height(face, words):
    clean = line(face, words).clean
    assert clean.dtype == np.uint8
    assert clean.shape[0] == 64
    assert clean.min() < 25
    assert np.median(clean) == 255
    assert 0.02 < np.mean(clean < 128) < 0.3


def test_no_line_is_wider_than_allowed_and_most_are_nearly_as_wide(face, words):
    widths = [line(face, words, seed).clean.shape[1] for seed in range(30)]
    assert max(widths) <= 400
    assert np.mean(widths) > 280


def test_same_stream_gives_the_same_picture(face, words):
    assert np.array_equal(line(face, words, 5).clean, line(face, words, 5).clean)


def test_no_two_occurrences_of_a_word_look_alike(face):
    random = np.random.default_rng(0)
    hand = draw_hand(face, 64, random)
    first, second = (render_line(hand, iter(["maan"]), (64, 200), random).clean for _ in range(2))
    width = min(first.shape[1], second.shape[1])
    assert np.abs(first[:, :width].astype(int) - second[:, :width]).mean() > 2


def test_text_is_what_was_drawn_up_to_the_last_whole_word(face):
    drawn = line_of(face, ["een", "twee", "drie", "vier", "vijf", "zes", "zeven", "acht"])
    assert "een twee drie vier vijf zes zeven acht".startswith(drawn.text)
    assert len(drawn.text.split()) >= 2


def line_of(face, tokens, width=220):
    random = np.random.default_rng(1)
    return render_line(draw_hand(face, 64, random), iter(tokens), (64, width), random)


def test_more_words_bring_more_ink(face):
    ink = [np.sum(255 - line_of(face, ["maan"] * n, 500).clean.astype(int)) for n in (1, 2, 4)]
    assert ink[1] / ink[0] == pytest.approx(2, rel=0.3)
    assert ink[2] / ink[0] == pytest.approx(4, rel=0.3)


def test_word_too_long_for_the_line_is_squeezed_into_it(face):
    drawn = line_of(face, ["verantwoordelijkheid"], 100)
    assert drawn.text == "verantwoordelijkheid"
    assert drawn.clean.shape[1] == 100
    assert np.any(drawn.clean[:, 80:] < 128)


def test_heavier_hand_leaves_more_ink(face):
    hand = draw_hand(face, 64, np.random.default_rng(0))
    light, heavy = (
        render_line(replace(hand, weight=w), iter(["maan"]), (64, 200), np.random.default_rng(1)).clean.mean()
        for w in (0.0, 1.0)
    )
    assert heavy < light - 2


def test_characters_that_a_font_lacks_lose_their_accents_or_the_word_is_left_out(face):
    plain = Face("plain", face.path, frozenset("abcdefghijklmnopqrstuvwxyz"), 0.4, 0.7, 0.3, 0.03)
    hand = draw_hand(plain, 64, np.random.default_rng(0))
    assert written("\u017fché\u00ff", hand) == "schey"
    assert written("1694", hand) is None
    assert line_of(plain, ["1694", "één", "12", "boot"]).text == "een boot"


def test_font_that_can_write_none_of_the_words_is_named(face):
    plain = Face("plain", face.path, frozenset("abc"), 0.4, 0.7, 0.3, 0.03)
    with pytest.raises(InputError, match="'plain'"):
        line_of(plain, repeat("1694"))


def test_hand_with_long_s_writes_it(face):
    hands = [draw_hand(open_face("pinyon-script"), 64, np.random.default_rng(seed)) for seed in range(40)]
    long = [hand for hand in hands if hand.long_s]
    assert 0 < len(long) < 40
    assert written("passen", long[0]) == "pa\u017f\u017fen"
    assert not any(draw_hand(face, 64, np.random.default_rng(seed)).long_s for seed in range(40))


@pytest.mark.parametrize("height", [64, 128])
def test_letters_grow_with_the_line(face, words, height):
    drawn = line(face, words, 3, (height, height * 6))
    rows = np.flatnonzero((drawn.clean < 128).any(axis=1))
    assert 0.3 * height < rows[-1] - rows[0] <= height


def stroke_width(clean):
    ink = (clean < 128).astype(np.uint8)
    return 2 * ink.sum() / max(1, int(ink.sum()) - int(cv2.erode(ink, np.ones((3, 3), np.uint8)).sum()))


def test_broad_nib_widens_strokes_by_about_its_breadth(face):
    hand = replace(draw_hand(face, 64, np.random.default_rng(0)), weight=0.5, edge=1.0, nib=0.0)
    widths = [
        stroke_width(render_line(replace(hand, nib=nib), iter(["maan"]), (64, 300), np.random.default_rng(1)).clean)
        for nib in (0.0, 1.0, 2.0, 3.0)
    ]
    assert np.diff(widths) == pytest.approx([1, 1, 1], abs=0.45)


def test_quill_held_flat_draws_broad_down_strokes_and_thin_cross_strokes():
    cross = np.zeros((80, 80), np.uint8)
    cross[38:42, 10:70] = cross[10:70, 38:42] = 255
    hand = draw_hand(open_face("pinyon-script"), 64, np.random.default_rng(0))
    drawn = _broadened(cross, replace(hand, nib=4.0, edge=0.25, nib_angle=0.0)) > 127
    assert drawn[15].sum() > drawn[:, 15].sum() + 3


def test_one_hand_in_seven_writes_with_a_broad_nib(face):
    random = np.random.default_rng(0)
    assert np.mean([draw_hand(face, 64, random).nib > 0 for _ in range(1000)]) == pytest.approx(1 / 7, abs=0.035)
