"""Everything that looks into a video file, with PyAV."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import av
from av.error import FFmpegError
from PIL import Image


class Unreadable(Exception):
    """ffprobe can't read the file; the text says why."""


@dataclass(slots=True)
class Probe:
    """What a file says of itself: seconds, pixels, frames per second, bits per second."""

    format: str
    width: int
    height: int
    duration: float
    video_codec: str
    audio_codec: str
    frame_rate: float
    bit_rate: int


def probe(path: Path) -> Probe:
    """Raises Unreadable."""
    try:
        with av.open(str(path)) as container:
            if not container.streams.video:
                raise Unreadable(f"no video stream in {path}")
            stream = container.streams.video[0]
            return Probe(
                format=path.suffix.lstrip(".").lower(),
                width=stream.codec_context.width,
                height=stream.codec_context.height,
                duration=round((container.duration or 0) / 1_000_000, 2),
                video_codec=stream.codec_context.name,
                audio_codec=container.streams.audio[0].codec_context.name if container.streams.audio else "",
                frame_rate=round(float(stream.average_rate or 0), 2),
                bit_rate=container.bit_rate or 0,
            )
    except (FFmpegError, OSError) as error:
        raise Unreadable(str(error)) from error


def pictures(path: Path, times: list[float]) -> Iterator[Image.Image]:
    """The picture at (or right before) each time, in seconds. Raises Unreadable."""
    try:
        with av.open(str(path)) as container:
            for seconds in times:
                yield picture_at(container, seconds)
    except (FFmpegError, OSError) as error:
        raise Unreadable(str(error)) from error


def picture_at(container: av.container.InputContainer, seconds: float) -> Image.Image:
    """The picture at (or right before) that time. Raises Unreadable where there is none."""
    stream = container.streams.video[0]
    container.seek(int(seconds * 1_000_000), backward=True)
    found = None
    for frame in container.decode(stream):
        found = frame
        if frame.time is None or frame.time >= seconds:
            break
    if found is None:
        raise Unreadable(f"no picture at {seconds:g} s")
    return cast(Image.Image, found.to_image())


def write_clip(images: list[Image.Image], target: Path, rate: int = 12) -> None:
    """A short mp4 of the pictures, all of one size with even sides."""
    with av.open(str(target), "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=rate, options={"preset": "ultrafast"})
        stream.width, stream.height = images[0].size
        stream.pix_fmt = "yuv420p"
        for image in images:
            container.mux(stream.encode(av.VideoFrame.from_image(image)))
        container.mux(stream.encode())
