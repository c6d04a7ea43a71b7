"""A turn of SPU: `spu_side/train.py`, in SPU's environment."""
import json
import os
import subprocess
import tempfile
from pathlib import Path

from .failure import Failure


def measure(python, network, optimizer, links, options, batch):
    """Seconds of each step, without the sharing of its batch; bytes and messages that each party sends in a step."""
    with tempfile.TemporaryDirectory() as folder:
        report, log = Path(folder) / "report.json", Path(folder) / "log"
        command = [python, Path(__file__).parent / "spu_side/train.py", "--network", network, "--optimizer", optimizer,
                   "--steps", str(options.steps), "--batch", str(batch), "--data", options.data.absolute(),
                   "--addresses", json.dumps(links), "--json", report, "--logs", folder]
        environment = {**os.environ, "OMP_THREAD_LIMIT": str(options.spu_threads), "JAX_PLATFORMS": "cpu",
                       "PYTHONDONTWRITEBYTECODE": "1"}
        with open(log, "w") as sink:
            done = subprocess.run(command, env=environment, stdout=sink, stderr=sink)
        if done.returncode:
            last = log.read_text().strip().splitlines()[-1:]
            raise Failure(f"SPU failed: {' '.join(last)}")
        return json.loads(report.read_text())
