import io

import pandas as pd
import pytest
from PIL import Image

from pulih.common.config import read_json
from pulih.evaluation.speed.benchmark import benchmark, contenders_of, timings
from pulih.evaluation.speed.config import RUNTIMES


@pytest.mark.slow
def test_a_run_times_every_contender_and_writes_tables_and_a_picture(small_speed, tmp_path):
    results = benchmark(small_speed, None, tmp_path)
    assert results == read_json(tmp_path / "results.json")
    names = {kind: [t["name"] for t in results["timings"] if t["kind"] == kind] for kind in ("lines", "pages")}
    assert sorted(names["lines"]) == sorted(
        f"{c.network} {c.runtime} {c.precision}" for c in contenders_of(small_speed)
    )
    assert {f"pulih {runtime} fp32" for runtime in RUNTIMES} <= set(names["pages"])
    measured = {(one["runtime"], one["precision"]) for one in results["quality"]}
    assert measured == {(r, p) for r in ("onnxruntime", "openvino") for p in ("fp32", "int8-static")}
    assert all(name.endswith("fp32") for name in names["pages"])
    assert {one["name"] for one in results["memory"]} == set(names["pages"])
    text = (tmp_path / "results.md").read_text()
    assert "random" in text
    assert "| pulih pytorch fp32 |" in text
    assert "pulih pytorch fp32 & " in (tmp_path / "results.tex").read_text()
    assert Image.open(io.BytesIO((tmp_path / "results.png").read_bytes())).format == "PNG"


def test_ratios_refer_to_our_network_as_it_is_served():
    seconds = {"pulih onnxruntime fp32": 2.0, "pulih pytorch fp32": 3.0, "unet onnxruntime fp32": 8.0}
    rows = [("lines", name, number, s, s) for name, s in seconds.items() for number in range(2)]
    rows += [("training", name, number, s, s) for name, s in (("pulih", 1.0), ("unet", 5.0)) for number in range(2)]
    found = {
        (one["kind"], one["name"]): one["wall_ratio"]["median"]
        for one in timings(pd.DataFrame(rows, columns=["kind", "name", "round", "wall", "cpu"]))
    }
    assert found[("lines", "pulih pytorch fp32")] == 1.5
    assert found[("lines", "unet onnxruntime fp32")] == 4.0
    assert found[("training", "unet")] == 5.0
