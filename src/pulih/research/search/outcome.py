"""What a search found, as JSON, Markdown, a picture, and settings to go on with."""

import io
from pathlib import Path
from typing import Any

from pulih.common.files import write_bytes, write_json, write_text
from pulih.research.search.config import SearchConfig
from pulih.research.search.study import COMMIT, CONFIRMED, counted, importances

Tree = dict[str, Any]


def summarize(study: Any, config: SearchConfig, digest: str) -> Tree:
    """Return every trial, the importances, and the best values (None while no trial is complete)."""
    trials = [
        {
            "number": trial.number,
            "state": trial.state.name.lower(),
            "psnr": trial.value,
            "values": trial.params,
            "curve": {str(step): value for step, value in trial.intermediate_values.items()},
        }
        for trial in counted(study)
    ]
    done = [trial for trial in trials if trial["state"] == "complete"]
    best = max(done, key=lambda trial: trial["psnr"], default=None)
    commit = study.user_attrs.get(COMMIT)  # of the code that began the study
    about = {"commit": commit, "digest": digest, "config": config.model_dump(mode="json")}
    found = {"about": about, "trials": trials, "best": best, "importances": importances(study, config.seed)}
    return found | {"confirmations": list(study.user_attrs.get(CONFIRMED, []))}


def write_outcome(found: Tree, folder: Path) -> None:
    """Write ``results.json``, ``results.md``, ``importance.png`` and, once a trial is complete, ``best.json``."""
    write_json(folder / "results.json", found)
    write_text(folder / "results.md", markdown(found))
    write_bytes(folder / "importance.png", draw(found))
    if found["best"]:
        write_json(folder / "best.json", {"restorer": nested(found["best"]["values"])})


def nested(values: dict[str, float]) -> Tree:
    """Return dotted names as nested objects, as profiles have them."""
    tree: Tree = {}
    for name, value in values.items():
        *parents, last = name.split(".")
        place = tree
        for parent in parents:
            place = place.setdefault(parent, {})
        place[last] = value
    return tree


def markdown(found: Tree, most: int | None = None) -> str:
    """Return the trials as a table, the best first, those that were given up or failed at the end.

    Args:
        most: rows of the table; the base has one in any case.
    """
    config, names = found["about"]["config"], list(found["about"]["config"]["space"])
    ordered = sorted(found["trials"], key=lambda trial: (trial["state"] != "complete", -(trial["psnr"] or 0)))
    rows = [["trial", "state", "PSNR (dB)", *names], ["---"] * (3 + len(names))]
    for trial in [one for place, one in enumerate(ordered) if most is None or place < most or one["number"] == 0]:
        psnr = "" if trial["psnr"] is None else f"{trial['psnr']:.2f}"
        rows.append([str(trial["number"]), trial["state"], psnr, *(f"{trial['values'][n]:.3g}" for n in names)])
    shares = ", ".join(f"{name} {share:.0%}" for name, share in _ranked(found)) or "too few trials"
    parts = [
        "# Search for settings",
        f"{len(found['trials'])} trials of {config['steps']} steps each ({_states(found)}); trial 0 is the base. PSNR "
        "of the last validation, one seed: differences of the size of a seed's are chance.",
        f"Share of the variance of the complete trials (fANOVA): {shares}.",
        confirmation(found),
        "\n".join(f"| {' | '.join(row)} |" for row in rows),
    ]
    return "\n\n".join(parts) + "\n"


def _ranked(found: Tree) -> list[tuple[str, float]]:
    # A stored file has its keys in alphabetical order.
    return sorted(found["importances"].items(), key=lambda item: -item[1])


def _states(found: Tree) -> str:
    states = [trial["state"] for trial in found["trials"]]
    return ", ".join(f"{states.count(state)} {state}" for state in dict.fromkeys(sorted(states)))


def confirmation(found: Tree) -> str:
    """Return how the base and the best trial did with other seeds than the search's."""
    if not found["confirmations"]:
        return "Best trial and base were not trained again with other seeds."
    psnr: dict[int, dict[int, float | None]] = {}
    for one in found["confirmations"]:
        psnr.setdefault(one["trial"], {})[one["seed"]] = one["psnr"]
    texts = []
    for number, by_seed in psnr.items():
        figures = ", ".join("failed" if value is None else f"{value:.2f}" for value in by_seed.values())
        texts.append(f"trial {number}: {figures} dB")
    seeds = ", ".join(map(str, dict.fromkeys(one["seed"] for one in found["confirmations"])))
    return f"Trained again with the seeds {seeds}: {'; '.join(texts)}."


def draw(found: Tree) -> bytes:
    """Return a PNG: how much each setting matters, and the PSNR of the trials in their order."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(11, 4), layout="constrained")
    left, right = figure.subplots(1, 2)
    shares = _ranked(found)[::-1]
    if shares:
        left.barh([name for name, _ in shares], [100 * share for _, share in shares], color="#4a6782")
    else:
        left.text(0.5, 0.5, "too few trials", ha="center", transform=left.transAxes)
    left.set_title("Share of the variance of PSNR, %", loc="left", fontsize=10)
    looks = {"complete": ("#b4431f", "o"), "pruned": ("#8a8a8a", "x"), "fail": ("#222222", "v")}
    for state, (colour, marker) in looks.items():
        # What was given up is shown at its last validation.
        points = [(t["number"], _last(t)) for t in found["trials"] if t["state"] == state and _last(t) is not None]
        if points:
            right.scatter(*zip(*points, strict=True), color=colour, marker=marker, label=state)
    right.set_title("PSNR of each trial at its end, dB", loc="left", fontsize=10)
    right.set_xlabel("trial")
    if right.collections:
        right.legend(frameon=False, fontsize=8)
    for panel in (left, right):
        panel.grid(alpha=0.3)
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=110)
    return buffer.getvalue()


def _last(trial: Tree) -> float | None:
    return trial["curve"][max(trial["curve"], key=int)] if trial["curve"] else None
