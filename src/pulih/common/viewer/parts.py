"""The parts of pages that compare a scan with its restoration: served by the endpoint, and written into reports."""

import re
from pathlib import Path

STATIC = Path(__file__).parent / "static"
STYLE = Path(__file__).parents[1] / "templates" / "base.css.j2"
# In the order in which they need each other.
MODULES = ("texts.js", "picture.js", "compare.js")
CSS = "compare.css"
IMPORT = re.compile(r"^import [^;]*;\n", re.MULTILINE)
EXPORT = re.compile(r"^export ", re.MULTILINE)


def module(name: str) -> str:
    """Return the source of one ES module."""
    return (STATIC / name).read_text(encoding="utf-8")


def style() -> str:
    """Return the style of the comparison; it uses the colours of the shared pages (``base.css.j2``)."""
    return (STATIC / CSS).read_text(encoding="utf-8")


def one_script(*modules: str) -> str:
    """Return modules, in the order of their needs, as one: pages opened from a disk may not import another file.

    The names at the top of the modules must differ.
    """
    return "\n".join(EXPORT.sub("", IMPORT.sub("", source)) for source in modules)
