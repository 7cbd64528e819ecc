"""The learning curves as a picture."""

import io
from pathlib import Path

from pulih.common.files import write_bytes
from pulih.restorer.checkpoint import History
from pulih.restorer.config import LossWeights

ACCURACIES = ("image_real", "image_fake", "text_real", "text_fake", "text_mismatch")


def draw_curves(history: History, target: Path) -> None:
    """Write a PNG: losses of the generator, accuracies of the discriminator, PSNR and SSIM on validation lines."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    figure, (losses, judge, quality) = plt.subplots(1, 3, figsize=(14, 3.6), layout="constrained")
    training, validation = history["training"], history["validation"]
    for name in LossWeights.model_fields:
        rows = [row for row in training if name in row]
        losses.plot([row["step"] for row in rows], [row[name] for row in rows], label=name, linewidth=1)
    losses.set(xlabel="step", ylabel="loss of the generator", yscale="symlog")
    losses.legend(fontsize=7)
    for name in ACCURACIES:
        rows = [row for row in training if f"accuracy_{name}" in row]
        judge.plot([row["step"] for row in rows], [row[f"accuracy_{name}"] for row in rows], label=name, linewidth=1)
    judge.set(xlabel="step", ylabel="right decisions of the discriminator", ylim=(0, 1))
    judge.legend(fontsize=7)
    steps = [row["step"] for row in validation]
    quality.plot(steps, [row["psnr"] for row in validation], color="tab:blue", marker="o", label="PSNR")
    quality.plot(steps, [row["psnr_input"] for row in validation], color="tab:blue", linestyle=":", label="degraded")
    quality.set(xlabel="step", ylabel="PSNR of validation lines, dB")
    quality.legend(fontsize=7, loc="center right")
    other = quality.twinx()
    other.plot(steps, [row["ssim"] for row in validation], color="tab:red", marker="s")
    other.set_ylabel("SSIM", color="tab:red")
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=100)
    plt.close(figure)
    write_bytes(target, buffer.getvalue())
