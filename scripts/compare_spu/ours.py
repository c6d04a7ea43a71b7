"""A turn of this system: three processes of the example `mnist_cnn`."""
import json
import subprocess
import tempfile
from pathlib import Path

from .failure import Failure

# The step that reveals its loss and the first that does not: both compile.
WARM_UP = 2


def build(root):
    """Builds the example and gives its program."""
    command = ["cargo", "build", "--release", "--locked", "--example", "mnist_cnn", "--message-format", "json-render-diagnostics"]
    done = subprocess.run(command, cwd=root, check=True, stdout=subprocess.PIPE, text=True)
    messages = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    programs = [m["executable"] for m in messages if m.get("executable") and m["target"]["name"] == "mnist_cnn"]
    if not programs:
        raise Failure("cargo named no program of the example mnist_cnn")
    return programs[0]


def measure(program, network, optimizer, links, options, batch):
    """Seconds of each step, with the sharing of its batch; rounds and bytes of a step that reveals its loss."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        logs = [Path(folder) / f"party{party}.log" for party in range(3)]
        command = [program, "--network", network, "--optimizer", optimizer, "--steps", str(options.steps + WARM_UP),
                   "--batch", str(batch), "--loss-every", "1000000", "--data", options.data.absolute(), "--end-with-stdin"]
        parties = []
        try:
            for party, peers in enumerate(links):
                place = ["--party", str(party), "--peers", ",".join(peers)]
                place += ["--json", report] if party == 0 else []
                with open(logs[party], "w") as log:
                    # Standard input stays open as long as this process lives: they end with it.
                    parties.append(subprocess.Popen([*command, *place], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
                                                    stderr=log))
            codes = [party.wait() for party in parties]
        finally:
            for party in parties:
                party.kill()
                party.wait()
        if any(codes):
            said = [f"party {party}: {line}" for party in range(3) for line in logs[party].read_text().splitlines()[-1:]]
            raise Failure("this system failed: " + "; ".join(said))
        measured = json.loads(report.read_text())
    return {"seconds": measured["step_seconds"][WARM_UP:], "bytes": measured["bytes_per_step"],
            "rounds": measured["rounds_per_step"], "peak_memory_mb": measured["peak_memory_bytes"] / 1e6}
