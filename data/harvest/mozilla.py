"""Makes data/facts/mozilla.tsv: Mozilla's root programme, release by release of NSS, from packages of Debian.

    python3 data/harvest/mozilla.py CACHE [OUT]

Two carriers, read in two ways: certdata.txt of source packages, as text; and libnssckbi.so of libnss3, which is what
certdata.txt is compiled into, asked over PKCS#11 (C_FindObjects, C_GetAttributeValue) in a process of its own. Where a
release is to be had in both, they must agree. A release is named by the version of its list
(NSS_BUILTINS_LIBRARY_VERSION, which the module says of itself) and dated by the day of the package.

A root counts for a purpose while it is a trusted delegator for it (CKA_TRUST_SERVER_AUTH, CKA_TRUST_EMAIL_PROTECTION)
and is marked as one of Mozilla's (CKA_NSS_MOZILLA_CA_POLICY). `server=DAY` is CKA_NSS_SERVER_DISTRUST_AFTER, which
stands on the certificate or on its trust: what a root issues after it is not trusted. It is kept where trust was taken
away afterwards.
"""
import ctypes
import datetime
import json
import re
import subprocess
import sys

from common import Certificate, Debian, History, main

# The packages, oldest list first: source package with its upstream version, or the library.
CARRIERS = [
    ("ca-certificates", "20230311+deb12u1", "20230311+deb12u1"),
    ("nss", "2:3.87.1-1+deb12u4", "3.87.1"),
    ("nss", "2:3.110-1+deb13u5", "3.110"),
    ("libnss3", "2:3.87.1-1+deb12u4", None),
    # Not libnss3 2:3.110-1+deb13u5: Debian took roots from its list and left the version of the list as it was.
    ("libnss3", "2:3.132-1", None),
]
PURPOSES = {"CKA_TRUST_SERVER_AUTH": "server", "CKA_TRUST_EMAIL_PROTECTION": "email"}
DELEGATOR = "CKT_NSS_TRUSTED_DELEGATOR"


def day(octets):
    """A day from `YYMMDDHHMMSSZ`; nothing for the octet 0 that stands for none."""
    text = octets.decode("ascii", "replace")
    found = re.match(r"(\d\d)(\d\d)(\d\d)\d{6}Z$", text)
    return f"20{found[1]}-{found[2]}-{found[3]}" if found else None


# certdata.txt

def objects(text):
    """The objects of certdata.txt, each a dictionary of its attributes."""
    lines = iter(text.split("BEGINDATA", 1)[1].splitlines())
    found = []
    for line in lines:
        if not line.strip() or line.startswith("#"):
            continue
        name, kind, *rest = line.split(None, 2)
        if name == "CKA_CLASS":
            found.append({})
        if kind == "MULTILINE_OCTAL":
            octets = bytearray()
            for more in lines:
                if more.strip() == "END":
                    break
                octets += bytes(int(octet, 8) for octet in more.strip().split("\\")[1:])
            found[-1][name] = bytes(octets)
        else:
            found[-1][name] = rest[0] if rest else ""
    return found


def certdata(text):
    """What a list says of each certificate: (der, is Mozilla's, purposes, days)."""
    all_objects = objects(text)
    trusts = {}
    for each in all_objects:
        if each["CKA_CLASS"] == "CKO_NSS_TRUST":
            trusts.setdefault((each["CKA_ISSUER"], each["CKA_SERIAL_NUMBER"]), each)
    for each in all_objects:
        if each["CKA_CLASS"] != "CKO_CERTIFICATE":
            continue
        trust = trusts.get((each["CKA_ISSUER"], each["CKA_SERIAL_NUMBER"]), {})
        purposes = [purpose for key, purpose in PURPOSES.items() if trust.get(key) == DELEGATOR]
        after = {}
        for key, purpose in [("CKA_NSS_SERVER_DISTRUST_AFTER", "server"), ("CKA_NSS_EMAIL_DISTRUST_AFTER", "email")]:
            said = [day(where[key]) for where in (each, trust) if isinstance(where.get(key), bytes)]
            after.update({purpose: min(filter(None, said))} if any(said) else {})
        yield each["CKA_VALUE"], each.get("CKA_NSS_MOZILLA_CA_POLICY") == "CK_TRUE", purposes, after


# libnssckbi.so

NSS = 0xCE534350
NUMBERS = {"class": 0x0, "value": 0x11, "issuer": 0x81, "serial": 0x82, "policy": NSS + 34,
           "server_after": NSS + 35, "email_after": NSS + 36, "server": NSS + 0x2000 + 8, "email": NSS + 0x2000 + 11}


class Attribute(ctypes.Structure):
    _fields_ = [("kind", ctypes.c_ulong), ("value", ctypes.c_void_p), ("length", ctypes.c_ulong)]


def module(path):
    """The version of a module's list and what it says of each certificate, asked as a client of PKCS#11 asks it."""
    library = ctypes.CDLL(path)
    functions = ctypes.POINTER(ctypes.c_void_p)()
    library.C_GetFunctionList(ctypes.byref(functions))
    # CK_FUNCTION_LIST: two octets of version, padded, then the functions in the order of the standard (PKCS#11 2.20, 9.5).
    def call(number, *arguments):
        said = ctypes.CFUNCTYPE(ctypes.c_ulong, *[type(a) for a in arguments])(functions[1 + number])(*arguments)
        if said:
            raise OSError(f"PKCS#11 function {number}: {said:#x}")
    ulong, pointer = ctypes.c_ulong, ctypes.c_void_p
    call(0, pointer(None))  # C_Initialize
    slots, count = (ulong * 4)(), ulong(4)
    call(4, ctypes.c_ubyte(1), pointer(ctypes.addressof(slots)), pointer(ctypes.addressof(count)))  # C_GetSlotList
    # CK_INFO: two octets of version, a manufacturer of 32, flags at 40, a description of 32, the version of the library.
    information = (ctypes.c_ubyte * 128)()
    call(2, pointer(ctypes.addressof(information)))  # C_GetInfo
    version = f"{information[80]}.{information[81]}"
    session = ulong()
    call(12, ulong(slots[0]), ulong(4), pointer(None), pointer(None), pointer(ctypes.addressof(session)))  # C_OpenSession

    def find(kind):
        wanted = ulong(kind)
        template = Attribute(0, ctypes.addressof(wanted), ctypes.sizeof(wanted))
        call(26, session, pointer(ctypes.addressof(template)), ulong(1))  # C_FindObjectsInit
        handles, got = (ulong * 4096)(), ulong()
        call(27, session, pointer(ctypes.addressof(handles)), ulong(4096), pointer(ctypes.addressof(got)))
        call(28, session)
        return handles[:got.value]

    def get(handle, name):
        attribute = Attribute(NUMBERS[name], None, 0)
        try:
            call(24, session, ulong(handle), pointer(ctypes.addressof(attribute)), ulong(1))  # C_GetAttributeValue
            if attribute.length in (0, ctypes.c_ulong(-1).value):
                return b""
            buffer = (ctypes.c_ubyte * attribute.length)()
            attribute.value = ctypes.addressof(buffer)
            call(24, session, ulong(handle), pointer(ctypes.addressof(attribute)), ulong(1))
            return bytes(buffer)
        except OSError:
            return b""

    delegator = (0xCE534350 + 2).to_bytes(ctypes.sizeof(ulong), "little")  # CKT_NSS_TRUSTED_DELEGATOR
    trusts = {}
    for handle in find(NSS + 3):  # CKO_NSS_TRUST
        trusts.setdefault((get(handle, "issuer"), get(handle, "serial")), handle)
    rows = []
    for handle in find(1):  # CKO_CERTIFICATE
        value = get(handle, "value")
        trust = trusts.get((get(handle, "issuer"), get(handle, "serial")))
        purposes = [purpose for purpose in ("server", "email") if trust and get(trust, purpose) == delegator]
        after = {}
        for purpose in ("server", "email"):
            said = [day(get(where, f"{purpose}_after")) for where in (handle, trust) if where]
            after.update({purpose: min(filter(None, said))} if any(said) else {})
        rows.append([value.hex(), get(handle, "policy") == b"\x01", purposes, after])
    return {"version": version, "rows": rows}


def asked(path):
    """`module` in a process of its own: two releases of one library in one process are one library."""
    ran = subprocess.run([sys.executable, __file__, "--module", str(path)], stdout=subprocess.PIPE, check=True, text=True)
    said = json.loads(ran.stdout)
    return said["version"], [(bytes.fromhex(der), *rest) for der, *rest in said["rows"]]


def harvest(cache):
    debian = Debian(cache)
    lists = {}  # version -> (day, carriers, what it says)
    for name, version, upstream in CARRIERS:
        if upstream:
            found = debian.source(name, version, upstream if name == "ca-certificates" else f"{upstream}.orig",
                                  "certdata.txt", "nssckbi.h")
            if not found:
                continue
            header = (found / "nssckbi.h").read_text()
            # Read from the definition alone: the comment above it tells its history.
            listed = re.search(r'NSS_BUILTINS_LIBRARY_VERSION "([\d.]+)"', header)[1]
            rows = list(certdata((found / "certdata.txt").read_text("utf-8")))
            made = max(file.stat().st_mtime for file in found.iterdir())
        else:
            found = debian.package(name, version)
            if not found:
                continue
            library = next(found.glob("usr/lib/*/libnssckbi.so"), None) or next(found.glob("usr/lib/*/nss/libnssckbi.so"))
            listed, rows = asked(library)
            made = library.stat().st_mtime
        made = datetime.date.fromtimestamp(made).isoformat()
        said = {Certificate(der).sha256: (Certificate(der).name, bool(policy), purposes, after) for der, policy, purposes, after in rows}
        print(f"{name} {version}: list {listed}, {made}, {len(said)} certificates, "
              f"{sum('server' in row[2] for row in said.values())} for servers", file=sys.stderr)
        if listed in lists:
            if lists[listed][2] != said:
                sys.exit(f"list {listed}: {name} {version} says otherwise than {lists[listed][1]}")
            lists[listed] = (min(made, lists[listed][0]), f"{lists[listed][1]}, {name} {version}", said)
        else:
            lists[listed] = (made, f"{name} {version}", said)
    history = History()
    kept = {}
    for listed in sorted(lists, key=lambda text: [int(part) for part in text.split(".")]):
        made, carriers, said = lists[listed]
        history.release(listed, made, f"Debian {carriers}")
        for sha256, (name, policy, purposes, after) in said.items():
            kept.setdefault(sha256, {}).update(after)
            history.holds(sha256, name, purposes if policy else [], dict(kept[sha256]))
    for sha256 in list(history.held):
        if not history.held[sha256]:
            del history.held[sha256]
    first, last = history.releases[0], history.releases[-1]
    header = [("kind", "program"), ("id", "mozilla"), ("name", "Mozilla"), ("sort", "program"),
              ("source", f"lists {first[0]} to {last[0]} of NSS (certdata.txt, libnssckbi.so), Debian packages"),
              ("licence", "MPL-2.0; see LICENSE-MPL-2.0")]
    return header, history.rows(["server", "email"])


if __name__ == "__main__":
    if sys.argv[1:2] == ["--module"]:
        json.dump(module(sys.argv[2]), sys.stdout)
    else:
        main("mozilla", harvest, __doc__)
