"""A file's oshash, as OpenSubtitles and Stash reckon it, and a perceptual hash of its middle picture."""

from __future__ import annotations

import os
import struct
from pathlib import Path

from PIL import Image

BLOCK = 64 * 1024  # bytes read at the file's beginning and at its end
MASK = (1 << 64) - 1


def oshash(path: Path) -> str:
    """The file's size plus the sum of its first and last 64 KiB as 64-bit numbers. Raises OSError."""
    size = path.stat().st_size
    block = min(size, BLOCK) & ~7
    with path.open("rb") as stream:
        head = stream.read(block)
        stream.seek(-block, os.SEEK_END)
        tail = stream.read(block)
    words = struct.unpack(f"<{block // 4}Q", head + tail)
    return f"{(size + sum(words)) & MASK:016x}"


def phash(picture: Image.Image) -> str:
    """64 bits, one for each step between neighbours in a thumbnail of 8 by 8, in hexadecimal without padding."""
    pixels = picture.convert("L").resize((9, 8)).tobytes()
    steps = [pixels[row * 9 + column] < pixels[row * 9 + column + 1] for row in range(8) for column in range(8)]
    return f"{int(''.join('01'[step] for step in steps), 2):x}"
