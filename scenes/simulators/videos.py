"""Small real video files for the demo and the tests, without any program beside PyAV.

    make_video(Path("Dune Walk.mp4"), seconds=6, title="Dune Walk", seed=7)
    probe(path) -> VideoInfo(seconds=6.0, width=640, height=360, codec="h264", frame_rate=15.0, …)
    picture(path, at=3.0) -> a Pillow image
    broken_video(path): looks like a video by its name and its first bytes, and can't be opened

Each seed is another landscape, seen in three shots (morning, evening, night). The same arguments give the
same bytes, so the same oshash; another seed or title gives another.
"""

import random
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Literal

import av
from PIL import Image

from scenes.simulators.landscape import film_images

FRAME_RATE = 15  # frames per second
SIZE = (640, 360)  # pixels
MICROSECONDS = 1_000_000  # PyAV gives a container's duration in these

Codec = Literal["libx264", "mpeg4"]
ENCODERS: dict[Codec, dict[str, str]] = {
    "libx264": {"preset": "superfast", "crf": "26", "threads": "1"},
    "mpeg4": {"qscale": "5"},
}


@dataclass(frozen=True)
class VideoInfo:
    """What a file says of itself."""

    seconds: float
    width: int
    height: int
    codec: str  # as FFmpeg names it: h264, mpeg4, …
    frame_rate: float  # frames per second
    bit_rate: int  # bits per second, of the whole file
    container: str  # as FFmpeg names it: "mov,mp4,m4a,3gp,3g2,mj2", "matroska,webm", …


def make_video(
    path: Path,
    *,
    seconds: float = 6.0,
    title: str = "",
    seed: int = 0,
    size: tuple[int, int] = SIZE,
    frame_rate: int = FRAME_RATE,
    codec: Codec = "libx264",
) -> Path:
    """Writes a video; its kind follows the path's ending (.mp4, .mkv, .mov, .avi, …). Folders are made.

    Both sides of `size` must be even.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    frames = max(1, round(seconds * frame_rate))
    with av.open(str(path), "w", options={"fflags": "+bitexact"}) as container:
        stream = container.add_stream(codec, rate=frame_rate, options=ENCODERS[codec])
        stream.width, stream.height, stream.pix_fmt = *size, "yuv420p"
        for number, image in enumerate(film_images(frames, title, seed, size, frame_rate)):
            frame = av.VideoFrame.from_image(image)
            frame.pts, frame.time_base = number, Fraction(1, frame_rate)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


def probe(path: Path) -> VideoInfo:
    """Reads the file's headers. av.FFmpegError if it can't be read or is no video."""
    with av.open(str(path)) as container:
        if not container.streams.video:
            raise av.InvalidDataError(0, "no video stream", str(path))
        video = container.streams.video[0]
        return VideoInfo(
            seconds=(container.duration or 0) / MICROSECONDS,
            width=video.width,
            height=video.height,
            codec=video.codec_context.name,
            frame_rate=float(video.average_rate or 0),
            bit_rate=container.bit_rate,
            container=container.format.name,
        )


def picture(path: Path, at: float = 0.0) -> Image.Image:
    """The frame shown `at` seconds, or the last one. av.FFmpegError if it can't be decoded."""
    last: av.VideoFrame | None = None
    with av.open(str(path)) as container:
        container.seek(round(at * MICROSECONDS))
        for frame in container.decode(video=0):
            last = frame
            if (frame.time or 0.0) >= at:
                break
    if last is None:
        raise av.InvalidDataError(0, "no frame could be decoded", str(path))
    return last.to_image()


def broken_video(path: Path, *, seed: int = 0, size: int = 50_000) -> Path:
    """Writes `size` bytes that begin as an MP4 does and are noise from there on."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom" + random.Random(seed).randbytes(size - 24))
    return path
