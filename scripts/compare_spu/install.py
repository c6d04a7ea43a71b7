"""SPU in a virtual environment of its own."""
import shutil
import subprocess
import sys

from .failure import Failure

VERSION = "0.9.5"
PACKAGES = (f"spu=={VERSION}", "jax==0.4.34")
PYTHONS = ("python3.11", "python3.10", "python3")


def environment(folder, python):
    """The Python of the environment in `folder`, which is made if SPU is not in it yet."""
    own = folder.absolute() / "bin/python"
    if own.exists() and installed(own):
        return own
    base = suitable(python)
    print(f"installing {' and '.join(PACKAGES)} into {folder}", file=sys.stderr, flush=True)
    subprocess.run([base, "-m", "venv", folder], check=True)
    subprocess.run([own, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *PACKAGES], check=True)
    return own


def installed(python):
    """Whether this version of SPU is there."""
    code = "from importlib.metadata import version; print(version('spu'))"
    done = subprocess.run([python, "-c", code], capture_output=True, text=True)
    return done.stdout.strip() == VERSION


def suitable(python):
    """A Python that SPU has wheels for."""
    candidates = [python] if python else [name for name in PYTHONS if shutil.which(name)]
    for name in candidates:
        done = subprocess.run([name, "-c", "import sys; print(sys.version_info[:2])"], capture_output=True, text=True)
        if done.stdout.strip() in ("(3, 10)", "(3, 11)"):
            return name
    raise Failure(f"SPU {VERSION} needs Python 3.10 or 3.11; found none, say where one is: --python PROGRAM")
