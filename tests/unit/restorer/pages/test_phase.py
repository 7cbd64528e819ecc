import pytest
import torch

from pulih.common.config import read_json
from pulih.common.dist import Group
from pulih.common.errors import ConfigError
from pulih.data.lines import read_lines
from pulih.recognizer.model import load_recognizer
from pulih.restorer import stage
from pulih.restorer.config import PagesConfig
from pulih.restorer.pages.phase import learn_pages
from pulih.restorer.train import run
from pulih.restorer.trainer import Trainer


@pytest.fixture
def paged(small, patchy):
    """The small config, with steps on pages at its end."""
    return small.model_copy(update={"pages": PagesConfig.model_validate({**patchy.model_dump(), "lines": 2})})


@pytest.fixture
def trainer_of(lines_with_pages, reader_folder, alone):
    samples = read_lines(lines_with_pages, "train")
    return lambda config, group=alone: Trainer(config, samples, load_recognizer(reader_folder), group)


def test_the_best_generator_goes_on_and_the_others_stay(trainer_of, paged, lines_with_pages, samples, tmp_path):
    trainer = trainer_of(paged)
    before, own = dict(trainer.best), {n: v.clone() for n, v in trainer.generator.state_dict().items()}
    facts = learn_pages(trainer, lines_with_pages, samples[:2], tmp_path, "d")
    assert (facts["pages"], facts["steps"]) == (2, 8)
    assert facts["validation"]["psnr"] > 0
    assert not all(torch.equal(before[name], trainer.best[name]) for name in before)
    assert all(torch.equal(own[name], value) for name, value in trainer.generator.state_dict().items())


def test_without_steps_nothing_changes(trainer_of, small, lines_with_pages, samples, tmp_path):
    trainer = trainer_of(small)
    before = dict(trainer.best)
    assert learn_pages(trainer, lines_with_pages, samples[:2], tmp_path, "d") == {}
    assert all(torch.equal(before[name], trainer.best[name]) for name in before)


def test_lines_without_training_pages_are_refused_before_the_training(paged, printed_lines, reader_folder, tmp_path):
    with pytest.raises(ConfigError, match="train_pages"):
        run(paged, printed_lines, reader_folder, tmp_path)
    assert not list(tmp_path.rglob("*"))


@pytest.mark.parametrize(("name", "other"), [("batch_size", "lines"), ("lines", "batch_size")])
def test_processes_share_patches_and_crops_equally(trainer_of, paged, name, other):
    config = paged.model_copy(update={"pages": paged.pages.model_copy(update={other: 4})})
    with pytest.raises(ConfigError, match=f"pages.{name}"):
        trainer_of(config, Group(0, 4, torch.device("cpu")))


def test_more_crops_than_lines_are_refused(trainer_of, paged):
    config = paged.model_copy(update={"pages": paged.pages.model_copy(update={"lines": 100})})
    with pytest.raises(ConfigError, match="100 training lines"):
        trainer_of(config)


def test_the_artifact_tells_of_the_pages(paged, lines_with_pages, reader_folder, tmp_path):
    stage.train(paged, lines_with_pages, reader_folder, tmp_path / "restorer")
    metrics = read_json(tmp_path / "restorer" / "metrics.json")
    assert metrics["validation"] == metrics["pages"]["validation"]
    assert "then 8 steps on patches of 2 synthetic pages" in (tmp_path / "restorer" / "MODEL_CARD.md").read_text()
    assert (tmp_path / "restorer" / "curves.png").is_file()


def test_two_processes_learn_from_pages_together_and_end_alike(paged, lines_with_pages, reader_folder, tmp_path):
    made = {}
    for processes in (1, 2):
        config = paged.model_copy(update={"processes": processes})
        stage.train(config, lines_with_pages, reader_folder, tmp_path / str(processes))
        made[processes] = read_json(tmp_path / str(processes) / "metrics.json")
    assert made[2]["processes"] == 2
    first, second = (made[processes]["pages"]["validation"]["psnr"] for processes in (1, 2))
    assert second == pytest.approx(first, abs=0.2)
