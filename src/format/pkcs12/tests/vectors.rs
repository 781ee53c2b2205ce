//! What `tests/data/malformed/pkcs12` holds.

use super::super::bags::{CERT_BAG, FRIENDLY_NAME, TRUSTED_KEY_USAGE, X509};
use super::super::hash::Hash;
use super::super::kdf::Kdf;
use super::super::passwords::Secret;
use super::super::scheme::{Cipher, ID_PBES2, Scheme};
use super::super::write::{Protection, content_info, encrypted_for, mac_data, modern, number, octets, write};
use super::super::{DATA, ENCRYPTED_DATA, ENVELOPED_DATA, SIGNED_DATA};
use crate::format::der::{element, oid, sequence, tag};
use crate::format::tests::vectors::{Vector, hold, one, two, vector};
use crate::model::trust::ANY_PURPOSE;
use crate::model::{Oid, Password};

const CONTEXT_0: u8 = 0xa0;

fn named(text: &str) -> Oid {
    text.parse().unwrap()
}

fn attribute(kind: Oid, value: &[u8]) -> Vec<u8> {
    sequence(&[oid(kind), element(tag::SET, value)])
}

fn name(text: &str) -> Vec<u8> {
    let bmp: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
    attribute(FRIENDLY_NAME, &element(tag::BMP, &bmp))
}

fn trusted() -> Vec<u8> {
    attribute(TRUSTED_KEY_USAGE, &oid(ANY_PURPOSE))
}

fn key_id(id: &[u8]) -> Vec<u8> {
    attribute(named("1.2.840.113549.1.9.21"), &octets(id))
}

/// A bag with attributes.
fn bag(kind: Oid, value: &[u8], attributes: &[Vec<u8>]) -> Vec<u8> {
    sequence(&[oid(kind), element(CONTEXT_0, value), element(tag::SET, &attributes.concat())])
}

fn cert_value(kind: Oid, der: &[u8]) -> Vec<u8> {
    sequence(&[oid(kind), element(CONTEXT_0, &octets(der))])
}

fn cert(alias: &str, der: &[u8]) -> Vec<u8> {
    bag(CERT_BAG, &cert_value(X509, der), &[name(alias), trusted()])
}

fn key(attributes: &[Vec<u8>]) -> Vec<u8> {
    let algorithm = sequence(&[oid(ID_PBES2), sequence(&[])]);
    bag(named("1.2.840.113549.1.12.10.1.2"), &sequence(&[algorithm, octets(b"sealed")]), attributes)
}

fn plain(bags: &[Vec<u8>]) -> Vec<u8> {
    content_info(DATA, &octets(&sequence(bags)))
}

fn pfx_of(content: Vec<u8>, seal: &[u8]) -> Vec<u8> {
    sequence(&[number(3), content, seal.to_vec()])
}

fn pfx(parts: &[Vec<u8>], seal: &[u8]) -> Vec<u8> {
    pfx_of(content_info(DATA, &octets(&sequence(parts))), seal)
}

fn unsealed(bags: &[Vec<u8>]) -> Vec<u8> {
    pfx(&[plain(bags)], &[])
}

fn changeit() -> Password {
    Password::new("changeit")
}

/// Two certificates that Java lists, in clear.
pub(super) fn clean() -> Vec<u8> {
    unsealed(&[cert("one", &one()), cert("two", &two())])
}

fn layout() -> Vec<Vector> {
    let both = [cert("one", &one()), cert("two", &two())];
    let mut long = cert("two", &two());
    long[3] = long[3].wrapping_add(1);
    let cut = clean();
    let indefinite = |tag: u8, content: &[u8]| [&[tag, 0x80], content, &[0, 0]].concat();
    let pieces = |content: &[u8]| {
        let pieces: Vec<u8> = content.chunks(100).flat_map(octets).collect();
        indefinite(0x24, &pieces)
    };
    let info = |content: &[u8]| indefinite(0x30, &[oid(DATA), indefinite(CONTEXT_0, content)].concat());
    let safe = indefinite(0x30, &both.concat());
    let ber = indefinite(0x30, &[number(3), info(&pieces(&indefinite(0x30, &info(&pieces(&safe)))))].concat());
    let mut deep = cert("one", &one());
    for _ in 0..40 {
        deep = bag(named("1.2.840.113549.1.12.10.1.6"), &sequence(&[deep]), &[]);
    }
    let nested = bag(named("1.2.840.113549.1.12.10.1.6"), &sequence(&[cert("one", &one())]), &[]);
    let broken = content_info(DATA, &octets(b"no bags"));
    vec![
        vector("clean", "nothing is wrong", clean()),
        vector("cut", "the file ends in the middle of the second certificate", cut[..cut.len() - 300].to_vec()),
        vector("trailing", "octets follow the file", [clean(), b"tail".to_vec()].concat()),
        vector("ber", "lengths are indefinite and strings in pieces", ber.clone()),
        vector("ber-unclosed", "the last end of contents is missing", ber[..ber.len() - 2].to_vec()),
        vector(
            "bag-too-long",
            "the second bag declares an octet more than there is",
            unsealed(&[cert("one", &one()), long]),
        ),
        vector(
            "bag-of-integer",
            "an INTEGER stands between the bags",
            unsealed(&[both[0].clone(), number(7), both[1].clone()]),
        ),
        vector("bags-nested", "a bag holds bags", unsealed(&[nested, both[1].clone()])),
        vector("bags-too-deep", "a bag holds bags, forty deep", unsealed(&[deep, both[1].clone()])),
        vector("no-bags", "there is no bag in the part", unsealed(&[])),
        vector("no-parts", "there is no part", pfx(&[], &[])),
        vector("part-broken", "the first part is no SafeContents", pfx(&[broken, plain(&both)], &[])),
        vector("content-missing", "the content is missing", pfx_of(sequence(&[oid(DATA)]), &[])),
    ]
}

fn bags() -> Vec<Vector> {
    let value = |der: &[u8]| cert_value(X509, der);
    let with = |attributes: &[Vec<u8>]| unsealed(&[bag(CERT_BAG, &value(&one()), attributes), cert("two", &two())]);
    let first = |bag: Vec<u8>| unsealed(&[bag, cert("two", &two())]);
    let odd = attribute(FRIENDLY_NAME, &element(tag::BMP, &[0, b'o', 0, b'n', 0]));
    let surrogate = attribute(FRIENDLY_NAME, &element(tag::BMP, &[0xd8, 0x3d, 0, b'x']));
    let indefinite = [&[0x30, 0x80], &one()[4..], &[0, 0]].concat();
    let no_set = sequence(&[oid(CERT_BAG), element(CONTEXT_0, &value(&one())), number(7)]);
    let secret = cert_value(named("1.2.840.113549.1.12.10.1.2"), b"sealed");
    let secret = bag(named("1.2.840.113549.1.12.10.1.5"), &secret, &[name("secret")]);
    let list = bag(named("1.2.840.113549.1.12.10.1.4"), &sequence(&[]), &[]);
    let other = bag(named("1.2.3.4"), &sequence(&[]), &[]);
    let in_chain = bag(CERT_BAG, &value(&one()), &[key_id(b"1")]);
    let without = bag(CERT_BAG, &value(&two()), &[name("two")]);
    vec![
        vector(
            "no-trusted-usage",
            "the first certificate has no attribute for trusted key usage",
            with(&[name("one")]),
        ),
        vector("no-attributes", "the first certificate has no attributes", with(&[])),
        vector("attributes-no-set", "the attributes are no SET", first(no_set)),
        vector("alias-odd", "an alias has an odd number of octets", with(&[odd, trusted()])),
        vector("alias-surrogate", "an alias has half a surrogate pair", with(&[surrogate, trusted()])),
        vector("alias-twice", "aliases differ in case alone", unsealed(&[cert("A", &one()), cert("a", &two())])),
        vector("not-a-certificate", "the first bag holds no certificate", first(cert("one", &[0x30, 0]))),
        vector("certificate-cut", "the first certificate is cut", first(cert("one", &one()[..100]))),
        vector(
            "certificate-trailing",
            "octets follow the first certificate",
            first(cert("one", &[one(), b"tail".to_vec()].concat())),
        ),
        vector("certificate-ber", "the first certificate is BER", first(cert("one", &indefinite))),
        vector("certificate-sdsi", "the first certificate is an SDSI certificate", {
            first(bag(CERT_BAG, &cert_value(named("1.2.840.113549.1.9.22.2"), b"sdsi"), &[name("one")]))
        }),
        vector("key", "a private key and its certificate, and one that is no part of its chain", {
            unsealed(&[key(&[name("key"), key_id(b"1")]), in_chain, without])
        }),
        vector("key-without-id", "a private key without localKeyId and its certificate", {
            unsealed(&[key(&[name("key")]), bag(CERT_BAG, &value(&one()), &[]), cert("two", &two())])
        }),
        vector(
            "other-bags",
            "a secret, a CRL and a bag of another type",
            unsealed(&[secret, list, other, cert("two", &two())]),
        ),
    ]
}

/// One certificate in a part with this encryption stated, and a seal by `changeit`.
fn stated(algorithm: Vec<u8>) -> Vec<u8> {
    let content = sequence(&[oid(DATA), algorithm, element(0x80, &[7; 64])]);
    let part = content_info(ENCRYPTED_DATA, &sequence(&[number(0), content]));
    pfx(&[part, plain(&[cert("two", &two())])], &[])
}

fn pbes2(kdf: Vec<u8>, cipher: &str, iv: &[u8]) -> Vec<u8> {
    sequence(&[oid(ID_PBES2), sequence(&[kdf, sequence(&[oid(named(cipher)), octets(iv)])])])
}

fn pbkdf2(rounds: Vec<u8>) -> Vec<u8> {
    sequence(&[oid(named("1.2.840.113549.1.5.12")), sequence(&[octets(b"saltsalt"), rounds])])
}

const AES: &str = "2.16.840.1.101.3.4.1.42";

fn ciphers() -> Vec<Vector> {
    let scrypt = |n: u64, r: u64, p: u64| {
        sequence(&[oid(named("1.3.6.1.4.1.11591.4.11")), sequence(&[octets(b"salt"), number(n), number(r), number(p)])])
    };
    let by_scrypt = {
        let safe = sequence(&[cert("one", &one())]);
        let kdf = Kdf::Scrypt { salt: b"salt".to_vec(), n: 16, r: 1, p: 1 };
        let scheme = Scheme::Pbes2 { kdf, cipher: Cipher::Aes256, iv: vec![9; 16] };
        pfx(&[encrypted_for(&scheme, &changeit(), &safe)], &[])
    };
    let enveloped = content_info(ENVELOPED_DATA, &sequence(&[]));
    vec![
        vector("password", "the password is none that is tried", {
            write(&[("one", &one())], Protection::Modern(&Password::new("another")))
        }),
        vector("scrypt", "the key comes from scrypt", by_scrypt),
        vector("scrypt-memory", "scrypt asks for a terabyte", stated(pbes2(scrypt(1 << 30, 8, 1), AES, &[9; 16]))),
        vector("scrypt-odd", "the cost of scrypt is no power of two", stated(pbes2(scrypt(15, 1, 1), AES, &[9; 16]))),
        vector("iterations-many", "PBKDF2 asks for two thousand million iterations", {
            stated(pbes2(pbkdf2(number(2_000_000_000)), AES, &[9; 16]))
        }),
        vector("iterations-none", "PBKDF2 asks for no iteration", stated(pbes2(pbkdf2(number(0)), AES, &[9; 16]))),
        vector("iterations-negative", "PBKDF2 asks for less than none", {
            stated(pbes2(pbkdf2(element(tag::INTEGER, &[0xff])), AES, &[9; 16]))
        }),
        vector("vector-short", "the initialization vector is no block", stated(pbes2(pbkdf2(number(1)), AES, &[9; 8]))),
        vector(
            "cipher-unknown",
            "the cipher is none that is known",
            stated(pbes2(pbkdf2(number(1)), "1.2.3.4", &[9; 16])),
        ),
        vector(
            "encryption-unknown",
            "the encryption is none that is known",
            stated(sequence(&[oid(named("1.2.3.4"))])),
        ),
        vector("recipients", "the first part is encrypted for recipients", {
            pfx(&[enveloped, plain(&[cert("two", &two())])], &[])
        }),
    ]
}

fn seals() -> Vec<Vector> {
    let parts = [plain(&[cert("one", &one())])];
    let sealed = sequence(&parts);
    let good = mac_data(Hash::Sha256, &changeit(), &sealed);
    let mut flipped = good.clone();
    flipped[30] ^= 1;
    let seal = |algorithm: Vec<u8>, rounds: Vec<u8>| {
        sequence(&[sequence(&[algorithm, octets(&[7; 32])]), octets(b"saltsalt"), rounds])
    };
    let sha256 = || sequence(&[oid(Hash::Sha256.digest_oid())]);
    let pbmac1 = |length: Option<u64>, digest: &[u8]| {
        let prf = || sequence(&[oid(Hash::Sha256.hmac_oid())]);
        let length = length.map(number).unwrap_or_default();
        let kdf = sequence(&[
            oid(named("1.2.840.113549.1.5.12")),
            sequence(&[octets(b"saltsalt"), number(2), length, prf()]),
        ]);
        let algorithm = sequence(&[oid(named("1.2.840.113549.1.5.14")), sequence(&[kdf, prf()])]);
        sequence(&[sequence(&[algorithm, octets(digest)]), octets(b"unused"), number(1)])
    };
    let digest = {
        let mut key = [0; 32];
        let kdf = Kdf::Pbkdf2 { prf: Hash::Sha256, salt: b"saltsalt".to_vec(), rounds: 2, octets: None };
        kdf.derive(&Secret::new("changeit").utf8, &mut key).unwrap();
        Hash::Sha256.hmac(&key, &sealed)
    };
    let safe = sequence(&[cert("one", &one())]);
    let damaged = {
        let mut bytes = pfx(&[encrypted_for(&modern(&safe), &changeit(), &safe)], &good);
        let at = bytes.len() / 2;
        bytes[at] ^= 1;
        bytes
    };
    vec![
        vector("sealed", "nothing is wrong, and it is sealed", pfx(&parts, &good)),
        vector("seal-flipped", "a bit of the seal is another", pfx(&parts, &flipped)),
        vector("sealed-for-another", "the seal is that of another file, and a bit is flipped", damaged),
        vector(
            "seal-unknown",
            "the digest is none that is known",
            pfx(&parts, &seal(sequence(&[oid(named("1.2.3"))]), number(1))),
        ),
        vector("seal-no-iterations", "the seal asks for no iteration", pfx(&parts, &seal(sha256(), number(0)))),
        vector(
            "seal-many-iterations",
            "the seal asks for 2^62 iterations",
            pfx(&parts, &seal(sha256(), number(1 << 62))),
        ),
        vector("seal-broken", "the seal is an INTEGER", pfx(&parts, &number(7))),
        vector("pbmac1", "the seal is PBMAC1", pfx(&parts, &pbmac1(Some(32), &digest))),
        vector("pbmac1-no-length", "PBMAC1 states no length of key", pfx(&parts, &pbmac1(None, &digest))),
        vector("pbmac1-short", "PBMAC1 states a key of one octet", pfx(&parts, &pbmac1(Some(1), &digest))),
        vector("signed", "public keys seal it", pfx_of(content_info(SIGNED_DATA, &sequence(&[])), &[])),
    ]
}

#[test]
fn vectors_are_read_as_they_say() {
    hold("pkcs12", &[layout(), bags(), ciphers(), seals()].into_iter().flatten().collect::<Vec<_>>());
}
