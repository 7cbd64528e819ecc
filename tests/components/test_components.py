"""Every component is an entry, not a place to think."""

import ast
import importlib
import json
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = sorted(path.parent for path in (ROOT / "components").glob("*/component.py"))
BRANCHES = (ast.If, ast.IfExp, ast.For, ast.While, ast.Try, ast.Match, ast.BoolOp, ast.ListComp, ast.DictComp, ast.With)


def names(folders):
    return [folder.name for folder in folders]


def component_of(folder):
    return getattr(importlib.import_module(f"components.{folder.name}.component"), folder.name)


def function_of(folder):
    tree = ast.parse((folder / "component.py").read_text())
    [function] = [node for node in tree.body if isinstance(node, ast.FunctionDef)]
    return tree, function


def test_all_stages_have_a_component():
    training = {"deploy", "drift", "evaluate", "gate", "register", "synthesize", "train_recognizer", "train_restorer"}
    assert set(names(FOLDERS)) == training | {"list_pages", "restore_pages", "conclude_batch"}


@pytest.mark.parametrize("folder", FOLDERS, ids=names(FOLDERS))
def test_component_is_short_and_has_no_branch(folder):
    assert len((folder / "component.py").read_text().splitlines()) <= 30
    _, function = function_of(folder)
    assert [type(node).__name__ for node in ast.walk(function) if isinstance(node, BRANCHES)] == []


@pytest.mark.parametrize("folder", FOLDERS, ids=names(FOLDERS))
def test_what_the_body_needs_is_imported_in_the_body(folder):
    tree, function = function_of(folder)
    outside = {
        alias.asname or alias.name
        for node in tree.body
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
    }
    used = {node.id for statement in function.body for node in ast.walk(statement) if isinstance(node, ast.Name)}
    assert used & outside == set()
    assert any(isinstance(statement, ast.ImportFrom) for statement in function.body)


@pytest.mark.parametrize("folder", FOLDERS, ids=names(FOLDERS))
def test_component_takes_its_config_as_a_dict_and_the_code_version(folder):
    inputs = component_of(folder).component_spec.inputs
    assert inputs["config"].type == "Dict"
    assert inputs["code_version"].type == "String"


@pytest.mark.parametrize("folder", FOLDERS, ids=names(FOLDERS))
def test_metadata_says_what_the_component_has(folder):
    metadata = yaml.safe_load((folder / "metadata.yaml").read_text())
    spec = component_of(folder).component_spec
    assert metadata["name"] == spec.name
    assert set(metadata["inputs"]) == set(spec.inputs) - {"config", "code_version"}
    assert set(metadata["outputs"]) == set(spec.outputs)
    for place in (metadata["stage"], metadata["config"]):
        module, _, attribute = place.partition(":")
        assert callable(getattr(importlib.import_module(module), attribute))


def test_image_comes_from_the_version_and_holds_kfp():
    from components.images import TRAINING_IMAGE
    from pulih import __version__

    assert f"pulih/training:{__version__}-python3.11" == TRAINING_IMAGE
    for folder in FOLDERS:
        container = component_of(folder).component_spec.implementation.container
        assert container.image == TRAINING_IMAGE
        assert "pip install" not in " ".join(map(str, container.command))


def test_figures_are_numbers_with_a_file_for_the_cache(tmp_path):
    from kfp import dsl

    from components.interface import show_figures

    metrics = dsl.Metrics(name="metrics", uri=str(tmp_path / "metrics"), metadata={})
    show_figures(metrics, {"psnr": 22.5, "approved": True, "model": "restorer", "lines": 40, "by_severity": {"low": 1}})
    assert metrics.metadata == {"psnr": 22.5, "approved": 1.0, "lines": 40.0}
    assert json.loads((tmp_path / "metrics").read_text()) == metrics.metadata


def test_a_decision_is_shown_as_text_figures_and_a_confusion_matrix(tmp_path, monkeypatch):
    import pandas as pd
    from kfp import dsl

    from pulih.common.config import StageConfig
    from pulih.data.manifest import write_manifest

    folder = tmp_path / "evaluation"
    folder.mkdir()
    line = {"split": "test_unseen", "characters": 20, "substitutions": 0, "deletions": 0, "insertions": 0}
    wrong = {"degraded": (9, 9, 0, 5), "restored": (1, 8, 0, 3)}
    rows = [line | {"method": method, "substitutions": n} for method, numbers in wrong.items() for n in numbers]
    pd.DataFrame([*rows, *(row | {"split": "test_seen"} for row in rows)]).to_parquet(folder / "per_line.parquet")
    (folder / "metrics.json").write_text(json.dumps({"psnr": 21.5}))
    write_manifest(folder, "evaluation", StageConfig(), {}, {})
    restorer = json.loads((folder / "manifest.json").read_text()) | {"parents": {"restorer": "0123456789ab"}}
    (folder / "manifest.json").write_text(json.dumps(restorer))
    monkeypatch.setenv("PULIH_RUNS_DIR", str(tmp_path / "runs"))
    kinds = {
        "decision": dsl.Artifact,
        "rules": dsl.Markdown,
        "metrics": dsl.Metrics,
        "reading": dsl.ClassificationMetrics,
    }
    made = {name: kind(name=name, uri=str(tmp_path / name), metadata={}) for name, kind in kinds.items()}
    rule = {"kind": "bound", "name": "sharp", "metric": "psnr", "operator": ">=", "target": 30.0}
    policy = {"name": "strict", "registered_model": "tests", "rules": [rule]}
    evaluation = dsl.Artifact(name="evaluation", uri=str(folder), metadata={})
    gate = component_of(ROOT / "components" / "gate").python_func
    assert gate(config=policy, code_version="1", evaluation=evaluation, **made) == "false"
    text = Path(made["rules"].path).read_text()
    assert "refused" in text
    assert "| sharp | 21.5000 | >= 30.0000 | **fails**" in text
    assert made["metrics"].metadata == {"sharp": 21.5, "approved": 0.0}
    shown = made["reading"].metadata["confusionMatrix"]
    # Of three lines that were not readable one became so; the fourth was and stayed.
    assert [row["row"] for row in shown["rows"]] == [[1, 0], [1, 2]]


def test_numbers_that_kfp_made_floats_are_whole_again():
    from components.interface import read_config
    from pulih.restorer.config import RestorerConfig

    config = RestorerConfig(seed=7)
    values = json.loads(json.dumps(config.resolved()), parse_int=float)
    assert values["generator"]["widths"] == [float(width) for width in RestorerConfig().generator.widths]
    assert read_config(RestorerConfig, values) == config
