"""Makes data/facts/certifi.tsv: which root stands in which release of certifi, from the wheels on PyPI.

    python3 data/harvest/certifi.py CACHE [OUT]

A wheel's day is that of the newest file in it, which is when it was made. Releases are in the order of
their versions, which are dates. Those that PyPI has no wheel of are left out, and said.
"""
import sys

from common import History, certificates, main, member, versions, wheel


def harvest(cache):
    history, missing = History(), []
    for version in versions("certifi"):
        found = wheel(cache, "certifi", version)
        pem, day = member(found, "/cacert.pem") if found else (None, None)
        if not pem:
            missing.append(version)
            continue
        history.release(version, day, f"certifi {version}")
        for sha256, root in certificates(pem).items():
            history.holds(sha256, root.name, ["server"])
    print(f"no wheel: {', '.join(missing)}", file=sys.stderr)
    releases = history.releases
    header = [("kind", "program"), ("id", "certifi"), ("name", "certifi"), ("sort", "bundle"),
              ("source", f"PyPI certifi, {len(releases)} wheels from {releases[0][0]} to {releases[-1][0]}"),
              ("licence", "MPL-2.0, as certifi and the Mozilla data in it; see LICENSE-MPL-2.0")]
    return header, history.rows(["server"])


if __name__ == "__main__":
    main("certifi", harvest, __doc__)
