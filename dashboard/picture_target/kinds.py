"""What kind of file some bytes are, told from how they begin and not from the file's name."""

from __future__ import annotations

from dashboard.csv_table.lines import BINARY
from dashboard.prose import prose

phrase = prose("phrases/picture_target")
FORMATS = {
    "PNG": "PNG",
    "JPEG": "JPEG",
    "GIF": "GIF",
    "WEBP": "WebP",
    "BMP": "BMP",
}  # that are read
READ = "PNG, JPEG, GIF, WebP or BMP"
PICTURES = {
    b"\x89PNG": "PNG",
    b"\xff\xd8\xff": "JPEG",
    b"GIF87a": "GIF",
    b"GIF89a": "GIF",
}
OTHERS = BINARY | {
    b"II*\0": phrase("a-tiff-picture"),
    b"MM\0*": phrase("a-tiff-picture"),
    b"II+\0": phrase("a-tiff-picture"),
    b"MM\0+": phrase("a-tiff-picture"),
    b"8BPS": phrase("a-photoshop-document"),
    b"%!PS": phrase("a-postscript-drawing"),
    b"\0\0\1\0": phrase("an-icon-ico"),
    b"\0\0\0\x0cjP  ": phrase("a-jpeg-2000-picture"),
    b"\xff\x0a": phrase("a-jpeg-xl-picture"),
    b"\0\0\0\x0cJXL ": phrase("a-jpeg-xl-picture"),
    b"\x76\x2f\x31\x01": phrase("an-openexr-picture"),
    b"gimp xcf": phrase("a-gimp-document"),
    b"RIFF": phrase("a-sound-or-a-video"),
    b"\x1a\x45\xdf\xa3": phrase("a-video"),
}
MARKUP = {
    "<svg": phrase("an-svg-drawing"),
    "<html": phrase("a-web-page"),
    "<!doctype html": phrase("a-web-page"),
}
HEAD = 1024  # bytes that tell
BMP_HEADERS = (12, 16, 40, 52, 56, 64, 108, 124)  # bytes


def kind_of(data: bytes) -> str:
    """A key of FORMATS, or what the file is in words such as "a TIFF picture"."""
    head = data[:HEAD]
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "WEBP"
    if head[:2] == b"BM" and int.from_bytes(head[14:18], "little") in BMP_HEADERS:
        return "BMP"
    if head[4:8] == b"ftyp":
        return _boxed(head)
    for starts in (PICTURES, OTHERS):
        for start, kind in starts.items():
            if head.startswith(start):
                return kind
    return _text(head) if data else "empty"


def _boxed(head: bytes) -> str:
    """HEIC and AVIF begin as MP4 does, and list what they are."""
    brands = head[8 : int.from_bytes(head[:4], "big")]
    if b"avif" in brands or b"avis" in brands:
        return phrase("an-avif-picture")
    if any(brand in brands for brand in (b"heic", b"heix", b"heim", b"hevc", b"mif1", b"msf1")):
        return phrase("a-heic-picture")
    return phrase("a-video")


def _text(head: bytes) -> str:
    try:
        words = head.decode("utf-8", "ignore" if len(head) == HEAD else "strict").lstrip("\ufeff")
    except UnicodeDecodeError:
        return phrase("of-an-unknown-kind")
    if any(ord(sign) < 32 and not sign.isspace() for sign in words):
        return phrase("of-an-unknown-kind")
    return next(
        (kind for mark, kind in MARKUP.items() if mark in words.lower()), phrase("a-text-file")
    )
