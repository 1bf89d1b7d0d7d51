"""Writes pictures, clips and sprites to the disk."""

from __future__ import annotations

from pathlib import Path

from PIL import Image

from .video import write_clip

SMALL = (160, 90)  # pixels: a picture of a preview or sprite


def save_jpeg(picture: Image.Image, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    picture.convert("RGB").save(target, "JPEG")


def save_clip(shown: list[Image.Image], target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    write_clip([picture.convert("RGB").resize(SMALL) for picture in shown], target)


def save_webp(shown: list[Image.Image], target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    first, *rest = [picture.convert("RGB").resize(SMALL) for picture in shown]
    first.save(target, "WEBP", save_all=True, append_images=rest, duration=80, loop=0)


def save_sprite(shown: list[Image.Image], side: int, step: float, sprite: Path, vtt: Path) -> None:
    """``side`` rows of ``side`` pictures in one, and which part shows which ``step`` seconds."""
    width, height = SMALL
    sheet = Image.new("RGB", (width * side, height * side))
    lines = ["WEBVTT", ""]
    for number, picture in enumerate(shown):
        left, top = number % side * width, number // side * height
        sheet.paste(picture.convert("RGB").resize(SMALL), (left, top))
        lines += [
            f"{_vtt_time(number * step)} --> {_vtt_time((number + 1) * step)}",
            f"{sprite.name}#xywh={left},{top},{width},{height}",
            "",
        ]
    save_jpeg(sheet, sprite)
    vtt.write_text("\n".join(lines), encoding="utf-8")


def _vtt_time(seconds: float) -> str:
    minutes, rest = divmod(seconds, 60)
    hours, minutes = divmod(int(minutes), 60)
    return f"{hours:02d}:{minutes:02d}:{rest:06.3f}"
