"""The identity of what the user brings to the synthesis: fonts and texts.

The pinned fonts need no digest here: their versions and hashes are part of the code.
"""

from pathlib import Path

from pulih.common.config import digest_of
from pulih.common.errors import InputError
from pulih.data.lines import SPLITS
from pulih.data.manifest import file_sha256
from pulih.synthesis import fonts
from pulih.synthesis.config import SynthesisConfig
from pulih.synthesis.faces import names_of


def sources_digest(config: SynthesisConfig) -> str:
    """Return a digest of the bytes of the user's fonts and texts, or an empty text when there are none.

    Raises:
        InputError: one of them is missing.
    """
    if not config.font_dirs and not config.text_files:
        return ""
    names = {name for split in SPLITS for name in names_of(config, split)} & set(fonts.names_in(config.font_dirs))
    font_files = {name: file_sha256(fonts.find(name, config.font_dirs)) for name in sorted(names)}
    return digest_of([font_files, [_text_sha256(path) for path in config.text_files]])


def _text_sha256(path: str) -> str:
    file = Path(path).expanduser()
    if not file.is_file():
        raise InputError(f"a text file at {path}", "none", "Correct 'text_files'.")
    return file_sha256(file)
