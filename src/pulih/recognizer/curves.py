"""The learning curves as a picture."""

import io
from pathlib import Path

from pulih.common.files import write_bytes
from pulih.recognizer.checkpoint import History


def draw_curves(history: History, target: Path) -> None:
    """Write a PNG with the training loss and the validation error rate over the optimizer's steps."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3.2), layout="constrained")
    training, validation = history["training"], history["validation"]
    left.plot([row["step"] for row in training], [row["loss"] for row in training], color="tab:blue", linewidth=1)
    left.set(xlabel="step", ylabel="CTC loss per character", ylim=(0, None))
    steps = [row["step"] for row in validation]
    right.plot(steps, [100 * row["cer"] for row in validation], color="tab:red", marker="o", label="CER")
    right.plot(
        steps, [100 * row["empty"] for row in validation], color="tab:grey", linestyle="--", label="read as empty"
    )
    right.set(xlabel="step", ylabel="validation lines, %", ylim=(0, None))
    right.legend()
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=110)
    plt.close(figure)
    write_bytes(target, buffer.getvalue())
