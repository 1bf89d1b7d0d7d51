"""What the simulated tagger sees in a film: the light from its real frames, the rest from its bytes.

The same file always gives the same. Beside plain spans, every film has what clients trip over: a span
without an end, one too short to matter, one of little confidence.
"""

import hashlib
import random
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

import av

MIN_FRAMES = 12  # at least so many frames of a film are looked at
SCENERY = ("Mountains", "Hills", "Valley", "Horizon", "Mist", "Clouds", "Ridge", "Meadow")
MOODS = ("Calm", "Dreamy", "Lonely", "Majestic", "Warm", "Cold")
BRIGHT, DARK = 140, 62  # mean brightness, 0 to 255


@dataclass(frozen=True)
class Span:
    start: float  # seconds
    end: float | None  # seconds; None: one frame only
    confidence: float

    @property
    def length(self) -> float:
        """Seconds; 0 for what was seen in one frame only."""
        return 0.0 if self.end is None else self.end - self.start


Seen = dict[str, dict[str, list[Span]]]  # category, tag


@dataclass(frozen=True)
class Film:
    duration: float  # seconds
    seen: Seen

    def above(self, threshold: float) -> Seen:
        """What is seen with at least that confidence; categories stay, tags without such a span don't."""
        return {
            category: {
                tag: kept
                for tag, spans in tags.items()
                if (kept := [span for span in spans if span.confidence >= threshold])
            }
            for category, tags in self.seen.items()
        }


def look_at(path: Path, frame_interval: float) -> Film:
    """Decodes the whole film. OSError if there is none, av.FFmpegError if it can't be decoded."""
    with av.open(str(path)) as container:
        if not container.streams.video:
            raise av.InvalidDataError(0, "no video stream", str(path))
        duration = (container.duration or 0) / 1_000_000
        step = min(frame_interval, duration / MIN_FRAMES) or frame_interval
        light = list(light_of(container, step))
    dice = random.Random(hashlib.sha256(path.read_bytes()).hexdigest())
    seen: Seen = {"light": {}}
    for name, group in groupby(light, key=lambda look: look[1]):
        times = [at for at, _ in group]
        end = times[-1] if len(times) > 1 else None
        seen["light"].setdefault(name, []).append(Span(times[0], end, _confidence(dice, 0.8)))
    seen["scenery"] = {tag: [_span(duration, dice)] for tag in dice.sample(SCENERY, 3)}
    seen["mood"] = {tag: [_span(duration, dice)] for tag in dice.sample(MOODS, 1)}
    at = [round(dice.uniform(0, duration * 0.9), 2) for _ in range(3)]
    seen["moments"] = {
        "Shooting Star": [Span(at[0], None, _confidence(dice, 0.5))],
        "Lens Flare": [Span(at[1], round(at[1] + duration * 0.02, 2), _confidence(dice, 0.5))],
        "Bird": [Span(at[2], round(at[2] + duration * 0.1, 2), 0.31)],
    }
    return Film(round(duration, 3), seen)


def light_of(container: av.container.InputContainer, step: float) -> Iterator[tuple[float, str]]:
    """The moment and the light of a frame each `step` seconds."""
    due = 0.0
    for frame in container.decode(video=0):
        at = frame.time or 0.0
        if at < due:
            continue
        due = at + step
        brightness = frame.to_image().convert("L").resize((1, 1)).getpixel((0, 0))
        assert isinstance(brightness, int)
        dim = "Night" if brightness <= DARK else "Golden Hour"
        yield round(at, 2), "Daylight" if brightness >= BRIGHT else dim


def _span(duration: float, dice: random.Random) -> Span:
    """A good part of the film."""
    start = dice.uniform(0, duration * 0.4)
    end = dice.uniform(start + duration * 0.3, duration)
    return Span(round(start, 2), round(end, 2), _confidence(dice, 0.6))


def _confidence(dice: random.Random, least: float) -> float:
    return round(dice.uniform(least, 0.99), 2)
