"""What connects the parties: loopback sockets as they are, or through the proxy. Both systems get the same."""
import re
import socket
import subprocess
from contextlib import contextmanager
from pathlib import Path

ONE_WAY_MS = 20
MBIT_PER_S = 300


@contextmanager
def loopback(_proxy):
    """Gives each party's view of the three addresses; its own entry is where it listens."""
    addresses = [address(port) for port in free_ports(3)]
    yield [addresses] * 3


@contextmanager
def wan(proxy):
    """As `loopback`, and every connection goes through the proxy, which delays it and limits each party's uplink."""
    ports = free_ports(9)
    own = [address(port) for port in ports[:3]]
    pairs = [(source, target) for source in range(3) for target in range(3) if source != target]
    entrance = {pair: address(port) for pair, port in zip(pairs, ports[3:])}
    routes = [f"{entrance[source, target]}={own[target]}@{source}>{target}" for source, target in pairs]
    command = [proxy, str(ONE_WAY_MS), str(MBIT_PER_S), *routes]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            if process.stdout.readline().strip() != "ready":
                raise OSError("the proxy did not start")
            yield [[own[t] if t == s else entrance[s, t] for t in range(3)] for s in range(3)]
        finally:
            process.stdin.close()  # which ends it


PROFILES = {"loopback": loopback, "wan": wan}


def build_proxy(folder):
    """Compiles the proxy."""
    program = folder / "wanproxy"
    source = Path(__file__).with_name("wanproxy.rs")
    # In its folder, where the toolchain of this repository holds.
    subprocess.run(["rustc", "--edition", "2024", "-O", source, "-o", program.absolute()], check=True, cwd=source.parent)
    return program


def free_ports(count):
    """Ports of loopback that are free now, all different. They lie below those that the system hands out by itself, or a
    connection of one party could take the port that another is about to listen on."""
    first, last = 1024, ephemeral_floor()
    found, port = [], 20_000
    sockets = []
    try:
        while len(found) < count:
            port = port + 1 if port + 1 < last else first
            candidate = socket.socket()
            try:
                candidate.bind(("127.0.0.1", port))
            except OSError:
                candidate.close()
                continue
            sockets.append(candidate)
            found.append(port)
    finally:
        for each in sockets:
            each.close()
    return found


def ephemeral_floor():
    """The lowest port that the system hands out by itself."""
    try:
        return int(re.split(r"\s+", Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().strip())[0])
    except (OSError, ValueError):
        return 32_768


def address(port):
    return f"127.0.0.1:{port}"
