"""Odder chains at random, in the form of x509-limbo: SEED COUNT FILE [MOMENT].

Certificates are written octet by octet, so that they can be what no library makes: serial numbers that are
negative, extensions twice, version 1, names spelt in two ways, MD5. MOMENT is in seconds since 1970. Keys are
made from the seed, but for RSA. Each case also has the key of the server's certificate (`peer_key`), for tests
that serve it. Nothing says what is right.
"""

import base64, datetime as dt, hashlib, ipaddress, json, random, sys
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed25519, ed448, padding, rsa

R = random.Random(int(sys.argv[1]))
COUNT = int(sys.argv[2])
NOW = dt.datetime.fromtimestamp(int(sys.argv[4]) if len(sys.argv) > 4 else 1795292100, dt.timezone.utc)


def chance(probability):
    return R.random() < probability


# ---- DER ----


def tlv(tag, *parts):
    content = b"".join(parts)
    size = len(content)
    if size < 128:
        return bytes([tag, size]) + content
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(length)]) + length + content


def seq(*parts):
    return tlv(0x30, *parts)


def integer(value):
    return tlv(2, value.to_bytes(value.bit_length() // 8 + 1, "big", signed=True))


def oid(text):
    first, second, *rest = map(int, text.split("."))
    out = b""
    for arc in [first * 40 + second, *rest]:
        octets = [arc & 0x7F]
        while arc := arc >> 7:
            octets.insert(0, 0x80 | arc & 0x7F)
        out += bytes(octets)
    return tlv(6, out)


def bits(numbers):
    if not numbers:
        return tlv(3, b"\0")
    size = max(numbers) + 1
    value = sum(1 << (size - 1 - n) for n in numbers)
    unused = -size % 8
    return tlv(3, bytes([unused]), (value << unused).to_bytes((size + unused) // 8, "big"))


# ---- keys ----


def curve_key(curve):
    return ec.derive_private_key(R.getrandbits(150) + 2, curve)


P256 = [curve_key(ec.SECP256R1()) for _ in range(8)]
RSA = rsa.generate_private_key(65537, 2048)
RSA1024 = rsa.generate_private_key(65537, 1024)
ODD = [
    curve_key(ec.SECP384R1()),
    curve_key(ec.SECP521R1()),
    curve_key(ec.SECP224R1()),
    curve_key(ec.SECP256K1()),
    curve_key(ec.BrainpoolP256R1()),
    ed25519.Ed25519PrivateKey.from_private_bytes(R.randbytes(32)),
    ed448.Ed448PrivateKey.from_private_bytes(R.randbytes(57)),
    RSA,
    RSA,
    RSA1024,
    dsa.generate_private_key(1024),
]


def key():
    return R.choice(P256) if chance(0.85) else R.choice(ODD)


def spki(private):
    return private.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)


def key_id(private):
    return hashlib.sha1(spki(private)).digest()


def sign(private, body_of):
    """The certificate whose signed part `body_of` makes from the algorithm."""
    null = b"\x05\0"
    if isinstance(private, ed25519.Ed25519PrivateKey) or isinstance(private, ed448.Ed448PrivateKey):
        algorithm = seq(oid("1.3.101.112" if isinstance(private, ed25519.Ed25519PrivateKey) else "1.3.101.113"))
        sign_it = private.sign
    elif isinstance(private, dsa.DSAPrivateKey):
        algorithm = seq(oid("2.16.840.1.101.3.4.3.2"))
        sign_it = lambda body: private.sign(body, hashes.SHA256())
    elif isinstance(private, ec.EllipticCurvePrivateKey):
        odd = {"1": hashes.SHA224(), "3": hashes.SHA384(), "4": hashes.SHA512(), "0": hashes.SHA1()}
        kind = R.choice("0134") if chance(0.06) else "2"
        digest = odd.get(kind, hashes.SHA256())
        algorithm = seq(oid("1.2.840.10045.4.1" if kind == "0" else "1.2.840.10045.4.3." + kind))
        sign_it = lambda body: private.sign(body, ec.ECDSA(digest))
    elif chance(0.25):
        digest, number, salt = R.choice([(hashes.SHA256(), "1", 32), (hashes.SHA384(), "2", 48), (hashes.SHA512(), "3", 64)])
        if private.key_size < 1100:
            digest, number, salt = hashes.SHA256(), "1", 32
        inner = seq(oid("2.16.840.1.101.3.4.2." + number), null)
        mgf = seq(oid("1.2.840.113549.1.1.8"), inner)
        parameters = seq(tlv(0xA0, inner), tlv(0xA1, mgf), tlv(0xA2, integer(salt)))
        algorithm = seq(oid("1.2.840.113549.1.1.10"), parameters)
        sign_it = lambda body: private.sign(body, padding.PSS(padding.MGF1(digest), salt), digest)
    else:
        kinds = {"4": hashes.MD5(), "5": hashes.SHA1(), "14": hashes.SHA224(), "12": hashes.SHA384(), "13": hashes.SHA512()}
        kind = R.choice(list(kinds)) if chance(0.3) else "11"
        digest = kinds.get(kind, hashes.SHA256())
        algorithm = seq(oid("1.2.840.113549.1.1." + kind), null)
        sign_it = lambda body: private.sign(body, padding.PKCS1v15(), digest)
    body = body_of(algorithm)
    outer = algorithm if chance(0.997) else seq(oid("1.2.840.10045.4.3.3"))
    return seq(body, outer, tlv(3, b"\0", sign_it(body)))


# ---- names ----

O, CN, MAIL, DC, C = "2.5.4.10", "2.5.4.3", "1.2.840.113549.1.9.1", "0.9.2342.19200300.100.1.25", "2.5.4.6"


def name(common, plain=False):
    """A name as a list of (identifier, text, tag)."""
    out = []
    if not plain:
        if chance(0.1):
            out.append((C, "US", 0x13))
        if chance(0.35):
            out.append((O, R.choice(["Acme", "acme", "Acme  Inc", "Other"]), R.choice([0x0C, 0x0C, 0x13, 0x14])))
    if common is not None:
        out.append((CN, common, 0x13 if chance(0.3) and common.replace(" ", "").isalnum() else 0x0C))
    if not plain and chance(0.05):
        out.append((MAIL, R.choice(["a@example.com", "b@other.org", "bad"]), 0x16))
    return out


def der_name(parts):
    return seq(*(tlv(0x31, seq(oid(kind), tlv(tag, text.encode("utf-16-be" if tag == 0x1E else "latin1" if tag == 0x14 else "utf-8")))) for kind, text, tag in parts))


def respell(parts):
    out = []
    for kind, text, tag in parts:
        if chance(0.3):
            text = text.upper()
        if chance(0.2):
            text = " " + text.replace(" ", "  ") + " "
        if kind not in (MAIL, C) and chance(0.4):
            tag = R.choice([0x0C, 0x13, 0x1E, 0x14])
        out.append((kind, text, tag))
    return out


HOSTS = ["a.example.com"] * 8 + ["*.example.com"] * 3 + ["example.com", "b*.example.com", "*a.example.com", "a*.example.com", "xn--a.example.com", "xn--*.example.com", "other.org", "A.Example.COM", "a.example.com.", ".example.com", "a_b.example.com", "*", "*.com", "com", "*.*.example.com", "a.*.com", "10.0.0.1", "", "a..example.com", "-a.example.com", "a.example.com:443", " a.example.com", "a.b.example.com", "*.b.example.com", "*.10.0.1", "b.example.com."]
ADDRESSES = ["10.0.0.1", "10.0.0.1", "192.168.1.1", "2001:db8::1"]
NETWORKS = ["10.0.0.0/8", "10.0.0.1/32", "192.168.0.0/16", "2001:db8::/32", "0.0.0.0/0", "::/0"]
MAILS = ["a@example.com", "b@a.example.com", "c@other.org", "bad", "A@EXAMPLE.com"]
URIS = ["https://a.example.com/x", "https://user@example.com:8443/", "urn:x", "http://other.org?q", "ftp:/x", "https://[::1]/", "https://10.0.0.1/", "https://A.EXAMPLE.com", "spiffe://example.com/x"]


def directory():
    return [(O, R.choice(["Acme", "ACME", "Other", "acme"]), R.choice([0x0C, 0x13]))] if chance(0.85) else []


def general(kinds="DDDDDDIINEURO"):
    kind = R.choice(kinds)
    if kind == "D":
        return tlv(0x82, R.choice(HOSTS).encode())
    if kind == "I":
        octets = ipaddress.ip_address(R.choice(ADDRESSES)).packed
        return tlv(0x87, octets if chance(0.96) else octets[:3])
    if kind == "N":
        return tlv(0xA4, der_name(directory()))
    if kind == "E":
        return tlv(0x81, R.choice(MAILS).encode())
    if kind == "U":
        return tlv(0x86, R.choice(URIS).encode())
    if kind == "R":
        return tlv(0x88, oid("1.2.3.4")[2:])
    return tlv(0xA0, oid(R.choice(["1.3.6.1.5.5.7.8.9", "1.3.6.1.4.1.311.20.2.3"])), tlv(0xA0, tlv(0x0C, b"a@example.com")))


def alt_names(host):
    if chance(0.03):
        return seq()
    names = [general() for _ in range(R.choice([0, 0, 1, 1, 2]))]
    if host and chance(0.75) or not names:
        try:
            wanted = tlv(0x87, ipaddress.ip_address(host).packed)
        except ValueError:
            wanted = tlv(0x82, host.encode())
        names.insert(R.randrange(len(names) + 1), wanted)
    return seq(*names)


def constraint():
    kind = R.choice("DDDDDINNEUOR")
    extra = b""
    if chance(0.03):
        extra = tlv(0x80, b"\0") if chance(0.5) else tlv(0x81, b"\5")
    if kind == "D":
        base = tlv(0x82, R.choice(["example.com", "example.com", ".example.com", "other.org", "a.example.com", "EXAMPLE.com", "", "com", "*.example.com", "example.com.", "a"]).encode())
    elif kind == "I":
        network = ipaddress.ip_network(R.choice(NETWORKS))
        octets = network.network_address.packed + network.netmask.packed
        if chance(0.06):
            octets = R.choice([octets[:-1], octets[: len(octets) // 2], b"\x0a\0\0\0\xff\0\xff\0", b"\x0a\1\0\0\xff\0\0\0", b""])
        base = tlv(0x87, octets)
    elif kind == "N":
        base = tlv(0xA4, der_name(directory()))
    elif kind == "E":
        base = tlv(0x81, R.choice(["example.com", ".example.com", "a@example.com", "other.org", ""]).encode())
    elif kind == "U":
        base = tlv(0x86, R.choice(["example.com", ".example.com", "other.org", "a.example.com", "", "https://example.com"]).encode())
    elif kind == "R":
        base = tlv(0x88, oid("1.2.3.4")[2:])
    else:
        base = tlv(0xA0, oid("1.3.6.1.4.1.311.20.2.3"), tlv(0xA0, tlv(0x0C, b"a@example.com")))
    return seq(base, extra)


def name_constraints():
    some = lambda: b"".join(constraint() for _ in range(R.choice([1, 1, 1, 2])))
    # What lets the names of most cases pass comes often.
    friendly = seq(tlv(0x82, b"example.com"))
    permitted = tlv(0xA0, friendly if chance(0.4) else some(), some() if chance(0.3) else b"") if chance(0.65) else b""
    excluded = tlv(0xA1, some()) if chance(0.35) else b""
    return seq(permitted, excluded)


# ---- certificates ----

SERVER, CLIENT, ANY, EMAIL_USE, OCSP = "1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.2", "2.5.29.37.0", "1.3.6.1.5.5.7.3.4", "1.3.6.1.5.5.7.3.9"
STEP_UP, MS_SGC = "2.16.840.1.113730.4.1", "1.3.6.1.4.1.311.10.3.3"


def validity():
    begins, ends = NOW - dt.timedelta(days=R.choice([30, 30, 400])), NOW + dt.timedelta(days=R.choice([300, 300, 3000]))
    if chance(0.035):
        ends = NOW - dt.timedelta(days=1)
    if chance(0.02):
        begins = NOW + dt.timedelta(days=1)
    if chance(0.004):
        ends = begins - dt.timedelta(days=9)

    def time(at):
        if at.year < 2050 and chance(0.99):
            return tlv(0x17, at.strftime("%y%m%d%H%M%SZ").encode())
        return tlv(0x18, at.strftime("%Y%m%d%H%M%SZ").encode())

    return seq(time(begins), time(ends))


def serial_number():
    if chance(0.96):
        return integer(R.randrange(1, 2**120))
    return R.choice([integer(0), integer(-5), integer(R.getrandbits(200)), integer(1), tlv(2, b"\0\0\5")])


def policies():
    some = [R.choice(["1.2.3", "1.2.4", "2.5.29.32.0"]) for _ in range(R.choice([1, 1, 2]))]
    return seq(*(seq(oid(policy)) for policy in dict.fromkeys(some)))


def certificate(subject, subject_key, issuer, issuer_key, ca, host=None, issuer_serial=None):
    """DER, and the serial number."""
    extensions = []

    def add(identifier, value, critical=False):
        extensions.append((identifier, critical, value))

    if ca:
        limit = R.choice([None] * 7 + [0, 0, 1, 2, 3])
        if chance(0.96):
            add("2.5.29.19", seq(tlv(1, b"\xff"), b"" if limit is None else integer(limit)), chance(0.93))
        elif chance(0.5):
            add("2.5.29.19", seq() if chance(0.7) else seq(tlv(1, b"\0")), True)
        if chance(0.92):
            add("2.5.29.15", bits([5, 6] if chance(0.5) else [5] if chance(0.95) else [6]), chance(0.9))
        if chance(0.12):
            add("2.5.29.37", seq(*map(oid, R.choice([[CLIENT], [SERVER], [SERVER, CLIENT], [ANY], [STEP_UP], [MS_SGC], [EMAIL_USE], [CLIENT, ANY]]))), chance(0.15))
        if chance(0.22):
            add("2.5.29.30", name_constraints(), chance(0.8))
        if chance(0.03):
            add("2.5.29.17", alt_names(R.choice(HOSTS)), chance(0.2))
    else:
        if chance(0.35):
            add("2.5.29.19", R.choice([seq(), seq(), seq(), seq(tlv(1, b"\xff")), seq(tlv(1, b"\xff"), integer(0)), seq(integer(0))]), chance(0.7))
        if chance(0.7):
            add("2.5.29.15", bits(R.choice([[0]] * 6 + [[0, 2], [0, 2], [2], [4], [0, 5], [5], []])), chance(0.9))
        if chance(0.75):
            add("2.5.29.37", seq(*map(oid, R.choice([[SERVER]] * 9 + [[SERVER, CLIENT]] * 3 + [[CLIENT], [ANY], [MS_SGC], [STEP_UP], [OCSP], [SERVER, OCSP], [CLIENT, ANY], []]))), chance(0.2))
        if chance(0.9):
            add("2.5.29.17", alt_names(host), chance(0.2) or (not subject and chance(0.7)))
        if chance(0.01):
            add("2.5.29.30", name_constraints(), chance(0.8))
        if chance(0.015):
            add("2.16.840.1.113730.1.1", bits(R.choice([[1], [0], [0, 1], [5]])), chance(0.3))
    if chance(0.9):
        add("2.5.29.14", tlv(4, key_id(subject_key) if chance(0.98) else b"other"), chance(0.01))
    fate = R.random()
    if fate < 0.72:
        add("2.5.29.35", seq(tlv(0x80, key_id(issuer_key))), chance(0.01))
    elif fate < 0.75:
        add("2.5.29.35", seq(tlv(0x80, b"wrong")))
    elif fate < 0.82:
        right = issuer_serial if issuer_serial is not None and chance(0.6) else integer(5)
        whom = der_name(issuer if chance(0.7) else name("Whoever"))
        identifier = tlv(0x80, key_id(issuer_key)) if chance(0.6) else b""
        add("2.5.29.35", seq(identifier, tlv(0xA1, tlv(0xA4, whom)), tlv(0x82, right[2:])))
    elif fate < 0.83:
        add("2.5.29.35", seq())
    if chance(0.015):
        add("1.2.3.4.5", b"\x05\0", chance(0.7))
    if chance(0.05):
        add("2.5.29.32", policies(), chance(0.4))
    if chance(0.015):
        add("2.5.29.36", R.choice([seq(tlv(0x80, b"\0")), seq(tlv(0x80, b"\1")), seq(tlv(0x81, b"\0"))]), chance(0.8))
    if chance(0.015):
        add("2.5.29.54", integer(R.choice([0, 1])), chance(0.8))
    if ca and chance(0.01):
        add("2.5.29.33", seq(seq(oid("1.2.3"), oid("1.2.4"))), chance(0.5))
    if chance(0.02):
        # CRL distribution points, authority information access, signed timestamps, must-staple, proxy, freshest CRL.
        add(*R.choice([
            ("2.5.29.31", seq(seq(tlv(0xA0, tlv(0xA0, tlv(0x86, b"http://example.com/x.crl"))))), chance(0.4)),
            ("1.3.6.1.5.5.7.1.1", seq(seq(oid("1.3.6.1.5.5.7.48.1"), tlv(0x86, b"http://example.com/"))), chance(0.4)),
            ("1.3.6.1.5.5.7.1.24", seq(integer(5)), chance(0.4)),
            ("1.3.6.1.4.1.11129.2.4.3", b"\x05\0", chance(0.5)),
            ("2.5.29.18", seq(tlv(0x82, b"a.example.com")), chance(0.5)),
            ("2.5.29.9", seq(seq(oid("1.2.3.4"), tlv(0x31, integer(5)))), chance(0.4)),
            ("1.3.6.1.5.5.7.1.11", seq(seq(oid("1.3.6.1.5.5.7.48.5"), tlv(0x86, b"http://example.com/"))), chance(0.4)),
        ]))
    if chance(0.006) and extensions:
        extensions.append(R.choice(extensions))
    if chance(0.2):
        R.shuffle(extensions)
    version, with_extensions = 2, True
    if chance(0.02):
        version, with_extensions = R.choice([(0, False), (0, False), (0, True), (1, False), (1, True), (3, True), (2, False)])
    written = b""
    if with_extensions and (extensions or chance(0.5)):
        one = lambda identifier, critical, value: seq(oid(identifier), tlv(1, b"\xff") if critical else tlv(1, b"\0") if chance(0.002) else b"", tlv(4, value))
        written = tlv(0xA3, seq(*(one(*extension) for extension in extensions)))
    serial = serial_number()

    def body(algorithm):
        shown = b"" if version == 0 else tlv(0xA0, integer(version))
        unique = tlv(0x81, b"\0\5") if version and chance(0.003) else b""
        return seq(shown, serial, algorithm, der_name(issuer), validity(), der_name(subject), spki(subject_key), unique, written)

    signer = issuer_key if chance(0.985) else R.choice(P256)
    return sign(signer, body), serial


def pem(der):
    text = base64.b64encode(der).decode()
    lines = "\n".join(text[at : at + 64] for at in range(0, len(text), 64))
    return f"-----BEGIN CERTIFICATE-----\n{lines}\n-----END CERTIFICATE-----\n"


def case(number):
    wanted = R.choice([("DNS", "a.example.com")] * 8 + [("DNS", "example.com"), ("DNS", "bar.example.com"), ("DNS", "A.example.com"), ("DNS", "a.b.example.com"), ("DNS", "xn--a.example.com"), ("IP", "10.0.0.1"), ("IP", "10.0.0.1"), ("IP", "2001:db8::1")])
    host = wanted[1]
    root_key, root_name = key(), name("Root %d" % R.randrange(3))
    root, serial = certificate(root_name, root_key, root_name, root_key, True)
    above, chain = [(root_name, root_key, serial)], []
    for _ in range(R.choice([0, 1, 1, 1, 1, 2, 2, 3, 4])):
        issuer, issuer_key, issuer_serial = above[-1]
        own_name, own_key = name("Int %d" % R.randrange(4)), key()
        if chance(0.04):
            own_name = issuer
        if chance(0.03):
            own_name, own_key = R.choice(above)[:2]
        made, serial = certificate(own_name, own_key, respell(issuer) if chance(0.1) else issuer, issuer_key, True, issuer_serial=issuer_serial)
        chain.insert(0, made)
        above.append((own_name, own_key, serial))
    issuer, issuer_key, issuer_serial = above[-1]
    leaf_key = key()
    common = R.choice([host, host, host, "*.example.com", "other.org", "Acme Server", "a.example.com", "10.0.0.1", None, None])
    leaf_name = name(common)
    if common is None and chance(0.7):
        leaf_name = []
    if chance(0.04):
        leaf, _ = certificate(leaf_name, leaf_key, leaf_name, leaf_key, chance(0.2), host)
    else:
        leaf, _ = certificate(leaf_name, leaf_key, respell(issuer) if chance(0.1) else issuer, issuer_key, chance(0.03), host, issuer_serial)
    sent = list(chain)
    if chance(0.2):
        sent.append(root)
    for _ in range(R.choice([0] * 8 + [1, 1, 2])):
        # A twin of an authority: other key, other issuer, other dates, a loop.
        own_name, own_key, _ = R.choice(above)
        by_name, by_key, by_serial = R.choice(above)
        twin, _ = certificate(own_name, own_key if chance(0.7) else key(), by_name, by_key, True, issuer_serial=by_serial)
        sent.insert(R.randrange(len(sent) + 1), twin)
    if chance(0.08):
        R.shuffle(sent)
    if chance(0.04) and sent:
        sent.pop(R.randrange(len(sent)))
    if chance(0.03):
        sent.insert(R.randrange(len(sent) + 1), leaf)
    if chance(0.03) and sent:
        sent.append(R.choice(sent))
    trusted = [root]
    if chance(0.15):
        other = root_key if chance(0.6) else key()
        trusted.insert(R.randrange(2), certificate(root_name, other, root_name, other, True)[0])
    if chance(0.08) and chain:
        trusted.insert(R.randrange(len(trusted) + 1), R.choice(chain))
    if chance(0.05) and chain:
        trusted = [R.choice(chain)]
    if chance(0.03):
        # The root as another signed it.
        by_name, by_key = name("Older"), key()
        older = certificate(by_name, by_key, by_name, by_key, True)[0]
        cross = certificate(root_name, root_key, by_name, by_key, True)[0]
        sent.append(cross)
        trusted = [older, root] if chance(0.5) else [older]
    if chance(0.03):
        trusted = [leaf]
    if chance(0.03):
        trusted.append(leaf)
    if chance(0.02):
        by_name, by_key = name("X"), key()
        trusted = [certificate(by_name, by_key, by_name, by_key, True)[0]]
    private = leaf_key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return dict(
        id=f"g{number}",
        validation_kind="SERVER",
        trusted_certs=[pem(der) for der in trusted],
        untrusted_intermediates=[pem(der) for der in sent],
        peer_certificate=pem(leaf),
        peer_key=private.decode(),
        validation_time=NOW.strftime("%Y-%m-%dT%H:%M:%SZ"),
        expected_peer_name=dict(kind=wanted[0], value=wanted[1]),
    )


with open(sys.argv[3], "w") as file:
    json.dump(dict(testcases=[case(number) for number in range(COUNT)]), file)
