#!/usr/bin/python3
"""Trains the classifier of the 31 province characters on licence plates and writes ../province_weights.inc.

Draws the characters in the CJK fonts that are installed, blurs, shifts and stretches them as a scan would, brings them
to the form that recogniser/province.cpp computes, and fits one linear layer with a softmax over it. Everything comes
from a fixed seed and takes some six minutes of one core. Needs Debian's python3-pil, python3-numpy and the fonts named
in tests/recogniser/README.md.

    /usr/bin/python3 train_provinces.py                write the weights, trained on all fonts
    /usr/bin/python3 train_provinces.py --hold-out     leave two fonts out at a time and print the share read right in them
"""
import argparse
import glob
import os
import random

import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageFont

PROVINCES = '京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼'
SIDE = 16          # features are the ink in SIDE x SIDE cells
PER_FONT = 40      # drawings of each character in each font
SCALE = 64         # weights are stored as integers, in units of 1/SCALE
SC = 2             # index of the simplified Chinese face in the Noto CJK collections


def fonts():
    noto = [(path, SC) for path in sorted(glob.glob('/usr/share/fonts/opentype/noto/Noto*CJK-*.ttc'))
            if not any(weight in path for weight in ('Black', 'Thin', 'ExtraLight', 'DemiLight'))]
    others = ['/usr/share/fonts/truetype/arphic/uming.ttc', '/usr/share/fonts/truetype/arphic/ukai.ttc',
              '/usr/share/fonts/truetype/arphic-gbsn00lp/gbsn00lp.ttf', '/usr/share/fonts/truetype/wqy/wqy-zenhei.ttc']
    return noto + [(path, 0) for path in others if os.path.exists(path)]


def features(grey):
    """The ink of a drawing, its print fitted into SIDE x SIDE cells. Must agree with featuresOf in province.cpp."""
    ink = np.clip(255 - grey, 0, 255) / 255.0
    rows = np.where((ink > .5).any(axis=1))[0]
    columns = np.where((ink > .5).any(axis=0))[0]
    if len(rows) == 0:
        return np.zeros(SIDE * SIDE)
    ink = ink[rows[0]:rows[-1] + 1, columns[0]:columns[-1] + 1]
    height, width = ink.shape
    side = max(height, width)
    top, left = (side - height) / 2.0, (side - width) / 2.0
    sums = np.zeros((height + 1, width + 1))
    sums[1:, 1:] = ink.cumsum(0).cumsum(1)

    def total(y, x):      # the ink above and left of a point, bilinear between pixel corners
        y, x = np.clip(y, 0, height), np.clip(x, 0, width)
        y0, x0 = int(y), int(x)
        y1, x1 = min(y0 + 1, height), min(x0 + 1, width)
        fy, fx = y - y0, x - x0
        return ((sums[y0, x0] * (1 - fx) + sums[y0, x1] * fx) * (1 - fy) +
                (sums[y1, x0] * (1 - fx) + sums[y1, x1] * fx) * fy)

    corners = np.array([[total(i * side / SIDE - top, j * side / SIDE - left) for j in range(SIDE + 1)] for i in range(SIDE + 1)])
    cells = (corners[1:, 1:] - corners[:-1, 1:] - corners[1:, :-1] + corners[:-1, :-1]) / (side / SIDE) ** 2
    cells = cells.flatten()
    return cells / max(1e-6, np.sqrt((cells ** 2).sum()))


def draw(r, character, face):
    em = r.uniform(38, 54)
    font = ImageFont.truetype(face[0], int(round(em * 2)), index=face[1])
    image = Image.new('L', (220, 220), 255)
    ImageDraw.Draw(image).text((110 + r.uniform(-2, 2), 110 + r.uniform(-2, 2)), character, font=font, fill=r.randint(0, 40), anchor='mm')
    image = image.rotate(r.gauss(0, .8), resample=Image.BICUBIC, fillcolor=255)
    image = image.resize((110, int(110 * r.uniform(.96, 1.04))), Image.BICUBIC).filter(ImageFilter.GaussianBlur(r.uniform(.4, 1.6)))
    grey = np.asarray(image).astype(float) + np.random.RandomState(r.randrange(2 ** 31)).normal(0, r.uniform(0, 8), (image.size[1], image.size[0]))
    dark = np.percentile(grey, 1)
    return np.clip((grey - dark) / (230 - dark) * 255, 0, 255)   # as the crops are stretched


def samples(faces, seed):
    r = random.Random(seed)
    x, y = [], []
    for face in faces:
        for label, character in enumerate(PROVINCES):
            for _ in range(PER_FONT):
                x.append(features(draw(r, character, face)))
                y.append(label)
    return np.array(x), np.array(y)


def fit(x, y, rounds=600, rate=8.0, decay=1e-5):
    """Softmax regression by full-batch gradient descent with momentum."""
    x = np.hstack([x, np.full((len(x), 1), .25)])
    wanted = np.eye(len(PROVINCES))[y]
    w = np.zeros((x.shape[1], len(PROVINCES)))
    speed = np.zeros_like(w)
    for _ in range(rounds):
        z = x @ w
        p = np.exp(z - z.max(axis=1, keepdims=True))
        p /= p.sum(axis=1, keepdims=True)
        speed = .9 * speed - rate * (x.T @ (p - wanted) / len(x) + decay * w)
        w += speed
    return w


def share_right(w, x, y):
    return ((np.hstack([x, np.full((len(x), 1), .25)]) @ w).argmax(axis=1) == y).mean()


def write(w, path):
    units = np.clip(np.round(w.T * SCALE), -32768, 32767).astype(int)
    with open(path, 'w', encoding='utf-8') as out:
        out.write('// Written by training/train_provinces.py; do not edit. One row a province: the weights of %d cells, then the bias.\n' % SIDE ** 2)
        for row in units:
            out.write(''.join('%d,' % weight for weight in row) + '\n')


def main():
    parser = argparse.ArgumentParser(description=__doc__.split('\n')[0])
    parser.add_argument('--hold-out', action='store_true', help='measure on fonts that were left out of the training')
    arguments = parser.parse_args()
    faces = fonts()
    if arguments.hold_out:
        for held in (('uming', 'wqy'), ('ukai', 'gbsn'), ('NotoSerif',), ('NotoSans',)):
            inside = [f for f in faces if not any(name in f[0] for name in held)]
            outside = [f for f in faces if any(name in f[0] for name in held)]
            w = fit(*samples(inside, 'train'))
            print('without %s: %.1f %% right in them' % (', '.join(held), 100 * share_right(w, *samples(outside, 'held'))), flush=True)
        return
    x, y = samples(faces, 'train')
    w = fit(x, y)
    print('%d drawings in %d fonts, %.2f %% right' % (len(y), len(faces), 100 * share_right(w, x, y)))
    write(w, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'province_weights.inc'))


if __name__ == '__main__':
    main()
