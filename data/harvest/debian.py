"""Makes data/facts/debian.tsv: which root stands in which release of Debian 12's ca-certificates, from the packages.

    python3 data/harvest/debian.py CACHE [OUT]

One release of Debian alone: another's newest package may be older in what it holds than this one's, and a root that it lacks
was then not removed. The package holds what Mozilla trusts for servers, less what Debian takes out itself (mozilla/blacklist.txt of its
source).
"""
import email.utils
import gzip
import re
import sys

from common import Debian, History, certificates, main

VERSIONS = ["20230311+deb12u1", "20250419~deb12u2"]


def harvest(cache):
    debian, found = Debian(cache), []
    for version in VERSIONS:
        package = debian.package("ca-certificates", version)
        if not package:
            continue
        log = gzip.open(next((package / "usr/share/doc/ca-certificates").glob("changelog*.gz")), "rt", encoding="utf-8").read()
        top, signed = re.search(r"\((\S+)\)", log)[1], re.search(r"^ -- .*>  (.*)$", log, re.MULTILINE)[1]
        if top != version:
            sys.exit(f"ca-certificates {version}: its changelog begins with {top}")
        roots = {}
        for file in sorted((package / "usr/share/ca-certificates/mozilla").glob("*.crt")):
            roots.update(certificates(file.read_bytes()))
        found.append((email.utils.parsedate_to_datetime(signed), version, roots))
    history = History()
    for day, version, roots in sorted(found, key=lambda release: release[0]):
        history.release(version, day.date().isoformat(), f"Debian ca-certificates {version}")
        print(f"{version}: {day.date()}, {len(roots)} roots", file=sys.stderr)
        for sha256, root in roots.items():
            history.holds(sha256, root.name, ["server"])
    first, last = history.releases[0], history.releases[-1]
    header = [("kind", "program"), ("id", "debian"), ("name", "Debian 12"), ("sort", "bundle"),
              ("source", f"Debian ca-certificates, {len(history.releases)} packages from {first[0]} to {last[0]}"),
              ("licence", "MPL-2.0, as the Mozilla data in it; see LICENSE-MPL-2.0")]
    return header, history.rows(["server"])


if __name__ == "__main__":
    main("debian", harvest, __doc__)
