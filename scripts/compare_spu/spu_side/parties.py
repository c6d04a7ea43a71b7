"""Three processes of SPU, seen from the process that drives them."""
import re
import subprocess
import sys
from pathlib import Path

import messages


class Parties:
    """Starts the three parties; leaving the context ends them. `addresses[i]` is party i's view of all three."""

    def __init__(self, addresses, logs):
        program = Path(__file__).with_name("party.py")
        self.logs = [Path(logs) / f"party{rank}.log" for rank in range(3)]
        self.processes = [
            subprocess.Popen([sys.executable, program, str(rank), self.logs[rank]], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
            for rank in range(3)
        ]
        for party, own in zip(self.processes, addresses):
            messages.write(party.stdin, own)
        self.answers()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for party in self.processes:
            party.kill()
            party.wait()

    def load(self, executable):
        """Gives all parties the program that they will run."""
        self.ask(*[("load", executable.SerializeToString())] * 3)

    def set(self, name, shares):
        """Gives each party its share of a variable."""
        self.ask(*[("set", name, share) for share in shares])

    def run(self):
        """Runs the program: seconds from the first party's start to the last one's end."""
        times = self.ask(*[("run",)] * 3)
        return max(end for _, end in times) - min(start for start, _ in times)

    def count(self):
        """Runs the program with SPU's own counters: bytes and messages that each party sends."""
        offsets = [log.stat().st_size for log in self.logs]
        self.ask(*[("count",)] * 3)
        pattern = r"Link details: total send bytes (\d+), recv bytes \d+, send actions (\d+)"
        found = []
        for log, offset in zip(self.logs, offsets):
            text = log.read_bytes()[offset:].decode(errors="replace")
            found.append([int(number) for number in re.findall(pattern, text)[-1]])
        return [sent for sent, _ in found], [actions for _, actions in found]

    def peak_memory(self):
        """Bytes, of all parties together."""
        return sum(self.ask(*[("peak_memory",)] * 3))

    def ask(self, *requests):
        for party, request in zip(self.processes, requests):
            messages.write(party.stdin, request)
        return self.answers()

    def answers(self):
        answers = []
        for rank, party in enumerate(self.processes):
            try:
                answer = messages.read(party.stdout)
            except EOFError:
                last = self.logs[rank].read_text(errors="replace").strip().splitlines()[-1:] if self.logs[rank].exists() else []
                raise RuntimeError(f"party {rank} of SPU ended: {' '.join(last)}") from None
            if isinstance(answer, Exception):
                raise answer
            answers.append(answer)
        return answers
