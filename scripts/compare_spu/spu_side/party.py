"""One party of SPU: `party.py RANK LOG`. Takes requests on standard input and answers on standard output; SPU's own lines go
to the log. Ends with its driver."""
import ctypes
import importlib
import os
import signal
import sys
import sysconfig
import time
import types

import messages

PR_SET_PDEATHSIG = 1


def main():
    rank = int(sys.argv[1])
    if sys.platform == "linux":
        # So that it ends with its driver even inside a run.
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    requests, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    log = os.open(sys.argv[2], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(log, 1)
    os.dup2(log, 2)
    libspu = lean_libspu()
    link = connect(libspu, rank, messages.read(requests))
    messages.write(answers, "ready")
    party = Party(libspu, link)
    while True:
        try:
            name, *arguments = messages.read(requests)
        except EOFError:
            os._exit(0)
        try:
            answer = getattr(party, name)(*arguments)
        except Exception as error:  # whatever it is, the driver is to know
            answer = RuntimeError(f"party {rank} of SPU: {error!r}"[:400])
        messages.write(answers, answer)


class Party:
    """What a driver may ask for, method by method."""

    def __init__(self, libspu, link):
        self.libspu, self.link = libspu, link
        self.runtime = self.new_runtime(link, profile=False)

    def load(self, executable):
        self.executable = self.libspu.Executable()
        self.executable.ParseFromString(executable)

    def set(self, name, share):
        self.runtime.SetVar(name, share)

    def run(self):
        start = time.perf_counter()
        self.runtime.Run(self.executable)
        return start, time.perf_counter()

    def count(self):
        runtime = self.new_runtime(self.link.spawn(), profile=True)
        for name in self.executable.input_names:
            runtime.SetVar(name, self.runtime.GetVar(name))
        runtime.Run(self.executable)
        time.sleep(0.3)  # its log is written by a thread of its own

    def peak_memory(self):
        # Not ru_maxrss, which keeps the driver's size across fork and exec.
        with open("/proc/self/status") as status:
            return next(1024 * int(line.split()[1]) for line in status if line.startswith("VmHWM:"))

    def new_runtime(self, link, profile):
        config = self.libspu.RuntimeConfig(self.libspu.ProtocolKind.ABY3, self.libspu.FieldType.FM64, 0)
        config.enable_pphlo_profile = profile
        return self.libspu.RuntimeWrapper(link, config)


def connect(libspu, rank, addresses):
    """Settings as in SPU's own example of distributed parties, but for a longer deadline."""
    description = libspu.link.Desc()
    description.recv_timeout_ms = 600 * 1000
    description.http_max_payload_size = 32 * 1024 * 1024
    description.connect_retry_times = 60
    for i, address in enumerate(addresses):
        description.add_party(f"party{i}", address)
    return libspu.link.create_brpc(description, rank)


def lean_libspu():
    """Loads `spu.libspu` without `spu/__init__.py`, which imports JAX: a party has no need of its memory."""
    package = types.ModuleType("spu")
    package.__path__ = [os.path.join(sysconfig.get_paths()["purelib"], "spu")]
    sys.modules["spu"] = package
    return importlib.import_module("spu.libspu")


main()
