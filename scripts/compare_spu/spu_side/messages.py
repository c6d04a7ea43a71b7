"""Python objects over the pipes between a party and its driver."""
import pickle
import struct

LENGTH = struct.Struct("<Q")


def read(pipe):
    """The next object; `EOFError` if the other side has ended."""
    head = pipe.read(LENGTH.size)
    if len(head) < LENGTH.size:
        raise EOFError
    return pickle.loads(pipe.read(LENGTH.unpack(head)[0]))


def write(pipe, value):
    data = pickle.dumps(value)
    pipe.write(LENGTH.pack(len(data)) + data)
    pipe.flush()
