"""What is printed: seconds, ratios, and which of the project's bounds they meet."""
from statistics import median

# At most this share of SPU's seconds per batch.
BOUNDS = {"a": 1 / 4, "b": 1 / 6, "c": 1 / 6, "d": 1 / 4}
WAN_BOUND = 1 / 2


def row(network, optimizer, profile, turns):
    """One cell of the benchmark from the turns of both systems."""
    def of(system, key):
        return [turn[key] for turn in turns if turn["system"] == system and turn.get(key) is not None]

    seconds = {system: median(sum(of(system, "seconds"), [])) for system in ("spu", "here")}
    ratio = seconds["here"] / seconds["spu"]
    bound = WAN_BOUND if profile == "wan" else BOUNDS[network]
    return {
        "network": network,
        "optimizer": optimizer,
        "seconds_per_batch": seconds,
        "ratio": ratio,
        "bound": bound,
        "met": ratio <= bound,
        "mb_per_party": {system: max(of(system, "bytes")[0]) / 1e6 for system in ("spu", "here")},
        "rounds": of("here", "rounds")[0],
        "spu_messages_per_party": max(of("spu", "messages")[0]),
        "peak_memory_mb": {system: max(of(system, "peak_memory_mb")) for system in ("spu", "here")},
        "turns": turns,
    }


def print_head(options):
    kind = {"loopback": "loopback sockets", "wan": "a wide-area network: 20 ms one way, 300 Mbit/s from each party"}
    print(f"Seconds per batch of 128 images (medians of {options.turns} turns of {options.steps} steps), three processes on "
          f"{kind[options.network_profile]}.", flush=True)
    print("                  s/batch                              MB/party         rounds")
    print("net optimizer     SPU     here   ratio   bound          SPU     here     SPU*    here", flush=True)


def print_row(row):
    seconds, traffic = row["seconds_per_batch"], row["mb_per_party"]
    met = "met" if row["met"] else "missed"
    print(f"{row['network'].upper():<3} {row['optimizer']:<8} {seconds['spu']:>8.3f} {seconds['here']:>8.3f} {row['ratio']:>7.3f}   "
          f"1/{round(1 / row['bound'])} {met:<6} {traffic['spu']:>8.1f} {traffic['here']:>8.1f} "
          f"{row['spu_messages_per_party']:>8} {row['rounds']:>7}", flush=True)


def print_foot(options):
    print(f"SPU: {options.spu_threads} OpenMP thread(s) a party, sharing of batches excluded; here: included.")
    print("* Messages that one party of SPU sends in a step; it does not count rounds.")
