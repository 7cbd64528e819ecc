"""What kind of file some bytes are, for error messages."""

SIGNATURES = {
    b"\x89PNG": "a PNG file with a broken header",
    b"\xff\xd8\xff": "a JPEG file with a broken header",
    b"II*\0": "a TIFF file with a broken header",
    b"MM\0*": "a TIFF file with a broken header",
    b"%PDF": "a PDF file",
    b"GIF8": "a GIF image",
    b"RIFF": "a WebP image",
    b"AT&T": "a DjVu file",
    b"\0\0\0\x0cjP": "a JPEG 2000 image",
    b"PK\x03\x04": "a ZIP archive",
}


def described(data: bytes) -> str:
    """Return the kind of file that ``data`` begins like, with its article."""
    for signature, kind in SIGNATURES.items():
        if data.startswith(signature):
            return kind
    try:
        text = data[:1000].decode("utf-8")
    except UnicodeDecodeError:
        return "a file of another kind"
    return "a text file" if text.isprintable() or "\n" in text else "a file of another kind"
