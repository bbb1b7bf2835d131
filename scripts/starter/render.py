"""Renders the starter pictures: one object of ten kinds, lying on a table among clutter.

A picture is a pure function of (split, index): its random generator is seeded with
[SEED, split number, index], so that no two splits can share a picture. The class is index % 10.
Nothing is downloaded and no font is used.
"""

import io

import numpy as np
from PIL import Image, ImageFilter

from shapes import CLASSES, CLUTTER, TAU

SEED = 20250917
SPLITS = {"train": 0, "eval": 1, "calibration": 2, "warmup": 3}  # warmup: without clutter, to start training on
SHORT_SIDE = 120
JPEG_QUALITY = 88


def render(split, index):
    """The picture as a PIL image (short side 120 pixels, long side up to 152) and its class index."""
    rng = np.random.default_rng([SEED, SPLITS[split], index])
    label = index % len(CLASSES)
    sides = [SHORT_SIDE, SHORT_SIDE + 8 * int(rng.integers(0, 5))]
    rng.shuffle(sides)
    scene = Scene(rng, *sides)
    scene.lay_table()
    plain = split == "warmup"
    for _ in range(0 if plain else rng.integers(2, 8)):
        scene.add_clutter(rng.uniform(0.05, 0.19))
    scene.blur(rng.uniform(0, 1.2))
    scene.add_subject(CLASSES[label])
    for _ in range(0 if plain else rng.choice(4, p=[0.4, 0.35, 0.2, 0.05])):
        scene.add_occluder()
    return scene.photograph(), label


def jpeg_bytes(picture):
    """The picture as stored; training pictures pass through the same compression in memory."""
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=JPEG_QUALITY)
    return buffer.getvalue()


class Scene:
    """A float32 RGB canvas (linear light, 0..1) with one light for everything on it."""

    def __init__(self, rng, width, height):
        self.rng = rng
        self.y, self.x = np.mgrid[0:height, 0:width].astype(np.float32)
        self.canvas = np.zeros((height, width, 3), np.float32)
        light = rng.uniform(0, TAU)
        self.light = np.array([np.cos(light), np.sin(light)], np.float32)
        self.shadow_length = rng.uniform(0.02, 0.06) * SHORT_SIDE
        self.subject = None

    def lay_table(self):
        rng = self.rng
        self.table_colour = colour(rng)
        self.canvas[:] = material(rng, self.x, self.y, self.table_colour)
        if rng.random() < 0.4:  # a second surface: the edge of a cloth, a sheet, a board
            angle = rng.uniform(0, TAU)
            height, width = self.x.shape
            side = (self.x - rng.uniform(0.2, 0.8) * width) * np.cos(angle) + (self.y - rng.uniform(0.2, 0.8) * height) * np.sin(angle)
            cover = np.clip(side + 0.5, 0, 1)[..., None]
            shade = 1 - 0.5 * np.exp(-np.maximum(-side, 0) / 2.5)[..., None]
            self.canvas = self.canvas * shade * (1 - cover) + material(rng, self.x, self.y, colour(rng)) * cover

    def add_clutter(self, size):
        height, width = self.x.shape
        centre = self.rng.uniform(0, 1, 2) * (width, height)
        shape = CLUTTER[self.rng.integers(len(CLUTTER))]
        self.draw(shape, centre, size * SHORT_SIDE, colour(self.rng))

    def add_subject(self, shape):
        """The largest object, near the middle, all of it inside the centre crop before occlusion."""
        rng = self.rng
        height, width = self.x.shape
        radius = rng.uniform(0.19, 0.38) * SHORT_SIDE
        slack = max(0.42 * SHORT_SIDE - radius, 0.02 * SHORT_SIDE)
        centre = np.array([width, height]) / 2 + rng.uniform(-slack, slack, 2)
        paint = colour(rng)
        if rng.random() < 0.25:  # some objects nearly vanish on their table
            paint = np.clip(self.table_colour * rng.uniform(0.65, 1.4) + rng.uniform(-0.05, 0.05, 3), 0.03, 0.95).astype(np.float32)
        self.subject = (centre, radius)
        self.draw(shape, centre, radius, paint)

    def add_occluder(self):
        """A stick, leaf or pebble across the subject's rim."""
        centre, radius = self.subject
        angle = self.rng.uniform(0, TAU)
        place = centre + radius * self.rng.uniform(0.45, 1.05) * np.array([np.cos(angle), np.sin(angle)])
        shape = CLUTTER[self.rng.integers(len(CLUTTER))]
        size = radius * (self.rng.uniform(0.6, 1.2) if shape.__name__ == "stick" else self.rng.uniform(0.25, 0.5))
        self.draw(shape, place, size, colour(self.rng))

    def draw(self, shape, centre, radius, paint):
        """Lay one solid object with its drop shadow; only the window around it is computed."""
        rng = self.rng
        window = self.window(centre, 1.35 * radius + 2 * self.shadow_length + 3)
        x, y = self.x[window] - centre[0], self.y[window] - centre[1]
        if x.size < 9 or min(x.shape) < 3:
            return
        to_shape = random_affine(rng) / radius
        proportions = rng.integers(2**32)
        rounding = rng.uniform(0.0, 0.09)

        def distance(dx, dy):
            u = to_shape[0, 0] * (x - dx) + to_shape[0, 1] * (y - dy)
            v = to_shape[1, 0] * (x - dx) + to_shape[1, 1] * (y - dy)
            grown = 1 + rounding  # shrink, then grow by the same amount: rounds concave corners' bevel too
            return (shape(u * grown, v * grown, np.random.default_rng(proportions)) - rounding * 0.5) / grown * radius

        canvas = self.canvas[window]
        offset = -self.light * self.shadow_length * min(1.0, radius / 20)
        softness = rng.uniform(1.5, 4.0)
        shadow = rng.uniform(0.35, 0.65) / (1 + np.exp(np.clip(distance(*offset) / softness * 2.5, -30, 30)))
        canvas = canvas * (1 - shadow[..., None])

        outline = distance(0.0, 0.0)
        lit = self.shade(np.maximum(-outline, 0), radius, material(rng, x, y, paint))
        cover = np.clip(0.5 - outline, 0, 1)[..., None]
        self.canvas[window] = canvas * (1 - cover) + lit * cover

    def shade(self, depth, radius, surface):
        """Lambert and Blinn-Phong shading of a bevelled or domed body, `depth` pixels inside its outline."""
        rng = self.rng
        bevel = radius * rng.uniform(0.12, 0.25) if rng.random() < 0.6 else radius * rng.uniform(0.4, 1.0)
        slope = np.clip(1 - depth / bevel, 0, 1)
        height = bevel * np.sqrt(np.maximum(1 - slope * slope, 0)) * rng.uniform(0.4, 0.8)
        grad_y, grad_x = np.gradient(height)
        norm = 1 / np.sqrt(1 + grad_x**2 + grad_y**2)
        # The light stands at 45 degrees: direction (lx, ly, 1) / sqrt 2.
        facing = (-(grad_x * self.light[0] + grad_y * self.light[1]) + 1) * norm * 0.7071
        lit = surface * (rng.uniform(0.25, 0.45) + 0.85 * np.maximum(facing, 0))[..., None]
        half = (-(grad_x * self.light[0] + grad_y * self.light[1]) * 0.38 + 0.92) * norm
        gloss = rng.choice([0.0, 0.15, 0.5]) * np.maximum(half, 0) ** rng.choice([12, 40, 120])
        return lit + gloss[..., None].astype(np.float32)

    def window(self, centre, reach):
        height, width = self.x.shape
        left, top = np.maximum(np.floor(centre - reach), 0).astype(int)
        right, bottom = np.ceil(centre + reach).astype(int)
        return slice(min(top, height), max(min(bottom, height), 0)), slice(min(left, width), max(min(right, width), 0))

    def blur(self, sigma):
        """A little depth of field: the table lies below the subject's top."""
        if sigma > 0.3:
            blurred = to_image(self.canvas).filter(ImageFilter.GaussianBlur(sigma))
            self.canvas = (np.asarray(blurred, np.float32) / 255) ** 2

    def photograph(self):
        """Uneven light, exposure, colour cast, lens blur and sensor noise."""
        rng = self.rng
        height, width = self.x.shape
        across = (self.x / width - 0.5) * self.light[0] + (self.y / height - 0.5) * self.light[1]
        radial = ((self.x / width - 0.5) ** 2 + (self.y / height - 0.5) ** 2) * 2
        light = (1 + rng.uniform(0, 0.9) * across) * (1 - rng.uniform(0, 0.5) * radial)
        if rng.random() < 0.25:  # the shadow of something outside the picture, say a window frame
            angle = rng.uniform(0, TAU)
            side = (self.x - width * rng.uniform(0.3, 0.7)) * np.cos(angle) + (self.y - height * rng.uniform(0.3, 0.7)) * np.sin(angle)
            light = light * (1 - rng.uniform(0.3, 0.6) / (1 + np.exp(np.clip(-side / rng.uniform(0.5, 4), -30, 30))))
        exposed = self.canvas * light[..., None] * np.exp(rng.uniform(-0.35, 0.55)) * rng.uniform(0.85, 1.15, 3).astype(np.float32)
        picture = to_image(exposed).filter(ImageFilter.GaussianBlur(max(0.0, rng.uniform(-0.5, 1.1))))
        noise = rng.standard_normal(exposed.shape, np.float32) * 255 * rng.uniform(0.008, 0.05)
        return Image.fromarray(np.clip(np.asarray(picture, np.float32) + noise + 0.5, 0, 255).astype(np.uint8))


def to_image(linear):
    """Linear light to 8 bits; the square root stands in for the display's gamma."""
    return Image.fromarray((np.sqrt(np.clip(linear, 0, 1)) * 255 + 0.5).astype(np.uint8))


def colour(rng):
    """A plausible paint: half of them warm, mostly muted, as a linear RGB triple."""
    hue = rng.normal(0.08, 0.04) if rng.random() < 0.5 else rng.random()
    saturation, value = rng.beta(1.6, 2.4), rng.uniform(0.3, 0.98)
    ramp = np.clip(np.abs(np.mod(hue * 6 + np.array([0, 4, 2]), 6) - 3) - 1, 0, 1)
    return ((value * (1 - saturation * (1 - ramp))) ** 2).astype(np.float32)


def random_affine(rng):
    """Picture to shape coordinates: turn, and foreshorten along another direction as a tilted camera does."""
    turn, axis = rng.uniform(0, TAU, 2)
    squash = 1 / rng.uniform(0.74, 1.0)
    tilt = rotation(axis).T @ np.diag([squash, 1.0]) @ rotation(axis)
    return (rotation(turn) @ tilt).astype(np.float32)


def rotation(angle):
    return np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])


def cloud(rng, shape, cells_x, cells_y):
    """Smooth noise, 0..1: a small random grid, enlarged."""
    grid = Image.fromarray(rng.random((max(2, cells_y), max(2, cells_x)), np.float32))
    return np.clip(np.asarray(grid.resize((shape[1], shape[0]), Image.BICUBIC)), 0, 1)


def material(rng, x, y, paint):
    """A textured surface [H,W,3] of one of six kinds in two shades of `paint`."""
    kind = rng.integers(6)
    angle = rng.uniform(0, TAU)
    u, v = x * np.cos(angle) + y * np.sin(angle), y * np.cos(angle) - x * np.sin(angle)
    patchy = cloud(rng, x.shape, 5, 5)
    contrast = rng.uniform(0.2, 0.7)
    if kind == 0:  # plain, with stains
        field = patchy
    elif kind == 1:  # wood: bent rings, drawn out along the grain
        field = 0.5 + 0.5 * np.sin(u * rng.uniform(0.3, 0.9) + 6 * patchy + np.sin(v * 0.03))
    elif kind == 2:  # stone: coarse and fine grain
        field = 0.4 * cloud(rng, x.shape, x.shape[1] // 6, x.shape[0] // 6) + 0.6 * rng.random(x.shape, np.float32)
    elif kind == 3:  # woven cloth
        pitch = rng.uniform(0.9, 1.8)
        field = 0.5 + 0.25 * (np.sin(u * pitch) + np.sin(v * pitch))
    elif kind == 4:  # painted stripes
        field = np.clip(0.5 + 3 * np.sin(u * rng.uniform(0.25, 0.8)), 0, 1)
    else:  # tiles or a check
        pitch = rng.uniform(0.15, 0.45)
        field = np.clip(0.5 + 4 * np.sin(u * pitch) * np.sin(v * pitch), 0, 1)
    second = paint * (1 - contrast) + colour(rng) * contrast * 0.5
    blend = (0.8 * field + 0.2 * patchy)[..., None].astype(np.float32)
    return paint * (1 - blend) + second.astype(np.float32) * blend
