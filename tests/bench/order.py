"""Makes data/order.ld: the functions that every command and every list of certificates runs, for the linker to put
beside one another.

    python3 tests/bench/order.py DIRECTORY [OUT]

DIRECTORY keeps the program with its symbols, and the stores made for this, between runs; OUT is the file to write, else
data/order.ld. valgrind says which functions run. The linker is given sections, in each of which the compiler puts one
function; they are named by their symbols without what changes with every compiler: the hash at the end of one, and the
crates in those of the standard library. Where what is left of a name fits functions that do not run as well (one of a
generic type has as many as there are types), and those are large, the name is left out.
"""
import datetime
import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# What is put beside what runs, by a name that fits both: octets for each function that runs. Nobody is helped by a
# function that takes the place of others.
SLACK = 8 * 1024
# Formats of the stores whose certificates are listed, as `castore export` calls them.
FORMATS = ["pem", "jks", "pkcs12"]


def build(directory):
    """The program as it is released, with its symbols."""
    environment = dict(os.environ, CARGO_PROFILE_RELEASE_STRIP="none", CARGO_TARGET_DIR=str(directory))
    subprocess.run(["cargo", "build", "--locked", "--release", "--bin", "castore"], cwd=ROOT, env=environment, check=True)
    return directory / "release/castore"


def stores(program, directory):
    """The system's store in each format."""
    for name in FORMATS:
        store = directory / f"order.{name}"
        if not store.exists():
            export = [program, "export", "--format", name, "--out", store, "--include-expired"]
            subprocess.run(export, check=True, stderr=subprocess.DEVNULL)
        yield store


def functions(program):
    """Each function by its symbol, and how many octets it has."""
    text = subprocess.run(["nm", "-S", program], check=True, capture_output=True, text=True).stdout
    lines = (line.split() for line in text.splitlines())
    return {line[3]: int(line[1], 16) for line in lines if len(line) == 4 and line[2] in "tTwW"}


def running(program, arguments, directory):
    """The symbols of what runs."""
    profile = directory / "order.callgrind"
    callgrind = ["valgrind", "--tool=callgrind", "--demangle=no", f"--callgrind-out-file={profile}"]
    subprocess.run([*callgrind, program, *arguments], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    named = re.compile(r"c?fn=\(\d+\) (\S+)", re.MULTILINE)
    return {re.sub(r"'\d+$", "", name) for name in named.findall(profile.read_text())}  # '2 is what calls itself


def pattern(symbol):
    """The symbol without what changes with every compiler or release of a library."""
    legacy = re.fullmatch(r"(_ZN.*17h)[0-9a-f]{16}E(\.llvm\.\d+)?", symbol)
    if legacy:
        return legacy[1] + "*"
    if symbol.startswith("_R"):
        return re.sub(r"Cs[0-9A-Za-z]+_", "Cs*_", symbol)
    return re.sub(r"^aws_lc_\d+_\d+_\d+_", "aws_lc_*_", symbol)


def chosen(sizes, ran):
    """The patterns to write, and how many octets they fit."""
    total, found = 0, []
    for name in sorted({pattern(symbol) for symbol in ran}):
        fits = re.compile(".*".join(map(re.escape, name.split("*")))).fullmatch
        fitting = [symbol for symbol in sizes if fits(symbol)]
        beside = sum(sizes[symbol] for symbol in fitting if symbol not in ran)
        if beside <= SLACK * sum(symbol in ran for symbol in fitting):
            total += sum(sizes[symbol] for symbol in fitting)
            found.append(name)
    return found, total


def main():
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    directory = Path(sys.argv[1]).resolve()
    out = Path(sys.argv[2]) if len(sys.argv) > 2 else ROOT / "data/order.ld"
    program = build(directory)
    sizes, ran = functions(program), set()
    for arguments in [["--version"], *(["list", "--certs", store] for store in stores(program, directory))]:
        ran |= running(program, arguments, directory) & sizes.keys()
    names, total = chosen(sizes, ran)
    compiler = subprocess.run(["rustc", "--version"], check=True, capture_output=True, text=True).stdout.split()[1]
    day = datetime.date.today().isoformat()
    lines = "".join(f"      .text.{name}\n" for name in names)
    out.write_text(f"""\
/* Functions that every command and every list of certificates runs, to be put beside one another: see src/build.rs.
   Made by tests/bench/order.py on {day} with Rust {compiler}: {len(names)} names of {len(ran)} functions that run, {total >> 10} KiB. */
SECTIONS
{{
  .text.first : {{
    *(
{lines}    )
  }}
}}
INSERT BEFORE .text;
""")
    print(f"{len(names)} names of {len(ran)} functions, {total >> 10} KiB: {out}")


if __name__ == "__main__":
    main()
