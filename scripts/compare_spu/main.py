"""Options, and the course of a comparison."""
import argparse
import json
import os
import subprocess
import sys
from pathlib import Path

from . import install, ours, table, theirs
from .failure import Failure
from .links import PROFILES, build_proxy

ROOT = Path(__file__).resolve().parents[2]
NETWORKS = ("a", "b", "c", "d")
OPTIMIZERS = ("sgd", "adam", "amsgrad")
BATCH = 128


def main():
    options = parse()
    try:
        compare(options)
    except (Failure, OSError, subprocess.CalledProcessError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


def parse():
    parser = argparse.ArgumentParser(prog="compare-spu", description="Trains by SPU 0.9.5 and by this system in turn.")
    parser.add_argument("--networks", type=some_of(NETWORKS), default=NETWORKS, metavar="a,b,c,d")
    parser.add_argument("--optimizers", type=some_of(OPTIMIZERS), default=OPTIMIZERS, metavar="sgd,adam,amsgrad")
    parser.add_argument("--steps", type=at_least(1), default=5, metavar="N", help="steps that count, in every turn (5)")
    parser.add_argument("--turns", type=at_least(2), default=2, metavar="N", help="turns of each system (2)")
    parser.add_argument("--network-profile", choices=PROFILES, default="loopback",
                        help="sockets as they are, or through a proxy: 20 ms one way, 300 Mbit/s from each party")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write what was measured to this file")
    parser.add_argument("--venv", type=Path, default=ROOT / "target/compare-spu/venv", metavar="FOLDER",
                        help="SPU's virtual environment, made if missing (target/compare-spu/venv)")
    parser.add_argument("--python", metavar="PROGRAM", help="Python 3.10 or 3.11 to make it with (found on the path)")
    parser.add_argument("--data", type=Path, default=ROOT / "examples/data/mnist", metavar="FOLDER",
                        help="folder of the MNIST files (examples/data/mnist)")
    threads = max(1, min(4, (os.cpu_count() or 1) // 3))
    parser.add_argument("--spu-threads", type=at_least(1), default=threads, metavar="N",
                        help="OpenMP threads of each SPU party; it asks for 4, which collapses where three parties have "
                        f"fewer cores than that (a third of the cores, at most 4: {threads})")
    return parser.parse_args()


def compare(options):
    """Measures cell by cell; each turn begins with the other system, so that a drift of the machine favours neither."""
    if options.json:
        options.json.write_text("")  # what an earlier run wrote must not pass for this one's, should it fail
    build = ROOT / "target/compare-spu"
    build.mkdir(parents=True, exist_ok=True)
    python = install.environment(options.venv, options.python)
    example = ours.build(ROOT)
    proxy = None if options.network_profile == "loopback" else build_proxy(build)
    report = {"profile": options.network_profile, "batch": BATCH, "steps": options.steps, "cores": os.cpu_count(),
              "spu": install.VERSION, "spu_threads": options.spu_threads, "rows": []}
    systems = {"spu": (theirs.measure, python), "here": (ours.measure, example)}

    table.print_head(options)
    for network in options.networks:
        for optimizer in options.optimizers:
            turns = []
            for turn in range(options.turns):
                for name in list(systems)[:: 1 if turn % 2 == 0 else -1]:
                    measure, program = systems[name]
                    with PROFILES[options.network_profile](proxy) as links:
                        turns.append({"system": name, **measure(program, network, optimizer, links, options, BATCH)})
            row = table.row(network, optimizer, options.network_profile, turns)
            table.print_row(row)
            report["rows"].append(row)
            if options.json:
                options.json.write_text(json.dumps(report, indent=2) + "\n")
    table.print_foot(options)


def some_of(known):
    """For `type`: names of `known`, separated by commas."""
    def parse_names(text):
        names = tuple(name.strip().lower() for name in text.split(","))
        for name in names:
            if name not in known:
                raise argparse.ArgumentTypeError(f"{name!r} is none of {', '.join(known)}")
        return names
    return parse_names


def at_least(least):
    """For `type`: a whole number."""
    def parse_count(text):
        if not text.isdecimal() or int(text) < least:
            raise argparse.ArgumentTypeError(f"expected a whole number, at least {least}")
        return int(text)
    return parse_count
