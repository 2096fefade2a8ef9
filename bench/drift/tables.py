#!/usr/bin/env python3
"""Makes the tables without a clock on which `temper drift calibrate` is measured (docs/drift-calibration.md).

Usage: tables.py OUT_FOLDER SHUTTLE_CSV_GZ FASHION_TRAIN_IMAGES_GZ

  shuttle_normal.csv  river's Shuttle (river/datasets/shuttle.csv.gz of PyPI river 0.26.1) without its anomalies: 45,586 x 9
  fashion_pixels.csv  50 pixels of Fashion-MNIST (Debian dataset-fashion-mnist, train-images-idx3-ubyte.gz): 60,000 x 50,
                      evenly spread over rows 3 to 24 of the image
"""
import csv
import gzip
import pathlib
import sys

PIXELS = [84 + (700 - 84) * i // 49 for i in range(50)]


def shuttle(source, out):
    with gzip.open(source, "rt", newline="") as lines, open(out, "w", newline="") as target:
        rows = csv.reader(lines)
        writer = csv.writer(target)
        writer.writerow(next(rows)[:-1])
        writer.writerows(row[:-1] for row in rows if float(row[-1]) == 0)


def fashion(source, out):
    images = gzip.open(source).read()[16:]
    with open(out, "w", newline="") as target:
        writer = csv.writer(target)
        writer.writerow(f"pixel_{p}" for p in PIXELS)
        for start in range(0, len(images), 784):
            writer.writerow(images[start + p] for p in PIXELS)


if len(sys.argv) != 4:
    sys.exit(__doc__)
folder = pathlib.Path(sys.argv[1])
folder.mkdir(parents=True, exist_ok=True)
shuttle(sys.argv[2], folder / "shuttle_normal.csv")
fashion(sys.argv[3], folder / "fashion_pixels.csv")
