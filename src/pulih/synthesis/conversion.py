"""Conversion of web fonts (WOFF2 subsets) to one small TTF for FreeType."""

from pathlib import Path

from fontTools.merge import Merger
from fontTools.ttLib import TTFont, newTable
from fontTools.ttLib.tables.ttProgram import Program

from pulih.data.charset import LATIN

HINTING = ("fpgm", "prep", "cvt ", "hdmx", "VDMX", "LTSH", "gasp")
# SCANCTRL and SCANTYPE as usual, then a push and a pop: FreeType turns its slow auto-hinter on for fonts whose
# control program is shorter than 8 bytes (ttobjs and ftobjs, FT_Load_Glyph).
IDLE_PROGRAM = bytes((0xB8, 0x01, 0xFF, 0x85, 0xB0, 0x04, 0x8D, 0xB0, 0x00, 0x21))


def to_ttf(subsets: list[Path], target: Path) -> None:
    """Write the subsets of one font as a TTF without hinting; equal input gives equal bytes.

    Hinting is made for text on screens: it stiffens handwriting and makes drawing several times slower.
    Subsets after the first are merged in only when they add characters of the charset.
    """
    fonts = [subsets[0]]
    fonts += [path for path in subsets[1:] if _characters(path) & (set(LATIN) - _characters(subsets[0]))]
    font = _merge(fonts) if len(fonts) > 1 else TTFont(fonts[0], recalcTimestamp=False)
    font.flavor = None
    _remove_hinting(font)
    font.save(target)


def _characters(path: Path) -> set[str]:
    with TTFont(path) as font:
        return {chr(code) for code in font.getBestCmap()}


def _merge(paths: list[Path]) -> TTFont:
    with TTFont(paths[0]) as first:
        created, modified = first["head"].created, first["head"].modified
    font = Merger().merge([str(path) for path in paths])
    font.recalcTimestamp = False
    font["head"].created, font["head"].modified = created, modified
    return font


def _remove_hinting(font: TTFont) -> None:
    if "glyf" not in font:
        return
    for tag in HINTING:
        if tag in font:
            del font[tag]
    for name in font["glyf"].keys():  # noqa: SIM118 - the table is no dict
        font["glyf"][name].removeHinting()
    font["prep"] = newTable("prep")
    font["prep"].program = Program()
    font["prep"].program.fromBytecode(IDLE_PROGRAM)
