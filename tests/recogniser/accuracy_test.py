#!/usr/bin/python3
"""Accuracy of tollgate-recogniser on generated pictures, and its refusals.

Three claims, each checked through the worker's own pipe, two workers side by side:
  1. At least 85 % of the fields of flat scans are exact (generator level clean, a seed that tuning never used), every
     page is found, its corners lie within 2 % of its width on four pages of five and within 6 % on all, and no field
     appears that the picture does not show.
  2. What is no licence gives the failure it should, and no field.
  3. Every sample in docs/samples is read with every field exact: the README's curl shows them.

    accuracy_test.py --worker build/bin/tollgate-recogniser [--level mild] [--count 80] [--seed test] [-v]
"""
import argparse
import concurrent.futures
import glob
import io
import json
import math
import os
import random
import struct
import subprocess
import sys
import tempfile
import time
import zlib

import licgen
from PIL import Image, ImageDraw

CLEAN_FLOOR = 85.0   # percent of the fields; photos have no promise yet
CORNER_LIMIT = 0.06
CORNERS_NEAR = 0.02
CORNERS_NEAR_FLOOR = 80.0   # percent of the pages; 93 on the pictures for tuning
SAMPLES = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..', 'docs', 'samples')
WORKERS = 2


class Worker:
    """One tollgate-recogniser process, asked over its pipes."""

    def __init__(self, program):
        environment = {'OMP_THREAD_LIMIT': '1', 'PATH': '/usr/bin:/bin'}
        # A loaded machine is no reason to fail here; the deadline has its own test.
        self.process = subprocess.Popen([program, '--deadline-ms', '120000'], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment)

    def ask(self, picture):
        start = time.perf_counter()
        self.process.stdin.write(struct.pack('>I', len(picture)) + picture)
        self.process.stdin.flush()
        length = struct.unpack('>I', self.process.stdout.read(4))[0]
        answer = json.loads(self.process.stdout.read(length).decode('utf-8'))
        return answer, (time.perf_counter() - start) * 1000

    def close(self):
        self.process.stdin.close()
        return self.process.wait(timeout=30)


def read_all(program, pictures):
    """Reads the pictures with two workers; gives the answers in order and the milliseconds that each took."""
    answers = [None] * len(pictures)

    def work(first):
        worker = Worker(program)
        try:
            for i in range(first, len(pictures), WORKERS):
                answers[i] = worker.ask(pictures[i])
        finally:
            code = worker.close()
        if code != 0:
            raise RuntimeError('a worker ended with exit code %d' % code)

    with concurrent.futures.ThreadPoolExecutor(WORKERS) as pool:
        list(pool.map(work, range(WORKERS)))
    return answers


def load(folder):
    """The pictures of a folder with their true contents, in the order of their names."""
    loaded = []
    for name in sorted(glob.glob(os.path.join(folder, '*.jpg'))):
        with open(name, 'rb') as picture, open(name[:-4] + '.json', encoding='utf-8') as truth:
            loaded.append((os.path.basename(name), picture.read(), json.load(truth)))
    return loaded


def corner_error(true, found):
    """The farthest corner's distance from the true one, as a share of the page's width."""
    width = math.dist(true[0], true[1])
    return max(math.dist(a, b) for a, b in zip(true, found)) / width


def compare(loaded, answers, verbose):
    """Counts exact fields; lists pages, corners and fields that should not be as they are."""
    exact = total = 0
    faults = []
    corners = []
    for (name, _, truth), (answer, _) in zip(loaded, answers):
        fields = answer.get('fields', {})
        for field, value in truth['fields'].items():
            total += 1
            text = fields.get(field, {}).get('text', '')
            exact += text == value
            if verbose and text != value:
                print('  %s %s: %s read as %s' % (name, field, value, text or 'nothing'))
        faults += ['%s: invented %s' % (name, field) for field in fields if field not in truth['fields']]
        for page in ('front', 'back'):
            if (page in answer) != (page in truth['cards']):
                faults.append('%s: page %s %s' % (name, page, 'invented' if page in answer else 'not found'))
            elif page in answer:
                corners.append(corner_error(truth['cards'][page], answer[page]))
    return exact, total, corners, faults


def check_accuracy(arguments):
    with tempfile.TemporaryDirectory() as folder:
        licgen.make_all(arguments.count, arguments.level, 'mix', arguments.seed, folder, jobs=WORKERS)
        loaded = load(folder)
    answers = read_all(arguments.worker, [picture for _, picture, _ in loaded])
    exact, total, corners, faults = compare(loaded, answers, arguments.verbose)
    share = 100.0 * exact / total
    times = sorted(ms for _, ms in answers)
    near = 100.0 * sum(error < CORNERS_NEAR for error in corners) / max(1, len(corners))
    print('%s: %.1f %% of %d fields exact; %d pages, %.0f %% within 2 %% at every corner; ms median %.0f, p95 %.0f' % (
        arguments.level, share, total, len(corners), near,
        times[len(times) // 2], times[int(len(times) * .95)]))
    if arguments.level != 'clean':
        return []
    faults += ['a corner %.1f %% off' % (100 * error) for error in corners if error > CORNER_LIMIT]
    if near < CORNERS_NEAR_FLOOR:
        faults.append('corners of %.0f %% of the pages within 2 %%, floor %.0f %%' % (near, CORNERS_NEAR_FLOOR))
    if share < CLEAN_FLOOR:
        faults.append('%.1f %% of the fields exact, floor %.1f %%' % (share, CLEAN_FLOOR))
    return faults


def encoded(image, kind, **options):
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def png_of_size(width, height):
    """A PNG that announces a size and has no pixels."""
    def chunk(kind, data):
        return struct.pack('>I', len(data)) + kind + data + struct.pack('>I', zlib.crc32(kind + data))
    header = struct.pack('>IIBBBBB', width, height, 8, 2, 0, 0, 0)
    return b'\x89PNG\r\n\x1a\n' + chunk(b'IHDR', header) + chunk(b'IDAT', zlib.compress(b'')) + chunk(b'IEND', b'')


def text_page(r):
    page = Image.new('RGB', (1240, 1754), (250, 250, 248))
    face = licgen.font(licgen.FONTS['song'][0], 3)
    draw = ImageDraw.Draw(page)
    words = licgen.STREETS + licgen.TRADES + licgen.CARS
    for line in range(34):
        draw.text((110, 100 + line * 46), ''.join(r.choice(words) for _ in range(6))[:17], font=face, fill=(40, 40, 40))
    return page


def not_licences():
    """(what, bytes, the failure expected)"""
    r = random.Random('not a licence')
    noise = Image.frombytes('RGB', (900, 600), r.randbytes(900 * 600 * 3))
    card = Image.new('RGB', (1400, 1000), (90, 80, 70))
    ImageDraw.Draw(card).rectangle([100, 100, 1300, 918], fill=(240, 240, 236))     # a sheet's shape with nothing on it
    photo = encoded(card, 'JPEG', quality=85)
    return [
        ('nothing at all', b'', 'not_an_image'),
        ('random bytes', r.randbytes(20000), 'not_an_image'),
        ('JPEG start and random bytes', b'\xff\xd8\xff\xe0' + r.randbytes(20000), 'not_an_image'),
        ('a JPEG cut off in the middle', photo[:len(photo) // 2], 'not_an_image'),
        ('a PNG cut off in the middle', encoded(noise, 'PNG')[:100000], 'not_an_image'),
        ('a GIF', encoded(card.convert('P'), 'GIF'), 'not_an_image'),
        ('a BMP', encoded(card, 'BMP'), 'not_an_image'),
        ('a PNG that announces 2,500 megapixels', png_of_size(50000, 50000), 'too_large'),
        ('a PNG without pixels', png_of_size(800, 600), 'not_an_image'),
        ('a white page', encoded(Image.new('RGB', (1200, 900), (255, 255, 255)), 'PNG'), 'no_card'),
        ('a black page', encoded(Image.new('L', (1200, 900), 0), 'JPEG'), 'no_card'),
        ('a picture of 3 x 2 pixels', encoded(Image.new('RGB', (3, 2), (9, 9, 9)), 'PNG'), 'no_card'),
        ('noise', encoded(noise, 'JPEG', quality=90), 'no_card'),
        ('an empty card on a desk', photo, 'no_card'),
        ('a page of Chinese text', encoded(text_page(r), 'JPEG', quality=90), 'no_card'),
        ('a desk', encoded(licgen.desk(r, 1600, 1200), 'JPEG', quality=85), 'no_card'),
    ]


def check_refusals(arguments):
    cases = not_licences()
    answers = read_all(arguments.worker, [picture for _, picture, _ in cases])
    print('not a licence: %d cases, slowest %.0f ms' % (len(cases), max(ms for _, ms in answers)))
    return ['%s: expected only the failure %s, got %s' % (what, failure, json.dumps(answer, ensure_ascii=False))
            for (what, _, failure), (answer, _) in zip(cases, answers) if answer != {'failure': failure}]


def check_samples(arguments):
    loaded = load(SAMPLES)
    answers = read_all(arguments.worker, [picture for _, picture, _ in loaded])
    exact, total, _, faults = compare(loaded, answers, True)
    print('samples: %d of %d fields exact in %d pictures' % (exact, total, len(loaded)))
    if len(loaded) < 6:
        faults.append('%d samples, six expected' % len(loaded))
    if exact != total:
        faults.append('%d fields of the samples are wrong' % (total - exact))
    return faults


def main():
    parser = argparse.ArgumentParser(description=__doc__.split('\n')[0])
    parser.add_argument('--worker', required=True, help='path of tollgate-recogniser')
    parser.add_argument('--level', choices=sorted(licgen.LEVELS), default='clean')
    parser.add_argument('--count', type=int, default=24)
    parser.add_argument('--seed', default='test', help='not the one for tuning')
    parser.add_argument('-v', '--verbose', action='store_true', help='list every wrong field')
    arguments = parser.parse_args()
    faults = check_accuracy(arguments) + check_refusals(arguments) + check_samples(arguments)
    for fault in faults:
        print('FAULT ' + fault)
    return 1 if faults else 0


if __name__ == '__main__':
    sys.exit(main())
