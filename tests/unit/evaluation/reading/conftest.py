"""Stand-ins for real lines: words drawn in Hershey script on tinted paper, each manuscript with its own slant."""

import cv2
import numpy as np
import pytest

from pulih.evaluation.reading.config import ReadingConfig

WORDS = ("le roi", "la mer", "oui", "un an", "Paris", "M^r")


def draw(text: str, manuscript: int, number: int) -> np.ndarray:
    """An 80 pixels high BGR crop; ``number`` makes equal words different images."""
    image = np.full((80, 30 * len(text) + 30, 3), (170, 200, 215), np.uint8)
    ink = (40 + 10 * manuscript, 50, 60)
    cv2.putText(image, text, (10 + number % 5, 52), cv2.FONT_HERSHEY_SCRIPT_SIMPLEX, 1.1, ink, 2, cv2.LINE_AA)
    return image


@pytest.fixture(scope="session")
def real_lines(tmp_path_factory):
    """A folder of 24 lines of four manuscripts."""
    folder = tmp_path_factory.mktemp("real-lines")
    (folder / "images").mkdir()
    rows = ["file\ttext\tset"]
    for manuscript in range(4):
        for number, word in enumerate(WORDS):
            name = f"{manuscript}-{number}.png"
            cv2.imwrite(str(folder / "images" / name), draw(word.replace("^", ""), manuscript, number))
            rows.append(f"{name}\t{word}\tms {manuscript}")
    (folder / "lines.tsv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    return folder


@pytest.fixture(scope="session")
def plan():
    """A benchmark of seconds."""
    return ReadingConfig.model_validate(
        {
            "folds": 2,
            "resamples": 100,
            "examples": 2,
            "adaptation": {
                **{"steps": 4, "batch_size": 4, "validation_interval": 2, "warmup_steps": 0},
                **{"new_characters": "õ", "validation_share": 0.3},
            },
        }
    )
