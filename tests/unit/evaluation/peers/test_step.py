import pytest
import torch

from pulih.common.errors import PulihError
from pulih.data.charset import Charset
from pulih.data.lines import read_lines
from pulih.evaluation.peers.step import least_squares
from pulih.evaluation.peers.trainer import PeerTrainer


@pytest.fixture
def trainer_of(small_peer, tiny_lines, alone):
    """Return a function that makes a trainer with other weights of the losses."""
    samples = read_lines(tiny_lines, "train")
    return lambda **changes: PeerTrainer(small_peer.model_copy(update=changes), samples, Charset(), alone)


def state(network):
    return {name: value.clone() for name, value in network.named_parameters()}


def moved(network, before):
    return any(not torch.equal(value, before[name]) for name, value in network.named_parameters())


def test_least_squares_is_the_mean_square_of_the_patches_inside_the_line():
    scores = torch.tensor([[[[0.5, 0.0, 9.0]]]])
    mask = torch.tensor([1.0, 1.0, 1.0, 0.0, 0.0, 0.0]).expand(1, 1, 2, 6)
    # Patches of 2 pixels: the second is inside in part, the third is padding.
    assert least_squares(scores, 1.0, mask, 2).item() == pytest.approx((0.25 + 1.0) / 2)


@pytest.mark.parametrize(
    ("changes", "learning", "losses"),
    [
        (
            {},
            {"generator", "discriminator", "recognizer"},
            {"bce", "adversarial", "ctc", "discriminator", "recognizer"},
        ),
        ({"ctc": 0.0}, {"generator", "discriminator"}, {"bce", "adversarial", "discriminator"}),
        ({"ctc": 0.0, "adversarial": 0.0}, {"generator"}, {"bce"}),
    ],
    ids=["erb", "erb-no-recognizer", "unet"],
)
def test_exactly_the_networks_of_the_used_losses_learn(trainer_of, changes, learning, losses):
    trainer = trainer_of(**changes)
    networks = vars(trainer.step.networks)
    before = {name: state(network) for name, network in networks.items()}
    values = trainer.step(trainer.feed.batch(0, trainer.group), 0)
    assert set(values) == losses
    assert {name for name, network in networks.items() if moved(network, before[name])} == learning


def test_the_recognizer_never_learns_from_restored_lines(trainer_of):
    """Setting S1: what the generator paints has no influence on the recognizer, not even on its statistics."""
    found = []
    for damage in (0.0, 3.0):
        trainer = trainer_of(adversarial=0.0)
        with torch.no_grad():
            trainer.generator.head.bias += damage
        trainer.step(trainer.feed.batch(0, trainer.group), 0)
        found.append({k: v.clone() for k, v in trainer.step.networks.recognizer.state_dict().items()})
    assert all(torch.equal(found[0][name], found[1][name]) for name in found[0])


def test_bce_equals_that_of_torch_over_the_pixels_of_each_line(trainer_of):
    trainer = trainer_of(ctc=0.0, adversarial=0.0)
    batch = trainer.feed.batch(0, trainer.group)
    logits = trainer.generator(batch.degraded)
    wanted = [
        torch.nn.functional.binary_cross_entropy(row[0, :, :width].sigmoid(), clean[0, :, :width])
        for row, clean, width in zip(logits, batch.clean, batch.widths.tolist(), strict=True)
    ]
    assert trainer.step(batch, 0)["bce"] == pytest.approx(torch.stack(wanted).mean().item(), rel=1e-4)


def test_a_loss_that_is_not_finite_stops_the_training(trainer_of):
    trainer = trainer_of()
    with torch.no_grad():
        trainer.generator.head.bias.fill_(float("nan"))
    with pytest.raises(PulihError, match="not finite"):
        trainer.step(trainer.feed.batch(0, trainer.group), 0)


def test_rates_warm_up_and_fall_to_their_last_share(trainer_of):
    trainer = trainer_of()
    rates = []
    for step in range(12):
        trainer.step(trainer.feed.batch(step, trainer.group), step)
        rates.append(trainer.step.generator_optimizer.param_groups[0]["lr"])
    highest = trainer.peer.optimizer.generator_rate
    assert max(rates) == pytest.approx(highest, rel=0.05)
    assert rates[-1] < 0.1 * highest
