import json
import time

import pytest
from typer.testing import CliRunner

from pulih.cli import app
from pulih.common.config import read_json
from pulih.common.files import write_json
from pulih.restorer.config import RestorerConfig
from pulih.restorer.profiling import Clock, markdown, measure, phases_of, shares

PARTS = {"data", "generator forward", "generator backward", "gradients of the losses", "optimizers", "average", "other"}


def test_time_inside_a_named_part_counts_for_that_part_alone():
    clock, started = Clock(), time.perf_counter()
    with clock.part("outer"):
        time.sleep(0.02)
        for _ in range(2):
            with clock.part("inner"):
                time.sleep(0.04)
    elapsed = time.perf_counter() - started
    assert clock.seconds["inner"] >= 0.08
    assert clock.seconds["outer"] >= 0.02
    assert clock.seconds["inner"] + clock.seconds["outer"] == pytest.approx(elapsed, abs=0.005)


def test_a_part_that_fails_leaves_the_others_right():
    clock = Clock()
    with pytest.raises(ZeroDivisionError), clock.part("outer"), clock.part("inner"):
        1 / 0  # noqa: B018
    with clock.part("next"):
        time.sleep(0.01)
    assert clock.seconds["next"] >= 0.01
    assert clock.seconds["outer"] < 0.01


def test_a_phases_share_is_its_cost_times_its_steps():
    found = {
        "crops": {"steps": 30, "seconds_per_step": {"a": 1.0, "b": 1.0}},
        "whole lines": {"steps": 10, "seconds_per_step": {"b": 4.0}},
    }
    assert shares(found) == {"b": 0.7, "a": 0.3}
    assert "Bottleneck: **b**, 70 % of the training".replace(" %", "%") in markdown(found)


def test_both_phases_of_a_schedule_are_measured_where_they_are(small):
    begin = small.schedule.steps
    phases = phases_of(small)
    assert sum(length for _, length in phases.values()) == begin
    assert phases["crops"][0][0] == 0
    assert phases["whole lines"][0][-1] == begin - 1
    never = {"weights": dict.fromkeys(("adversarial_image", "adversarial_text", "features", "posterior", "ctc"), 0.0)}
    assert set(phases_of(RestorerConfig.model_validate(never))) == {"crops"}


def test_every_part_and_loss_of_a_real_training_has_its_time_and_traces_can_be_read(
    small, samples, reader_folder, tmp_path
):
    found = measure(small, samples, reader_folder, tmp_path)
    for phase in found.values():
        assert set(phase["seconds_per_step"]) >= PARTS
        assert all(seconds >= 0 for seconds in phase["seconds_per_step"].values())
    losses = {f"loss {name}" for name in type(small.weights).model_fields}
    assert set(found["whole lines"]["seconds_per_step"]) >= losses | {"recognizer", "discriminator update"}
    trace = json.loads((tmp_path / "trace-whole-lines.json").read_text())
    names = {event.get("name") for event in trace["traceEvents"]}
    assert {"pulih: generator forward", "pulih: loss ctc"} <= names
    assert "aten::" in (tmp_path / "trace-crops.txt").read_text()


def test_the_command_prints_the_bottleneck_and_trains_nothing(small, printed_lines, reader_folder, tmp_path):
    write_json(tmp_path / "profile.json", {"restorer": small.model_dump(mode="json")})
    output = tmp_path / "out"
    options = ["--lines", str(printed_lines), "--recognizer", str(reader_folder), "--output", str(output)]
    result = CliRunner().invoke(
        app, ["train-restorer", "--config", str(tmp_path / "profile.json"), *options, "--profile"]
    )
    assert result.exit_code == 0, result.output
    assert "Bottleneck" in result.output
    assert read_json(output / "state" / "profile" / "profile.json")["config_digest"] == small.digest()
    assert [path.name for path in output.iterdir()] == ["state"]
