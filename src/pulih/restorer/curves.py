"""The learning curves as a picture."""

import io
from pathlib import Path
from typing import Any

from pulih.common.files import write_bytes
from pulih.restorer.checkpoint import History
from pulih.restorer.schedule import PIXELS, WHOLE_LINES

ACCURACIES = ("image_real", "image_fake", "text_real", "text_fake", "text_mismatch")
Rows = list[dict[str, float]]


def draw_curves(history: History, target: Path) -> None:
    """Write a PNG: losses of the generator and how hard each pulls, decisions of the discriminator, PSNR and SSIM."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    figure, panels = plt.subplots(2, 3, figsize=(17, 6.4), layout="constrained")
    training = history["training"]
    _lines(panels[0, 0], _with_pages(history), dict(zip(PIXELS, PIXELS, strict=True)), "pixel losses")
    _lines(panels[1, 0], training, dict(zip(WHOLE_LINES, WHOLE_LINES, strict=True)), "losses by the two other networks")
    names = {f"accuracy_{name}": name for name in ACCURACIES}
    _lines(panels[1, 1], training, names, "right decisions of the discriminator")
    panels[1, 1].set_ylim(0, 1.02)
    _quality(panels[0, 1], history["validation"])
    _gap(panels[0, 2], history["validation"])
    every = (*PIXELS, *WHOLE_LINES)
    shares = {f"share_{name}": name for name in every}
    _lines(panels[1, 2], training, shares, "share of the gradient at the restored image")
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=100)
    plt.close(figure)
    write_bytes(target, buffer.getvalue())


def _with_pages(history: History) -> Rows:
    """Return the rows of the training, those on pages after them."""
    training = history["training"]
    last = training[-1]["step"] if training else 0
    return [*training, *({**row, "step": last + row["step"]} for row in history.get("pages", []))]


def _lines(panel: Any, training: Rows, names: dict[str, str], title: str) -> None:
    panel.set(xlabel="step", title=title)
    for key, label in names.items():
        rows = [row for row in training if key in row]
        if rows:
            panel.plot([row["step"] for row in rows], [row[key] for row in rows], label=label, linewidth=1)
    if panel.lines:
        panel.legend(fontsize=8, loc="center left", bbox_to_anchor=(1, 0.5), frameon=False)  # beside, hiding nothing
    else:
        panel.text(0.5, 0.5, "not used so far", ha="center", va="center", transform=panel.transAxes)


def _quality(panel: Any, validation: Rows) -> None:
    steps = [row["step"] for row in validation]
    panel.plot(steps, [row["psnr"] for row in validation], color="tab:blue", marker="o", label="PSNR restored")
    panel.plot(steps, [row["psnr_input"] for row in validation], color="tab:blue", linestyle=":", label="PSNR degraded")
    panel.set(xlabel="step", title="validation lines")
    panel.set_ylabel("PSNR, dB", color="tab:blue")
    other = panel.twinx()
    other.plot(steps, [row["ssim"] for row in validation], color="tab:red", marker="s", label="SSIM restored")
    other.plot(steps, [row["ssim_input"] for row in validation], color="tab:red", linestyle=":", label="SSIM degraded")
    other.set_ylabel("SSIM", color="tab:red")
    panel.legend(handles=[*panel.lines, *other.lines], fontsize=8, loc="center right")


def _gap(panel: Any, validation: Rows) -> None:
    steps = [row["step"] for row in validation]
    panel.set(xlabel="step", ylabel="PSNR, dB", title="lines of the training and others")
    panel.plot(steps, [row["psnr_seen"] for row in validation], marker="o", label="learned from")
    panel.plot(steps, [row["psnr"] for row in validation], marker="o", label="validation")
    panel.legend(fontsize=8)
