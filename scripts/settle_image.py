"""Take out of an image what is different every time it is built, so that one commit gives one digest.

``settle_image.py BUILDER IMAGE``: podman's docker format, the one that keeps a HEALTHCHECK, notes random names of the
build's containers and of the image before the last step. Nothing reads them. `make images` calls this.
"""

import hashlib
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any


def settled(config: dict[str, Any]) -> dict[str, Any]:
    """Return an image's config without the names that the builder made up."""
    kept = {name: value for name, value in config.items() if name not in ("container", "container_config", "parent")}
    # A step's comment names the image before it, which had such a name inside.
    steps = [{name: value for name, value in step.items() if name != "comment"} for step in config["history"]]
    return kept | {"config": config["config"] | {"Hostname": ""}, "history": steps}


def settle(folder: Path) -> None:
    """Rewrite an image that ``podman save --format docker-dir`` wrote to ``folder``."""
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    former = folder / manifest["config"]["digest"].removeprefix("sha256:")
    config = settled(json.loads(former.read_text(encoding="utf-8")))
    content = json.dumps(config, sort_keys=True, separators=(",", ":")).encode()
    former.unlink()
    name = hashlib.sha256(content).hexdigest()
    (folder / name).write_bytes(content)
    manifest["config"] |= {"digest": f"sha256:{name}", "size": len(content)}
    (folder / "manifest.json").write_text(json.dumps(manifest, separators=(",", ":")), encoding="utf-8")


def main(builder: str, image: str) -> None:
    """Settle an image and give it its name again; the unsettled one goes."""
    with tempfile.TemporaryDirectory(prefix="pulih-image-") as name:
        saved = Path(name) / "image"
        saving = ["save", "--quiet", "--format", "docker-dir", "--output", str(saved), image]
        subprocess.run([builder, *saving], check=True)
        settle(saved)
        pulled = subprocess.run(
            [builder, "pull", "--quiet", f"dir:{saved}"], check=True, capture_output=True, text=True
        ).stdout.strip()
        subprocess.run([builder, "tag", pulled, image], check=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
