"""Finished comparisons with known differences, written as the benchmark writes them."""

import numpy as np
import pandas as pd
import pytest

from pulih.common.files import write_json

FONTS, LINES = ("a", "b", "c", "d", "e"), 40
# Added to every line's PSNR, and character errors per line.
LEVELS = {"degraded": (0.0, 6), "pulih": (8.0, 3), "twin": (8.0, 3), "weak": (5.0, 5), "clean": (60.0, 1)}


def rows_of(seeds=(1, 2, 3)):
    random = np.random.default_rng(11)
    base, hard = random.normal(14, 2, LINES), random.integers(0, 4, LINES)
    tables = []
    for method, (gain, errors) in LEVELS.items():
        for seed in seeds if method in ("pulih", "twin", "weak") else (0,):
            noise = random.normal(0, 0.3, LINES)
            tables.append(
                pd.DataFrame(
                    {
                        "key": [f"line-{n:02d}" for n in range(LINES)],
                        "font": [FONTS[n % len(FONTS)] for n in range(LINES)],
                        **{"severity": np.linspace(0, 1, LINES), "method": method, "split": "test_unseen"},
                        **{"seed": seed, "psnr": base + gain + noise, "ssim": (base + gain + noise) / 100},
                        **{"characters": 20, "words": 4, "word_errors": 1.0, "insertions": 0},
                        **{"substitutions": np.maximum(errors + hard - 2, 0), "deletions": errors // 2},
                    }
                )
            )
    return pd.concat(tables, ignore_index=True)


def write_comparison(folder, rows):
    folder.mkdir(parents=True)
    config = {"evaluation": {"resamples": 1000}}
    about = {"ours": "pulih", "seeds": [1, 2, 3], "config": config, "config_digest": "0123456789ab"}
    write_json(folder / "results.json", {"about": about, "splits": {}})
    rows.to_parquet(folder / "lines.parquet", index=False)
    return folder


@pytest.fixture(scope="session")
def comparison(tmp_path_factory):
    """The folder of one comparison: ours, a twin of it, and a weaker method."""
    return write_comparison(tmp_path_factory.mktemp("report") / "toy", rows_of())
