"""Trains for some steps by SPU (ABY3, ring 2^64, 18 fraction bits) and measures each; three processes hold the shares.

Shares of weights and optimizer state stay inside the parties from step to step, as they would in a real training.
Compiling and the sharing of batches are not measured.
"""
import argparse
import gzip
import json

import jax
import jax.numpy as jnp
import numpy as np
from jax.example_libraries import stax
from networks import NETWORKS, OPTIMIZERS
from parties import Parties
from spu import api, libspu
from spu.utils import frontend

SECRET, PUBLIC = libspu.Visibility.VIS_SECRET, libspu.Visibility.VIS_PUBLIC
WARM_UP = 1


def main():
    options = parse()
    init, predict = NETWORKS[options.network]()
    opt_init, opt_update, weights_of = OPTIMIZERS[options.optimizer]()
    _, weights = init(jax.random.PRNGKey(42), (-1, 28, 28, 1))
    state = opt_init(weights)

    def step(state, images, labels, number):
        def loss(weights):
            return -jnp.mean(jnp.sum(labels * stax.logsoftmax(predict(weights, images)), axis=1))

        return opt_update(number, jax.grad(loss)(weights_of(state)), state)

    images, labels = mnist(options.data)
    leaves = jax.tree_util.tree_leaves(state)
    names = [f"state{i}" for i in range(len(leaves))]
    executable = compiled(step, (state, images[:options.batch], labels[:options.batch], 0), names)
    io = api.Io(3, libspu.RuntimeConfig(libspu.ProtocolKind.ABY3, libspu.FieldType.FM64, 0))
    report = {"seconds": []}
    with Parties(json.loads(options.addresses), options.logs) as parties:
        parties.load(executable)
        for name, leaf in zip(names, leaves):
            parties.set(name, io.make_shares(np.asarray(leaf, np.float32), SECRET))
        for number in range(WARM_UP + options.steps):
            first = number * options.batch % (len(images) - options.batch + 1)
            batch = slice(first, first + options.batch)
            parties.set("images", io.make_shares(images[batch], SECRET))
            parties.set("labels", io.make_shares(labels[batch], SECRET))
            parties.set("number", [io.make_shares(np.asarray(number, np.int32), PUBLIC)[0]] * 3)
            seconds = parties.run()
            if number >= WARM_UP:
                report["seconds"].append(seconds)
        report["peak_memory_mb"] = parties.peak_memory() / 1e6
        # Counting is a run of its own: it is not for free.
        report["bytes"], report["messages"] = parties.count()
    with open(options.json, "w") as file:
        json.dump(report, file)


def parse():
    parser = argparse.ArgumentParser()
    parser.add_argument("--network", choices=NETWORKS, required=True)
    parser.add_argument("--optimizer", choices=OPTIMIZERS, required=True)
    parser.add_argument("--steps", type=int, required=True)
    parser.add_argument("--batch", type=int, required=True)
    parser.add_argument("--data", required=True)
    parser.add_argument("--addresses", required=True, help="JSON: for each party, the addresses of all three as it sees them")
    parser.add_argument("--json", required=True)
    parser.add_argument("--logs", required=True)
    return parser.parse_args()


def mnist(folder):
    """Training images [n, 28, 28, 1] from 0 to 1, and labels [n, 10], one-hot."""
    def idx(name, header):
        with gzip.open(f"{folder}/{name}.gz") as file:
            return np.frombuffer(file.read(), np.uint8, offset=header)

    images = idx("train-images-idx3-ubyte", 16).reshape(-1, 28, 28, 1).astype(np.float32) / 255
    return images, np.eye(10, dtype=np.float32)[idx("train-labels-idx1-ubyte", 8)]


def compiled(step, arguments, names):
    """The step as SPU's program: state, images and labels are secret, the step's number is public."""
    inputs = [*names, "images", "labels", "number"]
    visibilities = [SECRET] * (len(inputs) - 1) + [PUBLIC]
    return frontend.compile(frontend.Kind.JAX, step, arguments, {}, inputs, visibilities, lambda _outputs: names)[0]


main()
