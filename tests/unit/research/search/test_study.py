import optuna
import pytest

from pulih.common.errors import ConfigError
from pulih.research.search.outcome import markdown, nested, summarize
from pulih.research.search.study import counted, importances, next_trial, open_study, set_aside


def run(study, config, until):
    """Trials whose PSNR is known: it depends on the rate alone."""
    while len(counted(study)) < until:
        trial = next_trial(study, config)
        study.tell(trial, 20 + 100 * trial.params["optimizer.generator_rate"])


def values(study):
    return [trial.params for trial in counted(study)]


def test_the_first_trial_is_the_base_itself(small_search, tmp_path):
    trial = next_trial(open_study(small_search, "d", tmp_path), small_search)
    assert trial.params == {"weights.bce": 0.5, "optimizer.generator_rate": 0.005}


def test_a_search_that_was_stopped_draws_what_it_would_have_drawn(small_search, tmp_path):
    whole, parts = open_study(small_search, "d", tmp_path / "a"), open_study(small_search, "d", tmp_path / "b")
    run(whole, small_search, 6)
    run(parts, small_search, 3)
    run(open_study(small_search, "d", tmp_path / "b"), small_search, 6)
    assert values(open_study(small_search, "d", tmp_path / "b")) == values(whole)


def test_a_trial_that_a_dead_process_left_is_tried_again_and_not_counted(small_search, tmp_path):
    study = open_study(small_search, "d", tmp_path)
    run(study, small_search, 2)
    left = next_trial(study, small_search).params
    again = open_study(small_search, "d", tmp_path)
    assert len(counted(again)) == 2
    assert next_trial(again, small_search).params == left


def test_an_interrupted_trial_is_next_in_the_queue(small_search, tmp_path):
    study = open_study(small_search, "d", tmp_path)
    trial = next_trial(study, small_search)
    set_aside(study, trial.number, trial.params)
    assert counted(study) == []
    assert next_trial(study, small_search).params == trial.params


def test_a_folder_with_another_study_is_refused(small_search, tmp_path):
    open_study(small_search, "one", tmp_path)
    with pytest.raises(ConfigError, match="another --output"):
        open_study(small_search, "two", tmp_path)


def test_the_setting_that_decides_is_the_important_one(small_search, tmp_path):
    study = open_study(small_search, "d", tmp_path)
    assert importances(study, 1) == {}
    run(study, small_search, 12)
    found = importances(study, 1)
    assert next(iter(found)) == "optimizer.generator_rate"
    assert found["optimizer.generator_rate"] > 0.8


def test_a_trial_below_the_median_is_given_up(small_search, tmp_path):
    study = open_study(small_search, "d", tmp_path)
    for psnr in (20.0, 21.0):
        trial = next_trial(study, small_search)
        trial.report(psnr, 2)
        assert not trial.should_prune()
        study.tell(trial, psnr)
    trial = next_trial(study, small_search)
    trial.report(10.0, 2)
    assert trial.should_prune()
    study.tell(trial, state=optuna.trial.TrialState.PRUNED)
    found = summarize(study, small_search, "d")
    assert [one["state"] for one in found["trials"]] == ["complete", "complete", "pruned"]
    assert found["best"]["psnr"] == 21.0


def test_the_most_important_settings_come_first_whatever_order_a_file_has(small_search, tmp_path):
    study = open_study(small_search, "d", tmp_path)
    run(study, small_search, 4)
    found = summarize(study, small_search, "d") | {"importances": {"a": 0.1, "b": 0.7, "c": 0.2}}
    assert "(fANOVA): b 70%, c 20%, a 10%." in markdown(found)


def test_a_short_table_has_the_best_and_the_base(small_search, tmp_path):
    study = open_study(small_search, "d", tmp_path)
    run(study, small_search, 6)
    found = summarize(study, small_search, "d")
    found["trials"][0]["psnr"] = 1.0
    rows = [line for line in markdown(found, 2).splitlines() if "| complete |" in line]
    assert len(rows) == 3
    assert rows[0].startswith(f"| {found['best']['number']} |")
    assert rows[-1].startswith("| 0 |")


def test_dotted_names_become_a_profile():
    assert nested({"weights.bce": 1.0, "weights.ctc": 2.0, "seed": 3}) == {
        "weights": {"bce": 1.0, "ctc": 2.0}, "seed": 3,
    }  # fmt: skip
