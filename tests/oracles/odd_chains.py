"""Chains with a few oddities each, in the form of x509-limbo: SEED COUNT FILE [MOMENT].

Where chains.py draws every field by chance, here a chain is sound until it is given some of the oddities below,
which are written octet by octet, so that also what no library makes is there: version 1, negative serial numbers,
extensions twice, dates of odd forms, names in other spellings. MOMENT is in seconds since 1970. Each case also has
the key of the server's certificate (`peer_key`), for tests that serve it. Nothing here says what is right: programs do.
Needs the package cryptography, for keys and signatures.
"""

import base64, datetime, ipaddress, json, random, sys
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed25519, ed448, padding, rsa

R = random.Random(int(sys.argv[1]))
COUNT = int(sys.argv[2])
NOW = datetime.datetime.fromtimestamp(int(sys.argv[4]) if len(sys.argv) > 4 else 1795292100, datetime.timezone.utc).replace(tzinfo=None)


# DER.

def tlv(tag, *parts):
    body = b''.join(parts)
    n = len(body)
    length = bytes([n]) if n < 128 else bytes([0x80 | (n.bit_length() + 7) // 8]) + n.to_bytes((n.bit_length() + 7) // 8, 'big')
    return bytes([tag]) + length + body

def seq(*parts): return tlv(0x30, *parts)
def octets(body): return tlv(4, body)
def boolean(value): return tlv(1, b'\xff' if value else b'\0')
def integer(n): return tlv(2, n.to_bytes(n.bit_length() // 8 + 1, 'big', signed=True))

def oid(text):
    first, second, *rest = map(int, text.split('.'))
    out = b''
    for n in [first * 40 + second] + rest:
        arc = bytes([n & 127])
        while n > 127:
            n >>= 7
            arc = bytes([n & 127 | 128]) + arc
        out += arc
    return tlv(6, out)

UTF8, PRINTABLE, T61, BMP, IA5 = 0x0c, 0x13, 0x14, 0x1e, 0x16
CN, O, OU, EMAIL, DC = '2.5.4.3', '2.5.4.10', '2.5.4.11', '1.2.840.113549.1.9.1', '0.9.2342.19200300.100.1.25'

def attribute(kind, text, tag=UTF8):
    return seq(oid(kind), tlv(tag, text.encode('utf-16-be' if tag == BMP else 'utf-8')))

def name(*attributes):
    """A name of (kind, text[, tag]), each in a set of its own."""
    return seq(*(tlv(0x31, attribute(*each)) for each in attributes))


# Keys.

def keys():
    wide = [ec.derive_private_key(R.randrange(1, 2**250), ec.SECP256R1()) for _ in range(10)]
    others = {
        'P-384': ec.derive_private_key(R.randrange(1, 2**250), ec.SECP384R1()),
        'P-521': ec.derive_private_key(R.randrange(1, 2**250), ec.SECP521R1()),
        'P-224': ec.derive_private_key(R.randrange(1, 2**200), ec.SECP224R1()),
        'secp256k1': ec.derive_private_key(R.randrange(1, 2**250), ec.SECP256K1()),
        'RSA 2048': rsa.generate_private_key(65537, 2048),
        'RSA 1024': rsa.generate_private_key(65537, 1024),
        'RSA 3072': rsa.generate_private_key(65537, 3072),
        'Ed25519': ed25519.Ed25519PrivateKey.generate(),
        'Ed448': ed448.Ed448PrivateKey.generate(),
        'DSA': dsa.generate_private_key(2048),
    }
    return wide, others

WIDE, OTHERS = keys()

def spki(key):
    return key.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)

def key_id(key):
    digest = hashes.Hash(hashes.SHA1())
    digest.update(spki(key))
    return digest.finalize()

NULL = tlv(5)
RSA_SIGNATURES = {'MD5': '1.2.840.113549.1.1.4', 'SHA1': '1.2.840.113549.1.1.5', 'SHA224': '1.2.840.113549.1.1.14',
                  'SHA256': '1.2.840.113549.1.1.11', 'SHA384': '1.2.840.113549.1.1.12', 'SHA512': '1.2.840.113549.1.1.13'}
EC_SIGNATURES = {'SHA1': '1.2.840.10045.4.1', 'SHA224': '1.2.840.10045.4.3.1', 'SHA256': '1.2.840.10045.4.3.2',
                 'SHA384': '1.2.840.10045.4.3.3', 'SHA512': '1.2.840.10045.4.3.4'}
DIGESTS = {'SHA224': '2.16.840.1.101.3.4.2.4', 'SHA256': '2.16.840.1.101.3.4.2.1', 'SHA384': '2.16.840.1.101.3.4.2.2', 'SHA512': '2.16.840.1.101.3.4.2.3'}

def pss(digest, salt, mask):
    how = seq(oid(DIGESTS[digest]), NULL)
    over = seq(oid(DIGESTS[mask]), NULL)
    return seq(oid('1.2.840.113549.1.1.10'), seq(tlv(0xa0, how), tlv(0xa1, seq(oid('1.2.840.113549.1.1.8'), over)), tlv(0xa2, integer(salt))))

def algorithm(key, digest, scheme):
    """The AlgorithmIdentifier and what signs by it."""
    hash_of = lambda: getattr(hashes, digest)()
    if isinstance(key, rsa.RSAPrivateKey):
        size = hash_of().digest_size
        # A key has to be long enough for the digest and the salt (RFC 8017, 9.1.1).
        if scheme == 'PSS' and digest in DIGESTS and key.key_size >= 8 * (2 * size + 2):
            # A quarter of them have a salt or a mask of another length than the digest.
            salt = R.choice([0, 20, 32, size]) if R.random() < .25 and key.key_size >= 1024 else size
            if key.key_size < 8 * (size + salt + 2):
                salt = size
            mask = R.choice(list(DIGESTS)) if R.random() < .1 else digest
            over = getattr(hashes, mask)()
            return pss(digest, salt, mask), lambda m: key.sign(m, padding.PSS(padding.MGF1(over), salt), hash_of())
        return seq(oid(RSA_SIGNATURES[digest]), NULL), lambda m: key.sign(m, padding.PKCS1v15(), hash_of())
    if isinstance(key, ec.EllipticCurvePrivateKey):
        digest = 'SHA256' if digest == 'MD5' else digest
        return seq(oid(EC_SIGNATURES[digest])), lambda m: key.sign(m, ec.ECDSA(getattr(hashes, digest)()))
    if isinstance(key, ed25519.Ed25519PrivateKey):
        return seq(oid('1.3.101.112')), key.sign
    if isinstance(key, ed448.Ed448PrivateKey):
        return seq(oid('1.3.101.113')), key.sign
    if digest == 'SHA1':
        return seq(oid('1.2.840.10040.4.3')), lambda m: key.sign(m, hashes.SHA1())
    return seq(oid('2.16.840.1.101.3.4.3.2')), lambda m: key.sign(m, hashes.SHA256())


# Certificates: a value of each field until one is made odd.

SAN, BC, KU, EKU, SKI, AKI, NC = '2.5.29.17', '2.5.29.19', '2.5.29.15', '2.5.29.37', '2.5.29.14', '2.5.29.35', '2.5.29.30'
POLICIES, MAPPINGS, CONSTRAINTS, INHIBIT = '2.5.29.32', '2.5.29.33', '2.5.29.36', '2.5.29.54'
SERVER, CLIENT, ANY = '1.3.6.1.5.5.7.3.1', '1.3.6.1.5.5.7.3.2', '2.5.29.37.0'

class Certificate:
    def __init__(self, subject, key, issuer, issuer_key, ca):
        self.subject, self.key, self.issuer, self.signer = subject, key, issuer, issuer_key
        self.version, self.serial, self.digest, self.scheme, self.unfit = 3, R.randrange(1, 2**120), 'SHA256', None, False
        self.begins, self.ends = date(NOW - datetime.timedelta(days=30)), date(NOW + datetime.timedelta(days=300))
        self.outer = None
        self.extensions = []
        if ca:
            self.put(BC, constraints(True), True)
            self.put(KU, usage(5, 6), True)
        else:
            self.put(KU, usage(0), True)
            self.put(EKU, usages(SERVER), False)
            self.put(SAN, seq(dns('a.example.com')), False)
        self.put(SKI, octets(key_id(key)), False)
        self.put(AKI, seq(tlv(0x80, key_id(issuer_key))), False)

    def put(self, kind, value, critical=False):
        """Sets an extension, in its place where it is there."""
        for at, (found, _, _) in enumerate(self.extensions):
            if found == kind:
                self.extensions[at] = (kind, value, critical)
                return
        self.extensions.append((kind, value, critical))

    def drop(self, kind):
        self.extensions = [each for each in self.extensions if each[0] != kind]

    def critical(self, kind, value):
        self.extensions = [(k, v, value if k == kind else c) for k, v, c in self.extensions]

    def der(self):
        how, sign = algorithm(self.signer, self.digest, self.scheme)
        number = self.serial if isinstance(self.serial, bytes) else integer(self.serial)
        listed = [seq(oid(k), *([boolean(True)] if c else []), octets(v)) for k, v, c in self.extensions]
        tbs = seq(
            *([tlv(0xa0, integer(self.version - 1))] if self.version > 1 else []), number, how, self.issuer,
            seq(self.begins, self.ends), self.subject, spki(self.key),
            *([tlv(0xa3, seq(*listed))] if listed and self.version == 3 else []))
        signature = sign(tbs + (b'x' if self.unfit else b''))
        return seq(tbs, self.outer or how, tlv(3, b'\0', signature))

def date(moment, form=None):
    if form == 'generalized' or form is None and not 1950 <= moment.year < 2050:
        return tlv(0x18, moment.strftime('%Y%m%d%H%M%SZ').encode())
    if form == 'minutes':
        return tlv(0x17, moment.strftime('%y%m%d%H%MZ').encode())
    if form == 'offset':
        return tlv(0x17, moment.strftime('%y%m%d%H%M%S+0000').encode())
    if form == 'fraction':
        return tlv(0x18, moment.strftime('%Y%m%d%H%M%S.5Z').encode())
    return tlv(0x17, moment.strftime('%y%m%d%H%M%SZ').encode())

def constraints(ca, length=None):
    return seq(*([boolean(True)] if ca else []), *([integer(length)] if length is not None else []))

def usage(*bits):
    value = 0
    for bit in bits:
        value |= 0x8000 >> bit
    body = value.to_bytes(2, 'big').rstrip(b'\0')
    if not body:
        return tlv(3, b'\0')
    unused = next(n for n in range(8) if body[-1] >> n & 1)
    return tlv(3, bytes([unused]), body)

def usages(*kinds): return seq(*map(oid, kinds))

def dns(text): return tlv(0x82, text.encode())
def mail(text): return tlv(0x81, text.encode())
def uri(text): return tlv(0x86, text.encode())
def ip(text): return tlv(0x87, ipaddress.ip_address(text).packed)
def network(text):
    found = ipaddress.ip_network(text)
    return tlv(0x87, found.network_address.packed, found.netmask.packed)
def directory(*attributes): return tlv(0xa4, name(*attributes))
def other(text): return tlv(0xa0, oid('1.3.6.1.5.5.7.8.9'), tlv(0xa0, tlv(UTF8, text.encode())))
PRINCIPAL = tlv(0xa0, oid('1.3.6.1.4.1.311.20.2.3'), tlv(0xa0, tlv(UTF8, b'a@example.com')))
REGISTERED = tlv(0x88, oid('1.2.3.4')[2:])

HOSTS = ['a.example.com'] * 6 + ['A.Example.COM', '*.example.com', '*.com', '*', 'a.*.com', '*.*.example.com', 'a*.example.com', '*a.example.com',
         '*.a.example.com', 'a.example.com.', '*.example.com.', '.example.com', 'example.com', 'b.example.com', 'a_b.example.com', '-a.example.com',
         'xn--a.example.com', 'xn--*.example.com', 'a..example.com', '', ' a.example.com', 'a b.example.com', '10.0.0.1', '2001:db8::1', 'a',
         'ä.example.com', 'a' * 64 + '.example.com', '*.xn--a.com', '*.example.co.uk', 'www.other.org', '*.EXAMPLE.com', 'a.example.com\0.b.org', 'a@example.com']
MAILS = ['a@example.com', 'b@a.example.com', 'A@EXAMPLE.com', 'c@other.org', 'example.com', '@example.com', 'a@', '"q r"@example.com', 'a b@example.com', '']
URIS = ['https://a.example.com/x', 'https://user@example.com:8443/', 'http://other.org?q', 'urn:x', 'ftp:/x', 'https://[::1]/', 'https://10.0.0.1/',
        'https://A.Example.com', '//a.example.com', 'https://*.example.com/', 'mailto:a@example.com', '', 'https:///x', 'https://a.example.com:x/', 'https://a%41.example.com/']

def general_name():
    k = R.random()
    if k < .6: return dns(R.choice(HOSTS))
    if k < .7: return ip(R.choice(['10.0.0.1', '192.168.1.1', '2001:db8::1', '0.0.0.0', '::ffff:10.0.0.1']))
    if k < .78: return mail(R.choice(MAILS))
    if k < .86: return uri(R.choice(URIS))
    if k < .92: return directory((O, R.choice(['Acme', 'ACME', 'Other'])), (CN, 'a.example.com'))
    return R.choice([REGISTERED, other('a@example.com'), tlv(0x87, b'\x0a\0\0'), tlv(0x82, b'a.\xffexample.com'), directory()])

def base():
    k = R.random()
    if k < .4: return dns(R.choice(['example.com', 'example.com', '.example.com', 'a.example.com', '.a.example.com', 'other.org', 'com', '', '.', 'EXAMPLE.com', 'example.com.', '*.example.com', 'b.example.com', 'xample.com', 'ä.com', 'exa mple.com', '..com']))
    if k < .55: return R.choice([network(R.choice(['10.0.0.0/8', '192.168.0.0/16', '2001:db8::/32', '0.0.0.0/0', '::/0', '10.0.0.1/32'])), tlv(0x87, bytes([10, 0, 0, 0, 255, 0, 255, 0])), tlv(0x87, bytes([10, 0, 0, 1, 255, 0, 0, 0])), tlv(0x87, bytes([10, 0, 0, 0]))]) if R.random() < .4 else network(R.choice(['10.0.0.0/8', '192.168.0.0/16', '2001:db8::/32', '0.0.0.0/0']))
    if k < .68: return directory(*R.choice([[(O, 'Acme')], [(O, 'ACME')], [(O, 'Other')], [], [(O, 'Acme', PRINTABLE)], [(CN, 'a.example.com')]]))
    if k < .8: return mail(R.choice(['example.com', '.example.com', 'a@example.com', 'A@example.com', 'other.org', '', '@example.com', 'a@']))
    if k < .92: return uri(R.choice(['example.com', '.example.com', 'other.org', 'a.example.com', '', 'https://a.example.com', '10.0.0.1', '.']))
    return R.choice([REGISTERED, PRINCIPAL, PRINCIPAL, other('a@example.com'), seq()])

def subtree():
    odd = R.random()
    extra = b'' if odd < .95 else tlv(0x80, b'\0') if odd < .97 else tlv(0x81, b'\1')
    return seq(base(), extra)

def name_constraints():
    side = lambda tag: tlv(tag, *(subtree() for _ in range(R.choice([1, 1, 1, 2, 3]))))
    k = R.random()
    if k < .45: return seq(side(0xa0))
    if k < .8: return seq(side(0xa1))
    if k < .95: return seq(side(0xa0), side(0xa1))
    return R.choice([seq(), seq(tlv(0xa0)), seq(tlv(0xa1))])

POLICY = ['1.2.3', '1.2.4', '2.5.29.32.0']

def policies():
    chosen = R.sample(POLICY, R.choice([1, 1, 2]))
    if R.random() < .1: chosen.append(chosen[0])
    return seq(*(seq(oid(each)) for each in chosen))

def respelled(text):
    text = R.choice([str.upper, str.lower, str.title, lambda t: ' ' + t, lambda t: t + ' ', lambda t: t.replace(' ', '  '), lambda t: t])(text)
    return text

def days(n): return NOW + datetime.timedelta(days=n)


# Oddities of a certificate, by name; each takes it and whether it is an authority.

def odd_dates(c, ca):
    k = R.randrange(14)
    if k == 0: c.ends = date(days(-1))
    elif k == 1: c.begins = date(days(1))
    elif k == 2: c.ends = date(NOW)
    elif k == 3: c.begins = date(NOW)
    elif k == 4: c.ends = date(datetime.datetime(9999, 12, 31, 23, 59, 59))
    elif k == 5: c.ends = date(days(300), 'generalized')
    elif k == 6: c.ends = date(days(300), 'minutes')
    elif k == 7: c.ends = date(days(300), 'offset')
    elif k == 8: c.ends = date(days(300), 'fraction')
    elif k == 9: c.begins, c.ends = date(days(10)), date(days(-10))
    elif k == 10: c.begins = date(datetime.datetime(1950, 1, 1))
    elif k == 11: c.begins = tlv(0x18, b'00000101000000Z')
    elif k == 12: c.ends = tlv(0x17, b'271332000000Z')
    elif k == 13: c.begins = date(datetime.datetime(2049, 12, 31), 'generalized')

def expired(c, ca):
    if R.random() < .6: c.ends = date(days(-1))
    else: c.begins = date(days(1))

def odd_serial(c, ca):
    c.serial = R.choice([0, -1, -2**70, 2**159, 2**160, 2**168, 2**200, 127, 128, tlv(2, b'\0\1'), tlv(2, b''), tlv(2, b'\xff\xff')])

def odd_version(c, ca):
    c.version = R.choice([1, 1, 1, 2, 3, 4])
    if c.version < 3 and R.random() < .9: c.extensions = []

def odd_constraints(c, ca):
    k = R.randrange(10)
    if k == 0: c.drop(BC)
    elif k == 1: c.put(BC, constraints(not ca), True)
    elif k == 2: c.put(BC, constraints(True), False)
    elif k == 3: c.put(BC, constraints(True, R.choice([0, 0, 0, 1, 2, -1, 2**40])), True)
    elif k == 4: c.put(BC, constraints(True, 0), True)
    elif k == 5: c.put(BC, seq(boolean(False)), True)
    elif k == 6: c.put(BC, constraints(False, 0), True)
    elif k == 7: c.put(BC, constraints(False), False)
    elif k == 8: c.put(BC, R.choice([seq(tlv(1, b'\1')), seq(NULL), b'\x30', seq() + b'\0', seq(boolean(True), integer(0), integer(0))]), True)
    elif k == 9: c.put(BC, constraints(True, 1), True)

def odd_usage(c, ca):
    k = R.randrange(7)
    if k == 0: c.drop(KU)
    elif k == 1: c.put(KU, usage(6), True)
    elif k == 2: c.put(KU, usage(5, 6), True)
    elif k == 3: c.critical(KU, False)
    elif k == 4: c.put(KU, usage(), True)
    elif k == 5: c.put(KU, usage(R.choice([0, 2, 3, 4])), True)
    elif k == 6: c.put(KU, R.choice([tlv(3, b'\1\6'), tlv(3), tlv(3, b'\0\6\0'), usage(5) + b'\0', NULL]), True)

def odd_purpose(c, ca):
    c.put(EKU, usages(*R.choice([[CLIENT], [SERVER], [ANY], [SERVER, CLIENT], ['2.16.840.1.113730.4.1'], ['1.3.6.1.4.1.311.10.3.3'], [], ['1.2.3.4'], [CLIENT, ANY], ['1.3.6.1.5.5.7.3.9']])), R.random() < .2)
    if R.random() < .15: c.drop(EKU)
    if R.random() < .05: c.put(EKU, R.choice([NULL, b'\x30', seq(NULL), usages(SERVER) + b'\0']))

def odd_names(c, ca):
    k = R.random()
    if k < .1: c.drop(SAN)
    elif k < .15: c.put(SAN, seq(), R.random() < .5)
    elif k < .2: c.put(SAN, R.choice([NULL, b'\x30', seq(NULL), seq(dns('a.example.com')) + b'\0', dns('a.example.com')]))
    else: c.put(SAN, seq(*(general_name() for _ in range(R.choice([1, 1, 1, 2, 2, 3])))), R.random() < .15)

def one_name(c, ca):
    c.put(SAN, seq(dns(R.choice(HOSTS))), False)

def odd_name_constraints(c, ca):
    c.put(NC, name_constraints(), R.random() < .8)

def odd_subject_id(c, ca):
    k = R.randrange(5)
    if k == 0: c.drop(SKI)
    elif k == 1: c.put(SKI, octets(b'wrong'))
    elif k == 2: c.critical(SKI, True)
    elif k == 3: c.put(SKI, octets(b''))
    elif k == 4: c.put(SKI, R.choice([NULL, b'', octets(b'a') + b'\0']))

def odd_authority_id(c, ca):
    own = tlv(0x80, key_id(c.signer))
    named = tlv(0xa1, directory_of(c.issuer))
    k = R.randrange(10)
    if k == 0: c.drop(AKI)
    elif k == 1: c.put(AKI, seq(tlv(0x80, b'wrong')))
    elif k == 2: c.put(AKI, seq(named, tlv(0x82, b'\5')))
    elif k == 3: c.put(AKI, seq(own, named, tlv(0x82, b'\5')))
    elif k == 4: c.put(AKI, seq())
    elif k == 5: c.critical(AKI, True)
    elif k == 6: c.put(AKI, seq(own, tlv(0xa1, directory((CN, 'Nobody'))), tlv(0x82, b'\5')))
    elif k == 7: c.put(AKI, seq(own, named))
    elif k == 8: c.put(AKI, seq(tlv(0x80, b'')))
    elif k == 9: c.put(AKI, R.choice([NULL, b'\x30', seq(NULL), seq(own) + b'\0']))

def directory_of(encoded): return tlv(0xa4, encoded)

def odd_policies(c, ca):
    k = R.randrange(5)
    if k <= 1: c.put(POLICIES, policies(), R.random() < .5)
    elif k == 2: c.put(CONSTRAINTS, seq(tlv(R.choice([0x80, 0x81]), bytes([R.choice([0, 0, 1, 2])]))), R.random() < .7)
    elif k == 3: c.put(INHIBIT, integer(R.choice([0, 0, 1])), R.random() < .7)
    elif k == 4: c.put(MAPPINGS, seq(seq(oid('1.2.3'), oid(R.choice(['1.2.4', '1.2.3', '2.5.29.32.0'])))), R.random() < .7)

def whole_policies(path):
    """Policies in every certificate, most of them the same."""
    for c in path:
        c.put(POLICIES, seq(seq(oid('1.2.3'))) if R.random() < .7 else policies(), R.random() < .3)
    if len(path) > 1:
        R.choice(path[1:]).put(CONSTRAINTS, seq(tlv(0x80, bytes([R.choice([0, 0, 1])]))), True)

def odd_extension(c, ca):
    k = R.randrange(6)
    if k <= 1: c.put('1.2.3.4.5', NULL, True)
    elif k == 2: c.put('1.2.3.4.5', NULL, False)
    elif k == 3: c.put('2.5.29.31', seq(seq(tlv(0xa0, tlv(0xa0, uri('http://a.example.com/crl'))))), R.random() < .5)
    elif k == 4: c.put('1.3.6.1.5.5.7.1.1', R.choice([seq(seq(oid('1.3.6.1.5.5.7.48.1'), uri('http://a.example.com'))), seq(), NULL]), R.random() < .5)
    elif k == 5: c.put(R.choice(['2.5.29.18', '2.5.29.9', '2.5.29.46', '1.3.6.1.5.5.7.1.24', '2.16.840.1.113730.1.1', '1.3.6.1.4.1.11129.2.4.3', '1.3.6.1.5.5.7.1.14']), R.choice([NULL, seq(dns('a.example.com')), tlv(3, b'\6\x40')]), R.random() < .6)

def twice(c, ca):
    if c.extensions:
        kind, value, critical = R.choice(c.extensions)
        c.extensions.insert(R.randrange(len(c.extensions) + 1), (kind, value, critical))

def shuffled(c, ca): R.shuffle(c.extensions)

def odd_digest(c, ca):
    c.digest = R.choice(['SHA1', 'SHA1', 'MD5', 'SHA224', 'SHA384', 'SHA512'])

def bad_signature(c, ca): c.unfit = True

def odd_algorithm(c, ca):
    c.outer = R.choice([seq(oid(EC_SIGNATURES['SHA384'])), seq(oid(EC_SIGNATURES['SHA256']), NULL), seq(oid('1.2.3.4'))])

def odd_issuer(c, ca):
    """The issuer's name in another spelling or another kind of string."""
    c.issuer = renamed(c.issuer)

def odd_subject(c, ca):
    if ca: return
    c.subject = R.choice([
        name(), name((CN, 'a.example.com')), name((CN, 'a.example.com'), (CN, 'b.example.com')), name((CN, 'b.example.com')), name((CN, '*.example.com')),
        name((O, 'Acme')), name((O, 'Other'), (CN, 'a.example.com')), name((CN, 'A.EXAMPLE.COM', PRINTABLE)), name((CN, 'a.example.com', BMP)),
        name((CN, 'a.example.com', T61)), name((EMAIL, 'a@example.com', IA5)), name((EMAIL, 'c@other.org', IA5), (CN, 'a.example.com')), name((CN, '')),
        name((CN, 'a@b', PRINTABLE)), name((CN, 'a.example.com'), (O, 'Acme')), name((CN, '10.0.0.1')), seq(tlv(0x31)),
        seq(tlv(0x31, attribute(CN, 'a.example.com'), attribute(O, 'Acme')))])
    if R.random() < .4: c.drop(SAN)
    elif R.random() < .3: c.critical(SAN, True)

def cn_only(c, ca):
    if ca: return
    c.drop(SAN)
    c.subject = name((CN, R.choice(['a.example.com', '*.example.com', 'b.example.com', '10.0.0.1', '2001:db8::1', 'example.com', 'a.example.com.'])))

def renamed(encoded):
    """A name of ours, with its strings spelt otherwise."""
    known = NAMES.get(encoded)
    if known is None: return encoded
    tag = R.choice([UTF8, PRINTABLE, PRINTABLE, T61, BMP])
    return name(*((kind, respelled(text) if R.random() < .6 else text, tag) for kind, text in known))

ODDITIES = [odd_dates, expired, odd_serial, odd_version, odd_constraints, odd_constraints, odd_usage, odd_purpose, odd_purpose, odd_names, odd_name_constraints,
            odd_name_constraints, odd_subject_id, odd_authority_id, odd_policies, odd_extension, twice, shuffled, odd_digest, bad_signature, odd_algorithm, odd_issuer,
            odd_subject, cn_only, one_name]
ONLY_LEAF = {odd_names, odd_subject, cn_only, one_name}
NAMES = {}

def authority_name(text):
    known = [(O, 'Acme')] * (R.random() < .5) + [(CN, text)]
    encoded = name(*known)
    NAMES[encoded] = known
    return encoded

def pem(der):
    text = base64.b64encode(der).decode()
    lines = '\n'.join(text[at:at + 64] for at in range(0, len(text), 64))
    return f'-----BEGIN CERTIFICATE-----\n{lines}\n-----END CERTIFICATE-----\n'

ASKED = [('DNS', 'a.example.com')] * 8 + [('DNS', 'A.EXAMPLE.com'), ('DNS', 'b.example.com'), ('DNS', 'example.com'), ('DNS', 'b.a.example.com'), ('DNS', 'xn--a.example.com'),
         ('DNS', 'a_b.example.com'), ('DNS', 'ab.example.com'), ('IP', '10.0.0.1'), ('IP', '2001:db8::1'), ('DNS', 'a'), ('DNS', 'a.com')]

def pick_key(odd):
    return R.choice(list(OTHERS.values())) if R.random() < odd else R.choice(WIDE)

def case(number):
    odd_keys = R.choice([0, 0, 0, .4])
    depth = R.choice([0, 1, 1, 1, 2, 2, 3])
    root_key, root_name = pick_key(odd_keys), authority_name('Root %d' % R.randrange(3))
    path = [Certificate(root_name, root_key, root_name, root_key, True)]
    for at in range(depth):
        above = path[0]
        path.insert(0, Certificate(authority_name('Int %d' % R.randrange(6)), pick_key(odd_keys), above.subject, above.key, True))
    path.insert(0, Certificate(name((CN, 'a.example.com')), pick_key(odd_keys), path[0].subject, path[0].key, False))
    asked = R.choice(ASKED) if R.random() < .25 else ('DNS', 'a.example.com')
    if asked[0] == 'IP' and R.random() < .7:
        path[0].put(SAN, seq(ip(asked[1])))
    for c in path:
        if isinstance(c.signer, rsa.RSAPrivateKey) and R.random() < .2:
            c.scheme = 'PSS'
    extra_roots, extra_sent, before = [], [], []
    if R.random() < .06:
        whole_policies(path)
    for _ in range(R.choice([0, 1, 1, 1, 1, 2, 2, 3, 4])):
        oddity = R.choice(ODDITIES)
        at = 0 if oddity in ONLY_LEAF else R.randrange(len(path))
        oddity(path[at], at > 0)
    if R.random() < .3:
        # Another certificate for an authority: a cross-sign, the same name with another key, the same key with another name.
        at = R.randrange(1, len(path))
        of = path[at]
        k = R.randrange(6)
        other_key = R.choice(WIDE)
        other_root = Certificate(authority_name('Other Root'), other_key, authority_name('Other Root'), other_key, True)
        other_root.issuer = other_root.subject
        if k == 0:
            crossed = Certificate(of.subject, of.key, other_root.subject, other_key, True)
            extra_sent.append(crossed)
            if R.random() < .6: extra_roots.append(other_root)
        elif k == 1: extra_sent.append(Certificate(of.subject, other_key, of.issuer, of.signer, True))
        elif k == 2: extra_sent.append(Certificate(authority_name('Renamed'), of.key, of.issuer, of.signer, True))
        elif k == 3: extra_roots.append(Certificate(of.subject, other_key, of.subject, other_key, True))
        elif k == 4: extra_roots.append(Certificate(of.subject, of.key, of.subject, of.key, True))
        elif k == 5:
            # A loop: the root's name and key again, issued by an authority below it.
            below = path[max(1, at - 1)]
            extra_sent.append(Certificate(of.subject, of.key, below.subject, below.key, True))
        for c in extra_sent + extra_roots:
            if R.random() < .3:
                R.choice([expired, odd_constraints, odd_usage, odd_name_constraints, odd_purpose, odd_subject_id, odd_authority_id, bad_signature])(c, True)
        if R.random() < .2: expired(of, True)
    if R.random() < .04:
        leaf = path[0]
        leaf.issuer, leaf.signer = leaf.subject, leaf.key
        leaf.put(AKI, seq(tlv(0x80, key_id(leaf.key))))
        if R.random() < .3: leaf.put(BC, constraints(True), True)
    ders = [c.der() for c in path]
    roots, more = [c.der() for c in extra_roots], [c.der() for c in extra_sent]
    sent, trusted = ders[1:-1] + more, [ders[-1]]
    k = R.random()
    if k < .12: sent = sent + [ders[-1]]
    elif k < .2: R.shuffle(sent)
    elif k < .24 and sent: sent.pop(R.randrange(len(sent)))
    elif k < .27: sent = [ders[0]] + sent
    elif k < .3 and sent: sent.append(R.choice(sent))
    elif k < .33: sent.insert(0, ders[-1])
    elif k < .36:
        stranger = R.choice(WIDE)
        sent.insert(R.randrange(len(sent) + 1), Certificate(authority_name('Stranger'), stranger, authority_name('Nobody'), R.choice(WIDE), True).der())
    trusted = trusted + roots if R.random() < .5 else roots + trusted
    k = R.random()
    if k < .06 and depth: trusted = [R.choice(ders[1:-1])]
    elif k < .1 and depth: trusted.insert(R.randrange(len(trusted) + 1), R.choice(ders[1:-1]))
    elif k < .13: trusted = [ders[0]]
    elif k < .15: trusted.append(ders[0])
    elif k < .17:
        stranger = R.choice(WIDE)
        who = authority_name('Stranger')
        trusted = [Certificate(who, stranger, who, stranger, True).der()]
    elif k < .18: trusted = trusted + trusted
    private = path[0].key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return dict(id='odd%d' % number, peer_key=private.decode(), validation_kind='SERVER', trusted_certs=[pem(c) for c in trusted], untrusted_intermediates=[pem(c) for c in sent],
                peer_certificate=pem(ders[0]), validation_time=NOW.strftime('%Y-%m-%dT%H:%M:%SZ'), expected_peer_name=dict(kind=asked[0], value=asked[1]))

cases = []
while len(cases) < COUNT:
    cases.append(case(len(cases)))
with open(sys.argv[3], 'w') as out:
    json.dump(dict(testcases=cases), out)
