from dataclasses import replace

import torch

from pulih.restorer.judging import SHARES, correct, hinge, judge_images, judge_texts
from pulih.restorer.losses import Candidate


def test_hinge_by_hand():
    logits = torch.tensor([2.0, 0.5, -1.0])
    assert hinge(logits, 1.0).tolist() == [0.0, 0.5, 2.0]
    assert hinge(logits, -1.0).tolist() == [3.0, 1.5, 0.0]
    assert hinge(logits, torch.tensor([1.0, -1.0, -1.0])).tolist() == [0.0, 1.5, 0.0]


def test_correct_counts_signs():
    assert correct(torch.tensor([2.0, -0.5]), torch.tensor([1.0, 1.0])).tolist() == [1.0, 0.0]


def test_real_and_not_real_weigh_the_same():
    assert SHARES["image_real"] == SHARES["image_fake"]
    assert SHARES["text_real"] == SHARES["text_fake"] + SHARES["text_mismatch"]
    assert SHARES["text_real"] == SHARES["text_fake_alone"]


def test_without_wrong_texts_restored_lines_alone_stand_against_clean_ones(networks, line_batch):
    batch = replace(line_batch, mismatched=None)
    logits = torch.randn_like(batch.clean)
    found, _ = judge_texts(networks.discriminator, Candidate(logits, batch, networks.recognizer))
    wanted, _ = judge_texts(networks.discriminator, Candidate(logits, line_batch, networks.recognizer))
    assert set(found) == {"text_real", "text_fake_alone"}
    torch.testing.assert_close(found["text_fake_alone"], wanted["text_fake"])


def test_a_branch_judges_every_case_once_per_line(networks, line_batch):
    candidate = Candidate(torch.randn_like(line_batch.clean), line_batch, networks.recognizer)
    for judge, names in (
        (judge_images, {"image_real", "image_fake"}),
        (judge_texts, {"text_real", "text_fake", "text_mismatch"}),
    ):
        losses, accuracies = judge(networks.discriminator, candidate)
        assert set(losses) == set(accuracies) == names
        for name in names:
            assert losses[name].shape == line_batch.widths.shape
            assert 0 <= accuracies[name].min() <= accuracies[name].max() <= 1.0001


def test_characters_that_the_line_shows_all_the_same_are_no_mismatch(networks, line_batch):
    branch = networks.discriminator.text
    torch.nn.init.zeros_(branch.decide[2].weight)
    torch.nn.init.constant_(branch.decide[2].bias, 1.0)
    candidate = Candidate(torch.zeros_like(line_batch.clean), line_batch, networks.recognizer)
    losses, accuracies = judge_texts(networks.discriminator, candidate)
    wrong = line_batch.mismatch
    shown = wrong.shown.sum(1) / wrong.lengths
    torch.testing.assert_close(losses["text_mismatch"], 2 * (1 - shown))
    torch.testing.assert_close(accuracies["text_mismatch"], shown)
