#!/usr/bin/env python3
"""Writes the small files of this folder, which tests read: made by NumPy and PyArrow themselves.

    pip install numpy pyarrow && ./make.py
"""
import json
import struct

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

# People: 5 rows in groups of 2, one missing score, one column of lists.
people = pa.table({
    "id": pa.array(["e", "d", "c", "b", "a"]),
    "age": pa.array([38, 22, 51, 47, 19], pa.int32()),
    "income": pa.array([51000.5, 17000.0, 82000.25, 0.0, -3.5], pa.float64()),
    "height": pa.array([1.5, 1.75, 1.625, 2.0, 1.25], pa.float32()),
    "member": pa.array([True, False, True, True, False]),
    "visits": pa.array([1, 2, 3, 4, 250], pa.uint8()),
    "score": pa.array([0.5, 0.25, None, 1.0, 2.0]),
    "tags": pa.array([[1], [], [2, 3], [4], []], pa.list_(pa.int64())),
    "day": pa.array([1, 2, 3, 4, 5], pa.date32()),
})
pq.write_table(people, "people.snappy.parquet", compression="snappy", row_group_size=2)
pq.write_table(people, "people.gzip.parquet", compression="gzip", data_page_version="2.0")
pq.write_table(people, "people.lz4.parquet", compression="lz4", use_dictionary=False)
pq.write_table(people.select(["id", "age"]), "people.zstd.parquet", compression="zstd")
pq.write_table(people.select(["id", "age"]), "people.brotli.parquet", compression="brotli")

# The matrix [[0, 1, 2], [3, 4, 5]], each element halved where floats hold it.
whole = np.arange(6).reshape(2, 3)
np.save("f8.npy", whole / 2)
np.save("fortran.npy", np.asfortranarray(whole / 2))
np.save("big_endian.npy", (whole / 2).astype(">f4"))
np.save("f2.npy", (whole / 2).astype("<f2"))
np.save("i4.npy", whole.astype("<i4") - 3)
np.save("u8.npy", whole.astype("<u8"))
np.save("bool.npy", whole % 2 == 1)
np.save("cube.npy", np.asfortranarray(np.arange(24, dtype="<i2").reshape(2, 3, 4)))
np.save("scalar.npy", np.float64(2.5))
np.save("text.npy", np.array(["a", "b"]))
np.save("nan.npy", np.array([[1.0, 2.0], [3.0, np.nan]]))
np.save("huge.npy", np.array([1, 2**63], dtype="<u8"))
np.savez("columns.npz", age=np.array([38, 22]), income=np.array([1.5, -2.0]), pixels=np.array([[1, 2, 3], [4, 5, 6]]))
np.savez_compressed("compressed.npz", age=np.array([38, 22]), income=np.array([1.5, -2.0]))


def bf16(values):
    """Numbers that bfloat16 holds exactly: the upper half of a float32."""
    return b"".join(struct.pack("<f", v)[2:] for v in values)


# One tensor of each type that weights may have, written by hand after the format's description.
tensors = {
    "half": ("F16", [2], np.array([0.5, -2.0], "<f2").tobytes()),
    "brain": ("BF16", [2], bf16([1.5, -0.25])),
    "single": ("F32", [2, 1], np.array([0.1, 3.0], "<f4").tobytes()),
    "double": ("F64", [1], np.array([0.1], "<f8").tobytes()),
    "count": ("I32", [2], np.array([-7, 9], "<i4").tobytes()),
    "flag": ("BOOL", [2], b"\x01\x00"),
}
header, data = {}, b""
for name, (dtype, shape, content) in tensors.items():
    header[name] = {"dtype": dtype, "shape": shape, "data_offsets": [len(data), len(data) + len(content)]}
    data += content
text = json.dumps(header).encode()
text += b" " * (-len(text) % 8)
with open("types.safetensors", "wb") as file:
    file.write(struct.pack("<Q", len(text)) + text + data)
