#!/usr/bin/env python3
"""Draws the two procedural backgrounds of the virtual-background benchmark: room.jpg and street.jpg (1280x720).

    make_backgrounds.py FOLDER

A room with a window, shelves of books, pictures, a lamp and a plant, and a street with houses, trees, parked cars and a
pavement, both lit unevenly, slightly blurred and grainy, as a webcam would see them. Needs numpy and OpenCV.
Deterministic.
"""

import sys

import cv2
import numpy as np

WIDTH, HEIGHT, SUPER = 1280, 720, 2
RANDOM = np.random.default_rng(20240611)


def scaled(points):
    return np.round(np.array(points, float) * SUPER).astype(np.int32)


def fill(image, points, colour):
    cv2.fillPoly(image, [scaled(points)], tuple(float(c) for c in colour), cv2.LINE_AA)


def box(image, x0, y0, x1, y1, colour):
    fill(image, [(x0, y0), (x1, y0), (x1, y1), (x0, y1)], colour)


def cloud(cell, strength):
    """Smooth random light and dark, cell = its size in pixels."""
    small = RANDOM.normal(0, strength, (HEIGHT // cell + 3, WIDTH // cell + 3)).astype(np.float32)
    return cv2.resize(small, (WIDTH * SUPER, HEIGHT * SUPER), interpolation=cv2.INTER_CUBIC)[..., None]


def textured(image, mask, cell, strength):
    image += np.where(mask, cloud(cell, strength), 0)


def finish(image, blur, path):
    image = cv2.resize(image, (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA)
    image = cv2.GaussianBlur(image, (0, 0), blur)
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.float32)
    vignette = 1 - 0.18 * (((x - WIDTH / 2) / WIDTH) ** 2 + ((y - HEIGHT / 2) / HEIGHT) ** 2) * 2
    image = image * vignette[..., None] + RANDOM.normal(0, 1.2, image.shape)
    cv2.imwrite(path, np.clip(np.round(image), 0, 255).astype(np.uint8), [cv2.IMWRITE_JPEG_QUALITY, 85])


def foliage(image, cx, cy, radius, colour, leaves):
    for _ in range(leaves):
        angle, distance = RANDOM.uniform(0, 2 * np.pi), radius * np.sqrt(RANDOM.uniform())
        x, y = cx + distance * np.cos(angle), cy + 0.8 * distance * np.sin(angle)
        shade = np.array(colour) * RANDOM.uniform(0.5, 1.25) * (1 - 0.25 * (y - cy) / radius)
        axes = (int(SUPER * RANDOM.uniform(3, 0.1 * radius + 4)), int(SUPER * RANDOM.uniform(2, 5)))
        centre = (int(x * SUPER), int(y * SUPER))
        cv2.ellipse(image, centre, axes, RANDOM.uniform(0, 180), 0, 360, tuple(map(float, shade)), -1, cv2.LINE_AA)


def room(path):
    image = np.zeros((HEIGHT * SUPER, WIDTH * SUPER, 3), np.float32)
    y, x = np.mgrid[0 : HEIGHT * SUPER, 0 : WIDTH * SUPER].astype(np.float32) / SUPER
    image[:] = (150, 172, 184)  # wall, blue-green-red order
    image *= (1.08 - 0.42 * (x / WIDTH))[..., None]  # light falls from the window on the left
    image += cloud(90, 4) + cloud(12, 1.2)
    # window with a bright view, frame and curtains
    box(image, 60, 70, 330, 430, (200, 205, 208))
    box(image, 74, 84, 316, 416, (250, 240, 228))
    foliage(image, 140, 330, 70, (120, 190, 150), 260)
    foliage(image, 270, 360, 60, (130, 200, 170), 220)
    box(image, 190, 84, 200, 416, (205, 210, 212))
    box(image, 74, 246, 316, 254, (205, 210, 212))
    for left in (20, 318):
        for i in range(7):
            shade = 0.82 + 0.16 * np.sin(i * 1.9)
            box(image, left + i * 8, 48, left + i * 8 + 8, 500, np.array((150, 150, 190)) * shade)
    box(image, 10, 42, 390, 50, (70, 80, 90))
    # radiator under the window
    for i in range(14):
        box(image, 90 + i * 16, 470, 102 + i * 16, 590, (188, 196, 200))
    # shelf with books
    box(image, 800, 60, 1220, 640, (60, 92, 128))
    for row in range(5):
        top = 76 + row * 112
        box(image, 814, top, 1206, top + 98, (38, 55, 76))
        at = 818.0
        while at < 1196:
            if RANDOM.uniform() < 0.06:
                at += RANDOM.uniform(14, 40)
                continue
            wide, tall = RANDOM.uniform(9, 24), RANDOM.uniform(58, 92)
            wide = min(wide, 1204 - at)
            colour = RANDOM.choice([(60, 60, 150), (140, 90, 50), (70, 110, 60), (190, 200, 205), (50, 120, 190),
                                    (40, 40, 45), (120, 60, 110), (90, 150, 200)]) * RANDOM.uniform(0.65, 1.15)
            box(image, at, top + 98 - tall, at + wide, top + 98, colour)
            box(image, at + 1.5, top + 98 - tall * 0.8, at + wide - 1.5, top + 98 - tall * 0.72, colour * 0.5 + 90)
            box(image, at + wide - 1, top + 98 - tall, at + wide, top + 98, colour * 0.5)
            at += wide + 0.5
    # pictures on the wall
    for x0, y0, x1, y1, tone in ((430, 90, 570, 200, (160, 140, 90)), (600, 70, 740, 260, (90, 120, 170))):
        box(image, x0 + 5, y0 + 6, x1 + 5, y1 + 6, (112, 128, 138))
        box(image, x0, y0, x1, y1, (40, 44, 50))
        box(image, x0 + 8, y0 + 8, x1 - 8, y1 - 8, (215, 220, 222))
        box(image, x0 + 22, y0 + 22, x1 - 22, y1 - 22, tone)
        fill(image, [(x0 + 22, y1 - 22), (x0 + 55, y0 + 50), (x1 - 50, y1 - 40), (x1 - 22, y0 + 60), (x1 - 22, y1 - 22)],
             np.array(tone) * 0.55)
    # sofa, lamp, plant, floor
    floor = y > 640
    image[:] = np.where(floor[..., None], np.array((70, 100, 138), np.float32) * (1.15 - 0.3 * x / WIDTH)[..., None], image)
    for i in range(-4, 30):
        fill(image, [(i * 60, 720), (i * 60 + 2, 720), (300 + i * 30 + 1, 640), (300 + i * 30, 640)], (52, 76, 106))
    box(image, 400, 470, 790, 640, (96, 84, 74))
    box(image, 385, 520, 425, 660, (84, 74, 64))
    box(image, 770, 520, 808, 660, (84, 74, 64))
    box(image, 440, 480, 590, 560, (120, 106, 92))
    box(image, 600, 480, 752, 560, (116, 102, 90))
    fill(image, [(640, 500), (700, 488), (712, 556), (648, 566)], (60, 130, 190))
    textured(image, ((y > 470) & (y < 660) & (x > 385) & (x < 808))[..., None], 6, 3)
    box(image, 690, 300, 696, 480, (60, 64, 66))
    fill(image, [(655, 300), (731, 300), (715, 240), (671, 240)], (170, 214, 236))
    image += 46 * np.exp(-(((x - 693) ** 2 + (y - 280) ** 2) / 110.0**2))[..., None]
    fill(image, [(1228, 640), (1272, 640), (1280, 560), (1220, 560)], (70, 96, 150))
    foliage(image, 1240, 470, 95, (60, 120, 70), 420)
    finish(image, 1.1, path)


def street(path):
    image = np.zeros((HEIGHT * SUPER, WIDTH * SUPER, 3), np.float32)
    y, x = np.mgrid[0 : HEIGHT * SUPER, 0 : WIDTH * SUPER].astype(np.float32) / SUPER
    image[:] = np.array((236, 214, 190)) + (y / HEIGHT)[..., None] * np.array((4, 22, 40))
    image += np.maximum(cloud(130, 14), 0)
    at = -30.0
    walls = [(120, 150, 176), (96, 112, 160), (168, 178, 184), (110, 132, 140), (86, 104, 132), (150, 168, 190)]
    number = 0
    while at < WIDTH:
        wide, top = RANDOM.uniform(150, 240), RANDOM.uniform(40, 190)
        colour = np.array(walls[number % len(walls)]) * RANDOM.uniform(0.85, 1.1)
        number += 1
        box(image, at, top, at + wide, 520, colour)
        fill(image, [(at - 4, top), (at + wide + 4, top), (at + wide - 14, top - 34), (at + 14, top - 34)], (70, 76, 96))
        columns, rows = int(wide // 46), int((500 - top) // 72)
        for i in range(columns):
            for j in range(rows):
                left, upper = at + 14 + i * (wide - 20) / columns, top + 18 + j * 72
                box(image, left - 3, upper - 3, left + 29, upper + 47, colour * 1.18)
                glass = np.array((120, 96, 80)) * RANDOM.uniform(0.45, 1.5)
                box(image, left, upper, left + 26, upper + 44, glass)
                fill(image, [(left, upper), (left + 14, upper), (left, upper + 26)], glass * 1.35)
                box(image, left + 12, upper, left + 14, upper + 44, colour * 1.1)
        box(image, at, 508, at + wide, 520, colour * 0.6)
        box(image, at + wide * 0.4, 440, at + wide * 0.4 + 38, 520, RANDOM.choice([(60, 50, 40), (50, 60, 110), (60, 90, 60)]))
        at += wide
    textured(image, ((y > 40) & (y < 520))[..., None], 4, 2.5)
    pavement, road = (y >= 520)[..., None], (y >= 575)[..., None]
    image[:] = np.where(pavement, np.array((150, 156, 160), np.float32), image)
    image[:] = np.where(road, np.array((92, 94, 96), np.float32) * (0.85 + 0.3 * (y[..., None] - 575) / 145), image)
    textured(image, pavement, 3, 3.5)
    textured(image, pavement, 40, 4)
    box(image, 0, 571, WIDTH, 577, (120, 124, 128))
    for i in range(7):
        fill(image, [(i * 210 + 20, 660), (i * 210 + 120, 660), (i * 210 + 112, 672), (i * 210 + 6, 672)], (200, 206, 208))
    for left, colour in ((60, (60, 50, 150)), (380, (150, 150, 152)), (905, (110, 70, 40))):
        fill(image, [(left, 600), (left, 556), (left + 40, 548), (left + 78, 512), (left + 168, 512), (left + 206, 550),
                     (left + 244, 560), (left + 246, 600)], colour)
        fill(image, [(left + 52, 548), (left + 84, 518), (left + 118, 518), (left + 118, 548)], (70, 62, 56))
        fill(image, [(left + 124, 518), (left + 164, 518), (left + 194, 548), (left + 124, 548)], (84, 74, 66))
        box(image, left, 586, left + 246, 602, np.array(colour) * 0.5)
        for wheel in (left + 52, left + 196):
            for size, shade in ((21, 26), (11, 130)):
                centre = (int(wheel * SUPER), 600 * SUPER)
                cv2.circle(image, centre, size * SUPER, (shade,) * 3, -1, cv2.LINE_AA)
    for stem, radius in ((330, 88), (790, 105), (1190, 80)):
        box(image, stem - 7, 330, stem + 7, 545, (40, 56, 72))
        foliage(image, stem, 280, radius, (56, 118, 84), 620)
    box(image, 640, 210, 647, 545, (70, 72, 74))
    box(image, 600, 206, 647, 213, (70, 72, 74))
    image *= (1.06 - 0.2 * np.abs(x / WIDTH - 0.35))[..., None]
    finish(image, 1.0, path)


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    room(f"{sys.argv[1]}/room.jpg")
    street(f"{sys.argv[1]}/street.jpg")


main()
