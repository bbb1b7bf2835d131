"""Outlines of the ten classes and of the clutter, as signed distance functions.

Each function takes coordinates x, y (float32 arrays, the shape's outer radius is about 1) and a
random generator for the proportions; it returns the distance to the outline, negative inside.
The distances are exact enough inside to carve a bevel from them.
"""

import numpy as np

TAU = 2 * np.pi


def _fold(x, y, sides):
    """Mirror and rotate the plane into one half sector of a shape with `sides` equal sectors."""
    radius = np.hypot(x, y)
    half_sector = np.pi / sides
    angle = np.abs(np.mod(np.arctan2(y, x), 2 * half_sector) - half_sector)
    return radius * np.cos(angle), radius * np.sin(angle)


def _regular_polygon(x, y, sides, apothem):
    folded_x, _ = _fold(x, y, sides)
    return folded_x - apothem


def _box(x, y, half_width, half_height):
    return np.maximum(np.abs(x) - half_width, np.abs(y) - half_height)


def disc(x, y, rng):
    return np.hypot(x, y) - 0.92


def ring(x, y, rng):
    thickness = rng.uniform(0.15, 0.27)
    return np.abs(np.hypot(x, y) - (0.97 - thickness)) - thickness


def triangle(x, y, rng):
    return _regular_polygon(x, y, 3, 0.56)


def square(x, y, rng):
    return _regular_polygon(x, y, 4, 0.74)


def hexagon(x, y, rng):
    return _regular_polygon(x, y, 6, 0.84)


def star(x, y, rng):
    inner = rng.uniform(0.42, 0.58)
    folded_x, folded_y = _fold(x, y, 5)
    # Folding puts the notch on the x axis and the tip at 36 degrees; the edge joins the two.
    tip = np.array([np.cos(np.pi / 5), np.sin(np.pi / 5)]) * 1.05
    along = tip - np.array([inner, 0.0])
    along /= np.hypot(*along)
    return (folded_x - inner) * along[1] - folded_y * along[0]


def cross(x, y, rng):
    arm = rng.uniform(0.24, 0.36)
    return np.minimum(_box(x, y, 0.95, arm), _box(x, y, arm, 0.95))


def crescent(x, y, rng):
    offset = rng.uniform(0.38, 0.58)
    return np.maximum(np.hypot(x, y) - 0.95, 0.80 - np.hypot(x - offset, y))


def heart(x, y, rng):
    """Two discs and the square between them, standing on its corner."""
    u, v = (x + y) * 0.7071, (y - x) * 0.7071
    side = 0.56
    body = np.maximum(np.abs(u), np.abs(v)) - side
    lobes = np.minimum(np.hypot(u + side, v), np.hypot(u, v + side)) - side
    return np.minimum(body, lobes)


def gear(x, y, rng):
    teeth = rng.integers(8, 13)
    depth = rng.uniform(0.09, 0.15)
    wave = np.clip(2.2 * np.cos(teeth * np.arctan2(y, x)), -1, 1)
    outline = np.hypot(x, y) - (0.86 + depth * wave)
    return np.maximum(outline, rng.uniform(0.12, 0.3) - np.hypot(x, y))


CLASSES = [disc, ring, triangle, square, hexagon, star, cross, crescent, heart, gear]
LABEL_NAMES = [shape.__name__ for shape in CLASSES]


def pebble(x, y, rng):
    """Clutter: a round lump with a wavy outline."""
    angle = np.arctan2(y, x)
    outline = 0.8
    for harmonic in (2, 3, 5):
        outline = outline + rng.uniform(0.02, 0.3 / harmonic) * np.cos(harmonic * angle + rng.uniform(0, TAU))
    return np.hypot(x, y) - outline


def stick(x, y, rng):
    """Clutter: a rod with round ends."""
    half_width = rng.uniform(0.06, 0.16)
    return np.hypot(x - np.clip(x, -1, 1), y) - half_width


def leaf(x, y, rng):
    """Clutter: the lens between two discs."""
    offset = rng.uniform(0.7, 1.3)
    return np.maximum(np.hypot(x, y - offset), np.hypot(x, y + offset)) - np.hypot(1, offset)


CLUTTER = [pebble, stick, leaf]
