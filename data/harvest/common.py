"""What the harvest scripts share: packages from registries, certificates taken apart, tables written.

Every script of this directory makes one file of data/facts, of what packages carry:

    python3 data/harvest/NAME.py CACHE [OUT]

CACHE keeps what was fetched between runs; OUT is the file to write, else data/facts/NAME.tsv. Packages come
from their registries by the ordinary clients (pip, apt-get, cargo). Nothing is taken from castore itself, so
that its readers can be held against these files. Runs on Python 3.8 and later, the standard library alone.
"""
import base64
import datetime
import hashlib
import re
import subprocess
import sys
import zipfile
from pathlib import Path

FACTS = Path(__file__).resolve().parent.parent / "facts"
BLOCK = re.compile(r"-----BEGIN (?:X509 |TRUSTED )?CERTIFICATE-----([A-Za-z0-9+/=\s]+)-----END")


def run(*command, **options):
    """Standard output of a command that must end well."""
    options = {"stdout": subprocess.PIPE, "check": True, **options}
    return subprocess.run([str(word) for word in command], **options).stdout


def main(name, harvest, description):
    """Runs `harvest(cache)`, which gives a header and rows, and writes the table."""
    if len(sys.argv) < 2:
        sys.exit(description)
    out = Path(sys.argv[2]) if len(sys.argv) > 2 else FACTS / f"{name}.tsv"
    cache = Path(sys.argv[1])
    cache.mkdir(parents=True, exist_ok=True)
    header, rows = harvest(cache.resolve())
    header = [("castore-facts", "1"), *header, ("date", datetime.date.today().isoformat()),
              ("script", f"data/harvest/{name}.py")]
    lines = [f"# {key}: {value}" for key, value in header]
    lines += ["\t".join(clean(field) for field in row) for row in rows]
    out.write_text("\n".join(lines) + "\n", "utf-8")
    print(f"{out}: {len(rows)} rows, {out.stat().st_size} octets", file=sys.stderr)


def clean(field):
    """A field of a row: no tab, no line break, never empty."""
    text = re.sub(r"[\x00-\x20\x7f-\x9f\u2028\u2029]+", " ", str(field)).strip()
    return text or "-"


# Packages of PyPI

def versions(package):
    """Every release that can be installed or built, oldest first."""
    text = run(sys.executable, "-m", "pip", "--disable-pip-version-check", "index", "versions", package, text=True)
    found = re.search(r"^Available versions: (.*)$", text, re.MULTILINE)
    return [version.strip() for version in found.group(1).split(",")][::-1]


def wheel(cache, package, version):
    """The wheel of a release, fetched once; nothing where there is none. Nothing of it is run."""
    kept = cache / package / version
    found = next(kept.glob("*.whl"), None)
    if found or (kept / "none").exists():
        return found
    kept.mkdir(parents=True, exist_ok=True)
    asked = subprocess.run([sys.executable, "-m", "pip", "--disable-pip-version-check", "download", "--quiet", "--no-deps",
                            "--only-binary", ":all:", "--ignore-requires-python", "--dest", str(kept), f"{package}=={version}"],
                           stderr=subprocess.PIPE, text=True)
    if asked.returncode:
        if "No matching distribution" not in asked.stderr:
            sys.exit(f"{package} {version}: {asked.stderr.strip().splitlines()[-1]}")
        (kept / "none").touch()
    return next(kept.glob("*.whl"), None)


def member(archive, ending):
    """The file of a wheel whose name ends so, and the day on which the wheel was made; nothing where none does."""
    with zipfile.ZipFile(archive) as opened:
        made = max(entry.date_time[:3] for entry in opened.infolist())
        name = next((name for name in opened.namelist() if name.endswith(ending)), None)
        return (opened.read(name) if name else None), datetime.date(*made).isoformat()


# Packages of Debian

SUITES = """deb {0} bookworm main
deb {1} bookworm-security main
deb {0} trixie main
deb {1} trixie-security main
deb {0} sid main
deb-src {0} bookworm main
deb-src {1} bookworm-security main
deb-src {0} trixie main
deb-src {0} sid main
"""


class Debian:
    """Packages of several suites of Debian, from the mirrors that this machine's apt is set to, in lists of its own."""

    def __init__(self, cache):
        self.at = cache / "debian"
        for directory in ["lists/partial", "archives/partial", "packages"]:
            (self.at / directory).mkdir(parents=True, exist_ok=True)
        text = run("apt-get", "indextargets", "--format", "$(SITE)", "Created-By: Packages", text=True).split()
        main = next(site for site in text if not site.endswith("-security"))
        security = next((site for site in text if site.endswith("-security")), main + "-security")
        (self.at / "sources.list").write_text(SUITES.format(main, security))
        self.options = [f"-oDir::Etc::sourcelist={self.at}/sources.list", "-oDir::Etc::sourceparts=/dev/null",
                        f"-oDir::State::lists={self.at}/lists", f"-oDir::Cache={self.at}", "-oAPT::Sandbox::User=root"]
        run("apt-get", *self.options, "-qq", "update")

    def package(self, name, version):
        """The files of a package, unpacked, never installed; nothing where it is not to be had."""
        to = self.at / "packages" / f"{name}_{version.replace(':', '.')}"
        if not to.exists():
            scratch = self.at / "scratch"
            scratch.mkdir(exist_ok=True)
            if not self.got("download", f"{name}={version}", scratch):
                return None
            archive = next(scratch.glob("*.deb"))
            run("dpkg-deb", "-x", archive, to)
            archive.unlink()
        return to

    def source(self, name, version, upstream, *members):
        """Files of the upstream archive of a source package; nothing where it is not to be had."""
        to = self.at / "packages" / f"{name}_{version.replace(':', '.')}_source"
        if not to.exists():
            scratch = self.at / "scratch"
            scratch.mkdir(exist_ok=True)
            # A patch that is not to be had is not needed.
            self.got("source", f"{name}={version}", scratch, "--download-only", "-qq")
            archive = next(scratch.glob(f"{name}_{upstream}.*tar.*"), None)
            if archive:
                to.mkdir()
                patterns = [f"*/{member}" for member in members]
                run("tar", "-xf", archive, "-C", to, "--wildcards", "--transform", "s,.*/,,", *patterns)
            for left in scratch.iterdir():
                left.unlink()
        return to if to.exists() else None

    def got(self, command, what, at, *more):
        asked = subprocess.run(["apt-get", *self.options, command, *more, what], cwd=at, stdout=subprocess.DEVNULL,
                               stderr=subprocess.PIPE, text=True)
        if asked.returncode:
            print(f"{what}: {(asked.stderr.strip().splitlines() or ['not to be had'])[-1]}", file=sys.stderr)
        return asked.returncode == 0


# Certificates

class Der:
    """One element of DER: its tag, its content, and itself whole."""

    def __init__(self, octets, at=0):
        self.tag, length, self.start = octets[at], octets[at + 1], at + 2
        if length > 0x80:
            count = length - 0x80
            length, self.start = int.from_bytes(octets[self.start:self.start + count], "big"), self.start + count
        self.end = self.start + length
        if self.end > len(octets):
            raise ValueError("DER ends early")
        self.content, self.whole = octets[self.start:self.end], octets[at:self.end]

    def inside(self):
        """What it is made of."""
        found, at = [], 0
        while at < len(self.content):
            found.append(Der(self.content, at))
            at = found[-1].end
        return found

    def text(self):
        return self.content.decode("utf-16-be" if self.tag == 0x1E else "utf-8", "replace")


NAMES = [bytes.fromhex("550403"), bytes.fromhex("55040b"), bytes.fromhex("55040a")]  # CN, OU, O


class Certificate:
    """What the tables hold of a certificate."""

    def __init__(self, octets):
        self.der = Der(octets).whole
        self.sha256 = hashlib.sha256(self.der).hexdigest()
        self.sha1 = hashlib.sha1(self.der).hexdigest()
        fields = Der(self.der).inside()[0].inside()
        fields = fields[1:] if fields[0].tag == 0xA0 else fields
        serial, _, issuer, _, subject, key = fields[:6]
        self.issuer, self.serial, self.subject = issuer.whole, serial.whole, subject.whole
        self.spki_sha256 = hashlib.sha256(key.whole).hexdigest()
        attributes = [pair.inside() for relative in subject.inside() for pair in relative.inside()]
        known = {pair[0].content: pair[1].text() for pair in attributes}
        self.name = next((known[oid] for oid in NAMES if oid in known), "no name")
        organisation = known.get(NAMES[2])
        if organisation and organisation.split()[0].lower() not in self.name.lower():
            self.name = f"{self.name} ({organisation})"


def certificates(pem):
    """The certificates of PEM text, each once."""
    text = pem.decode("utf-8", "replace") if isinstance(pem, bytes) else pem
    found = {}
    for block in BLOCK.findall(text):
        certificate = Certificate(base64.b64decode(block))
        found.setdefault(certificate.sha256, certificate)
    return found


# A programme through its releases

class History:
    """Which certificates a programme held for which purpose, release by release, oldest first."""

    def __init__(self):
        self.releases = []  # (version, date, carrier)
        self.held = {}  # sha256 -> purpose -> numbers of releases
        self.names, self.after = {}, {}  # after: sha256 -> purpose -> the day after which what it issues is not trusted

    def release(self, version, date, carrier):
        if any(version == known for known, _, _ in self.releases):
            raise ValueError(f"release {version} twice")
        self.releases.append((version, date, carrier))

    def holds(self, sha256, name, purposes, after=None):
        """The newest release holds this certificate for these purposes."""
        self.names[sha256], self.after[sha256] = name, after or {}
        for purpose in purposes:
            self.held.setdefault(sha256, {}).setdefault(purpose, []).append(len(self.releases) - 1)

    def spans(self, numbers):
        """`FIRST..LAST`, or `FIRST..` where the newest release holds it, joined by commas."""
        runs = []
        for number in numbers:
            if runs and runs[-1][1] == number - 1:
                runs[-1][1] = number
            else:
                runs.append([number, number])
        version = lambda number: self.releases[number][0]
        last = len(self.releases) - 1
        return ",".join(f"{version(a)}..{'' if b == last else version(b)}" for a, b in runs)

    def rows(self, purposes):
        """The rows of a table: releases, then roots by name."""
        rows = [("release", *release) for release in self.releases]
        for sha256 in sorted(self.held, key=lambda sha256: (self.names[sha256].lower(), sha256)):
            held = self.held[sha256]
            spans = " ".join(f"{purpose}={self.spans(held[purpose])}" for purpose in purposes if purpose in held)
            after = " ".join(f"{purpose}={day}" for purpose, day in sorted(self.after.get(sha256, {}).items()))
            rows.append(("root", sha256, spans, after or "-", self.names[sha256]))
        return rows
