import numpy as np
import pytest
import wordfreq

from pulih.synthesis.spelling import allowed, base_form, respell, split_of, with_long_s


@pytest.mark.parametrize("language", ["nl", "ms", "id", "en"])
def test_no_spelling_of_a_word_leaves_its_base_form(language):
    random = np.random.default_rng(1)
    changed = 0
    for word in wordfreq.top_n_list(language, 2500):
        spelled = respell(word, random)
        changed += spelled != word
        assert base_form(spelled) == base_form(word), (word, spelled)
        assert base_form(with_long_s(spelled)) == base_form(word)
    assert changed > 200


@pytest.mark.parametrize(
    ("modern", "historical"),
    [("eerlijk", "eerlyck"), ("wijs", "wys"), ("jaar", "iaer"), ("schip", "schip"), ("boek", "boeck"), ("uit", "vyt")],
)
def test_known_historical_spellings_share_the_base_form_of_the_modern_word(modern, historical):
    assert base_form(modern) == base_form(historical)


def test_rules_write_known_historical_spellings():
    random = np.random.default_rng(0)
    spelled = {respell("eerlijk", random) for _ in range(200)}
    assert {"eerlijck", "eerlyck"} <= spelled
    assert "iaer" in {respell("jaar", random) for _ in range(300)}


def test_case_and_accents_do_not_move_a_word_to_another_split():
    assert split_of("Één") == split_of("een")


def test_word_belongs_to_exactly_one_split_and_number_to_all():
    for word in ("Batavia", "schip", "kapal"):
        owners = [split for split in ("train", "validation", "test_seen") if allowed(word, split)]
        assert len(owners) == 1
    assert all(allowed("1694", split) for split in ("train", "validation", "test_seen", "test_unseen"))


def test_splits_get_about_seven_one_and_two_tenths_of_the_words():
    splits = [split_of(word) for word in wordfreq.top_n_list("nl", 5000)]
    shares = {name: splits.count(name) / len(splits) for name in set(splits)}
    assert shares == pytest.approx({"train": 0.7, "validation": 0.1, "test": 0.2}, abs=0.04)


def test_long_s_stands_anywhere_but_at_the_end_and_before_f():
    assert with_long_s("schippers misfeit passen") == "\u017fchippers misfeit pa\u017f\u017fen"
