#!/usr/bin/env python3
"""Splits the Wisconsin diagnostic breast cancer data among two owners: `pip install scikit-learn && ./split.py`."""

import csv
import random

from sklearn.datasets import load_breast_cancer

data = load_breast_cancer()
names = [name.replace(" ", "_") for name in data.feature_names]
rows = list(zip(data.data.tolist(), data.target.tolist()))
# Ids that tell nothing of the place in the published file.
ids = [f"p{number:04}" for number in random.Random(0).sample(range(10_000), len(rows))]


def write(path, columns, cells, seed):
    order = list(range(len(rows)))
    random.Random(seed).shuffle(order)
    with open(path, "w", newline="") as file:
        out = csv.writer(file, lineterminator="\n")
        out.writerow(["id", *columns])
        out.writerows([ids[i], *cells(*rows[i])] for i in order)


half = len(names) // 2
# In scikit-learn's data 0 is malignant and 1 benign.
write("clinic.csv", names[:half], lambda x, _: x[:half], 1)
write("laboratory.csv", [*names[half:], "diagnosis"], lambda x, y: [*x[half:], ["malignant", "benign"][y]], 2)
