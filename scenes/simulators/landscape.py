"""The pictures of the videos: hills in the haze under a wandering sun or moon, another one for each seed."""

import colorsys
import math
import random
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from PIL import Image, ImageDraw, ImageFilter, ImageFont

Colour = tuple[int, int, int]
Size = tuple[int, int]
SMOOTH = 2  # everything is drawn so many times larger and made smaller, for smooth edges
LAYERS = 4
SHOTS = 3  # of a film
TITLE_SECONDS = 2.0  # how long the title stands
GOLDEN = 0.618034  # neighbouring seeds get hues far apart
DRAWABLE = "‘’“”–—…"  # beside ASCII, what Pillow's own font can draw


@dataclass(frozen=True)
class Light:
    """How one hour looks: the sky's two ends, the disc's colour, how dark the hills get."""

    top: tuple[float, float, float]  # hue shift, saturation, value
    bottom: tuple[float, float, float]
    disc: Colour
    darkness: float
    stars: int


LIGHTS = (
    Light((0.00, 0.45, 0.85), (0.45, 0.18, 1.00), (255, 250, 225), 0.55, 0),  # morning
    Light((0.08, 0.60, 0.50), (0.28, 0.50, 1.00), (255, 214, 140), 0.70, 0),  # evening
    Light((0.02, 0.70, 0.16), (0.06, 0.55, 0.42), (235, 240, 255), 0.80, 70),  # night
)


class Shot:
    """A landscape at one hour (0 morning, 1 evening, 2 night); `image` gives it at any moment of the shot."""

    def __init__(self, seed: int, title: str, hour: int, size: Size) -> None:
        self.size = size
        self.random = random.Random(f"{seed} {title} {hour}")
        self.light = LIGHTS[hour % len(LIGHTS)]
        hue = seed * GOLDEN % 1.0
        top, bottom = (_colour(hue + h, s, v) for h, s, v in (self.light.top, self.light.bottom))
        self.sky = self.paint_sky(top, bottom)
        self.disc = glowing_disc(self.light.disc, max(4, size[1] // 4))
        self.height = self.random.uniform(0.10, 0.35)  # where the disc stands, from the top
        self.layers = [self.paint_hills(layer, hue, bottom) for layer in range(LAYERS)]

    def image(self, moment: float) -> Image.Image:
        """`moment` runs from 0, the shot's begin, to 1, its end."""
        width, height = self.size
        image = self.sky.copy()
        x = round(width * (0.15 + 0.6 * moment)) - self.disc.width // 2
        y = round(height * (self.height + 0.25 * (moment - 0.5) ** 2 * 4)) - self.disc.height // 2
        image.paste(self.disc, (x, y), self.disc)
        for number, layer in enumerate(self.layers):
            drift = round(moment * (layer.width - width) * (number + 1) / LAYERS)
            image.paste(layer, (-drift, height - layer.height), layer)
        return image

    def paint_sky(self, top: Colour, bottom: Colour) -> Image.Image:
        """From the one colour down to the other, with the hour's stars in its upper part."""
        width, height = self.size
        sky = Image.new("RGB", (1, 2))
        sky.putdata([top, bottom])
        sky = sky.resize((1, 64), Image.Resampling.BICUBIC).resize(self.size, Image.Resampling.BICUBIC)
        draw = ImageDraw.Draw(sky)
        for _ in range(self.light.stars):
            x, y = self.random.uniform(0, width), self.random.uniform(0, height * 0.6)
            draw.point((x, y), fill=(255, 255, 255))
        return sky

    def paint_hills(self, layer: int, hue: float, haze: Colour) -> Image.Image:
        """One row of hills, wider than the picture so that it can drift; nearer ones are darker."""
        width, height = round(self.size[0] * 1.35), round(self.size[1] * (0.62 - 0.13 * layer))
        near = (layer + 1) / LAYERS
        deep = _colour(hue + 0.1 * layer, 0.6, 1.0 - self.light.darkness)
        colour = tuple(round(far + (close - far) * near**0.7) for far, close in zip(haze, deep, strict=True))
        waves = [(self.random.uniform(1, 3.2) * 2**k, self.random.random() * 6.3, 0.5**k) for k in range(3)]
        mask = Image.new("L", (width * SMOOTH, height * SMOOTH))
        points = []
        for x in range(0, width + 8, 4):
            total = sum(
                weight * math.sin(frequency * math.tau * (x / width) + phase) for frequency, phase, weight in waves
            )
            points.append((x * SMOOTH, (0.36 + 0.19 * total) * height * SMOOTH))
        corners = [(width * SMOOTH + 16, height * SMOOTH), (0, height * SMOOTH)]
        ImageDraw.Draw(mask).polygon([*points, *corners], fill=255)
        hills = Image.new("RGBA", (width, height), (*colour, 255))
        hills.putalpha(mask.resize((width, height), Image.Resampling.LANCZOS))
        return hills


def film_images(frames: int, title: str, seed: int, size: Size, frame_rate: int) -> Iterator[Image.Image]:
    """The frames of a film of three shots, one at a time; the title stands in its first seconds."""
    card = title_card(title, size)
    shots = [Shot(seed, title, hour, size) for hour in range(SHOTS)]
    for number in range(frames):
        index = number * SHOTS // frames
        image = shots[index].image((number * SHOTS / frames) - index)
        if number < TITLE_SECONDS * frame_rate:
            image.paste(card, (0, 0), card)
        yield image


def title_card(title: str, size: Size) -> Image.Image:
    """The title in white with a soft shadow, at the lower left of an otherwise clear picture."""
    width, height = size
    card = Image.new("RGBA", size)
    # Without accents and emoji: the one font that is on every machine has none.
    letters = unicodedata.normalize("NFD", title)
    title = "".join(letter for letter in letters if letter.isascii() or letter in DRAWABLE).strip()
    if not title:
        return card
    font = ImageFont.load_default(max(10, height // 11))
    longest = font.getlength(title)
    if longest > width * 0.88:
        font = ImageFont.load_default(max(8, height / 11 * width * 0.88 / longest))
    place = (width * 0.06, height * 0.90)
    shadow = Image.new("L", size)
    ImageDraw.Draw(shadow).text(place, title, fill=255, font=font, anchor="ls")
    card.putalpha(shadow.filter(ImageFilter.GaussianBlur(height / 90)))
    ImageDraw.Draw(card).text(place, title, fill=(255, 255, 255, 255), font=font, anchor="ls")
    return card


def glowing_disc(colour: Colour, diameter: int) -> Image.Image:
    """The sun or the moon with its glow, three times as wide as itself."""
    glow = Image.new("L", (diameter * 3, diameter * 3))
    draw = ImageDraw.Draw(glow)
    draw.ellipse((diameter, diameter, 2 * diameter, 2 * diameter), fill=210)
    glow = glow.filter(ImageFilter.GaussianBlur(diameter / 3))
    core = Image.new("L", (diameter * SMOOTH, diameter * SMOOTH))
    ImageDraw.Draw(core).ellipse((0, 0, core.width - 1, core.height - 1), fill=255)
    core = core.resize((diameter, diameter), Image.Resampling.LANCZOS)
    glow.paste(core, (diameter, diameter), core)
    disc = Image.new("RGBA", glow.size, (*colour, 255))
    disc.putalpha(glow)
    return disc


def _colour(hue: float, saturation: float, value: float) -> Colour:
    red, green, blue = colorsys.hsv_to_rgb(hue % 1.0, saturation, value)
    return round(red * 255), round(green * 255), round(blue * 255)
