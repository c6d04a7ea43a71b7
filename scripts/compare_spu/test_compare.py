"""What the comparison computes and what carries its bytes; neither SPU nor this system is needed."""
import argparse
import shutil
import socket
import tempfile
import threading
import unittest
from pathlib import Path

from . import links, main, table


def turn(system, seconds):
    extra = {"messages": [7, 9, 8]} if system == "spu" else {"rounds": 5}
    return {"system": system, "seconds": seconds, "bytes": [1_000_000, 3_000_000, 2_000_000], "peak_memory_mb": 10.0, **extra}


class Table(unittest.TestCase):
    def test_medians_are_over_all_turns(self):
        turns = [turn("spu", [4.0, 9.0]), turn("here", [1.0, 2.0]), turn("here", [0.5]), turn("spu", [1.0])]
        row = table.row("a", "sgd", "loopback", turns)
        self.assertEqual(row["seconds_per_batch"], {"spu": 4.0, "here": 1.0})
        self.assertEqual((row["ratio"], row["bound"], row["met"]), (0.25, 0.25, True))
        self.assertEqual(row["mb_per_party"], {"spu": 3.0, "here": 3.0})
        self.assertEqual((row["rounds"], row["spu_messages_per_party"]), (5, 9))

    def test_bounds_follow_network_and_profile(self):
        turns = [turn("spu", [1.0]), turn("here", [0.2])]
        met = {network: table.row(network, "adam", "loopback", turns)["met"] for network in "abcd"}
        self.assertEqual(met, {"a": True, "b": False, "c": False, "d": True})
        self.assertTrue(all(table.row(network, "adam", "wan", turns)["met"] for network in "abcd"))


class Options(unittest.TestCase):
    def test_unknown_names_and_counts_are_refused(self):
        self.assertEqual(main.some_of(main.NETWORKS)("A,d"), ("a", "d"))
        for parse, text in [(main.some_of(main.NETWORKS), "a,e"), (main.at_least(2), "1"), (main.at_least(1), "-3")]:
            with self.assertRaises(argparse.ArgumentTypeError):
                parse(text)


class Links(unittest.TestCase):
    def test_loopback_is_one_view_of_three_addresses(self):
        with links.loopback(None) as views:
            self.assertEqual(views[0], views[1])
            self.assertEqual(len(set(views[2])), 3)

    @unittest.skipUnless(shutil.which("rustc"), "the proxy is written in Rust")
    def test_the_proxy_carries_bytes_both_ways(self):
        with tempfile.TemporaryDirectory() as folder, links.wan(links.build_proxy(Path(folder))) as views:
            host, port = views[0][0].split(":")
            with socket.create_server((host, int(port))) as server:
                sent, answer = bytes(range(256)) * 1000, b"heard"

                def listen():
                    connection, _ = server.accept()
                    with connection, connection.makefile("rb") as stream:
                        received.append(stream.read(len(sent)))
                        connection.sendall(answer)

                received = []
                listener = threading.Thread(target=listen)
                listener.start()
                # Party 1 speaks to party 0 at the address that it sees, which is the proxy's.
                self.assertNotEqual(views[1][0], views[0][0])
                host, port = views[1][0].split(":")
                with socket.create_connection((host, int(port)), timeout=30) as caller, caller.makefile("rb") as stream:
                    caller.sendall(sent)
                    self.assertEqual(stream.read(), answer)
                listener.join()
                self.assertEqual(received, [sent])


if __name__ == "__main__":
    unittest.main()
