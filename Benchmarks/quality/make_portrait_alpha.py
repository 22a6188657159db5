#!/usr/bin/env python3
"""Makes the ground truth of the virtual-background benchmark from scikit-image's astronaut portrait.

    make_portrait_alpha.py astronaut.png portrait_alpha.png [portrait.png]

`portrait_alpha.png` is the 8-bit alpha of the person (with suit and helmet). The optional `portrait.png` is RGBA: the
same alpha with the colours of the person alone, so that a composite carries no rim of the old background. The alpha
comes from an outline drawn by hand at 6-8x zoom: well inside it is 1, well outside 0, and in the band between it is
solved by closed-form matting (Levin, Lischinski, Weiss: every 3x3 window's alpha is affine in its colours). Rows below
345 hold the helmet on her arm; a plain head-and-shoulders portrait uses rows 0..<345.

Needs numpy, scipy and OpenCV. Deterministic.
"""

import sys

import cv2
import numpy as np
import scipy.sparse as sparse
import scipy.sparse.linalg

# Clockwise from the bottom left, in pixels of the 512x512 portrait.
OUTLINE = [
    (41, 512), (30.5, 490), (26, 476), (23, 457.5), (23, 439), (21, 420), (19, 396.6), (23, 380), (24.5, 366),
    (26, 345), (30, 333), (33, 318), (38.5, 304), (40, 296), (44.5, 282), (52, 267.5), (60, 255), (65, 248.5),
    (72, 239.3), (84, 229.5), (98.4, 218), (108, 207), (112, 205), (113, 201), (114.5, 197), (112.5, 190), (114, 186),
    (120, 184), (122, 180), (126.6, 170), (133.6, 162), (144, 153.5), (159.4, 149), (173.5, 148), (184, 149),
    # face, ear and hair, left to right
    (182.8, 140.6), (182.4, 132.4), (178, 130), (173.5, 125.4), (170.6, 119.5), (167.6, 115), (161.7, 110), (155.5, 101),
    (153.5, 89), (152.7, 72.7), (153.2, 66.8), (159, 56), (167, 47), (177, 41), (186, 37), (190, 31.5), (198, 24.4),
    (206, 20.5), (215.6, 18.2), (229.7, 15.2), (243.8, 16), (256, 21), (265.4, 26), (276, 30.5), (286.5, 38.5),
    (292.5, 46.9), (297.5, 57.4), (299.6, 72.7), (302, 87.9), (299.6, 98.5), (295, 110), (288.8, 118.6), (280.6, 126.8),
    (278.3, 131), (274.8, 135.5), (270, 137), (267.3, 136.4), (265.4, 145), (259.5, 159.4), (256, 166.4), (255.5, 172.3),
    # collar ring, sleeve
    (265.4, 179.3), (279.4, 191), (290, 202.8), (298.2, 215.7), (302.9, 225), (304.5, 234.4), (315, 242.5),
    (327.5, 250.5), (335.7, 256), (344, 267.7), (347.4, 281), (350, 283.7), (352.6, 287), (355.6, 297.5), (357.5, 307.5),
    (357.7, 316), (359.6, 326), (363.4, 331.6), (360.8, 333), (361, 338.7), (362.5, 345), (365.6, 348.5),
    # helmet
    (377.9, 345.5), (396.6, 343.4), (417.7, 345), (434, 350), (450.6, 357.5), (467, 370.5), (482, 388), (492, 410),
    (496.5, 436), (497, 453), (503.3, 455), (504.5, 464.6), (506.8, 474), (512, 484), (512, 512),
]
# Thin parts of the person that lie inside the band: the yellow tab on the sleeve.
STROKES = [[(348.6, 284.6), (351, 287.5), (353.5, 298), (355.5, 307.5), (356.5, 316), (358.7, 326), (360.8, 330.5)]]
TAB = (340, 280, 375, 335)  # left, top, right, bottom
# Half the width of the unknown band, inside and outside the outline: hair needs more than cloth.
HAIR_ROWS, HAIR_BAND, CLOTH_BAND = (0, 122), (7.0, 9.0), (3.5, 3.5)
SCALE = 8  # the outline is rasterised at this multiple, to place it to a fraction of a pixel


def trimap(height, width):
    points = np.round(np.array(OUTLINE) * SCALE).astype(np.int32)
    mask = np.zeros((height * SCALE, width * SCALE), np.uint8)
    cv2.fillPoly(mask, [points], 255)
    # Signed distance to the outline; the frame's own border is no edge of the person.
    grown = cv2.copyMakeBorder(mask, 0, 40 * SCALE, 0, 40 * SCALE, cv2.BORDER_REPLICATE)
    inside = cv2.distanceTransform(grown, cv2.DIST_L2, 5)[: height * SCALE, : width * SCALE]
    outside = cv2.distanceTransform(255 - grown, cv2.DIST_L2, 5)[: height * SCALE, : width * SCALE]
    distance = cv2.resize((inside - outside) / SCALE, (width, height), interpolation=cv2.INTER_AREA)
    hair = np.zeros((height, width), bool)
    hair[HAIR_ROWS[0] : HAIR_ROWS[1]] = True
    inner = np.where(hair, HAIR_BAND[0], CLOTH_BAND[0])
    outer = np.where(hair, HAIR_BAND[1], CLOTH_BAND[1])
    outer[TAB[1] : TAB[3], TAB[0] : TAB[2]] = 1.0  # white tab on a pale wall: trust the outline
    sure = np.zeros((height, width), np.uint8)
    for stroke in STROKES:
        cv2.polylines(sure, [np.round(np.array(stroke) * 16).astype(np.int32)], False, 1, 2, cv2.LINE_8, 4)
    return (distance >= inner) | (sure > 0), (distance <= -outer) & (sure == 0)


def closed_form_alpha(image, foreground, background, epsilon=1e-6, confidence=100.0):
    """Solves (L + c D) alpha = c D known over the unknown band and its one-window surroundings."""
    height, width = foreground.shape
    known = foreground | background
    band = cv2.dilate((~known).astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
    centres = cv2.dilate((~known).astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    centres[0], centres[-1], centres[:, 0], centres[:, -1] = False, False, False, False
    index = np.arange(height * width).reshape(height, width)
    ys, xs = np.nonzero(centres)
    offsets = [(dy, dx) for dy in (-1, 0, 1) for dx in (-1, 0, 1)]
    windows = np.stack([index[ys + dy, xs + dx] for dy, dx in offsets], 1)
    colours = image.reshape(-1, 3)[windows]
    mean = colours.mean(1, keepdims=True)
    centred = colours - mean
    covariance = np.einsum("nki,nkj->nij", centred, centred) / 9 + epsilon / 9 * np.eye(3)
    affinity = (1 + np.einsum("nki,nij,nlj->nkl", centred, np.linalg.inv(covariance), centred)) / 9
    laplacian = np.eye(9) - affinity
    rows = np.repeat(windows, 9, 1).ravel()
    columns = np.tile(windows, (1, 9)).ravel()
    matrix = sparse.coo_matrix((laplacian.ravel(), (rows, columns)), shape=(height * width,) * 2).tocsr()
    matrix = matrix + sparse.diags(confidence * known.ravel().astype(float))
    used = np.nonzero(band.ravel())[0]
    solution = scipy.sparse.linalg.spsolve(
        matrix[used][:, used].tocsc(), confidence * (known & foreground).ravel()[used].astype(float)
    )
    alpha = foreground.astype(float).ravel()
    alpha[used] = solution
    alpha = alpha.reshape(height, width)
    alpha[foreground], alpha[background] = 1, 0
    return np.clip(alpha, 0, 1)


def foreground_colours(image, alpha):
    """Colours of the person alone: sure neighbours' colours, corrected so that the mixture gives the photograph."""

    def spread(weight, sigma):
        total = cv2.GaussianBlur(weight, (0, 0), sigma)
        return cv2.GaussianBlur(image * weight[..., None], (0, 0), sigma), total

    def estimate(weight):
        colours, total = np.zeros_like(image), np.zeros_like(alpha)
        for sigma, share in ((2.0, 1.0), (5.0, 1e-3), (15.0, 1e-6)):
            sums, weights = spread(weight, sigma)
            colours += share * sums
            total += share * weights
        return colours / np.maximum(total, 1e-12)[..., None]

    sure_foreground = estimate((alpha > 0.97).astype(np.float64))
    sure_background = estimate((alpha < 0.03).astype(np.float64))
    a = alpha[..., None]
    remainder = image - a * sure_foreground - (1 - a) * sure_background
    colours = sure_foreground + a / (a * a + (1 - a) ** 2 + 0.1) * remainder
    colours = np.where(a > 0.97, image, colours)
    return np.clip(np.where(a > 0, colours, 0), 0, 1)


def main():
    if len(sys.argv) not in (3, 4):
        sys.exit(__doc__)
    image = cv2.imread(sys.argv[1], cv2.IMREAD_COLOR)
    if image is None:
        sys.exit(f"{sys.argv[1]}: not a readable picture")
    if image.shape != (512, 512, 3):
        sys.exit(f"{sys.argv[1]}: the outline fits the 512x512 astronaut of scikit-image only")
    image = image / 255.0
    foreground, background = trimap(512, 512)
    alpha = closed_form_alpha(image, foreground, background)
    # Steepen by a little: the matting solution leaves a veil of one or two per cent on plain walls.
    alpha = np.clip((alpha - 0.04) / 0.92, 0, 1)
    eight_bit = np.round(alpha * 255).astype(np.uint8)
    cv2.imwrite(sys.argv[2], eight_bit, [cv2.IMWRITE_PNG_COMPRESSION, 9])
    if len(sys.argv) == 4:
        colours = np.round(foreground_colours(image, eight_bit / 255.0) * 255).astype(np.uint8)
        cv2.imwrite(sys.argv[3], np.dstack([colours, eight_bit]), [cv2.IMWRITE_PNG_COMPRESSION, 9])


main()
