//! ECDSA on the curves that aws-lc does not have and OpenSSL does: P-192, P-224 and three of Brainpool.
//!
//! Points as pairs, one inversion an addition: some milliseconds a signature, which is enough for curves that
//! hardly occur. Curves are never taken from a certificate.

use super::arithmetic::Digest;
use crate::format::der::{Walk, tag};
use crate::model::Oid;
use num_bigint::BigUint;

/// y² = x³ + ax + b over the integers modulo p, a point on it and that point's order, in hexadecimal.
pub(super) struct Curve {
    name: Oid,
    p: &'static str,
    a: &'static str,
    b: &'static str,
    x: &'static str,
    y: &'static str,
    order: &'static str,
}

/// SEC 2 (2010), 2.2.1 and 2.3.1 (version 1 for P-192); RFC 5639, 3.4, 3.6 and 3.7.
const CURVES: &[Curve] = &[
    Curve {
        name: Oid::new_unwrap("1.2.840.10045.3.1.1"),
        p: "fffffffffffffffffffffffffffffffeffffffffffffffff",
        a: "fffffffffffffffffffffffffffffffefffffffffffffffc",
        b: "64210519e59c80e70fa7e9ab72243049feb8deecc146b9b1",
        x: "188da80eb03090f67cbf20eb43a18800f4ff0afd82ff1012",
        y: "07192b95ffc8da78631011ed6b24cdd573f977a11e794811",
        order: "ffffffffffffffffffffffff99def836146bc9b1b4d22831",
    },
    Curve {
        name: Oid::new_unwrap("1.3.132.0.33"),
        p: "ffffffffffffffffffffffffffffffff000000000000000000000001",
        a: "fffffffffffffffffffffffffffffffefffffffffffffffffffffffe",
        b: "b4050a850c04b3abf54132565044b0b7d7bfd8ba270b39432355ffb4",
        x: "b70e0cbd6bb4bf7f321390b94a03c1d356c21122343280d6115c1d21",
        y: "bd376388b5f723fb4c22dfe6cd4375a05a07476444d5819985007e34",
        order: "ffffffffffffffffffffffffffff16a2e0b8f03e13dd29455c5c2a3d",
    },
    Curve {
        name: Oid::new_unwrap("1.3.36.3.3.2.8.1.1.7"),
        p: "a9fb57dba1eea9bc3e660a909d838d726e3bf623d52620282013481d1f6e5377",
        a: "7d5a0975fc2c3057eef67530417affe7fb8055c126dc5c6ce94a4b44f330b5d9",
        b: "26dc5c6ce94a4b44f330b5d9bbd77cbf958416295cf7e1ce6bccdc18ff8c07b6",
        x: "8bd2aeb9cb7e57cb2c4b482ffc81b7afb9de27e1e3bd23c23a4453bd9ace3262",
        y: "547ef835c3dac4fd97f8461a14611dc9c27745132ded8e545c1d54c72f046997",
        order: "a9fb57dba1eea9bc3e660a909d838d718c397aa3b561a6f7901e0e82974856a7",
    },
    Curve {
        name: Oid::new_unwrap("1.3.36.3.3.2.8.1.1.11"),
        p: "8cb91e82a3386d280f5d6f7e50e641df152f7109ed5456b412b1da197fb71123acd3a729901d1a71874700133107ec53",
        a: "7bc382c63d8c150c3c72080ace05afa0c2bea28e4fb22787139165efba91f90f8aa5814a503ad4eb04a8c7dd22ce2826",
        b: "04a8c7dd22ce28268b39b55416f0447c2fb77de107dcd2a62e880ea53eeb62d57cb4390295dbc9943ab78696fa504c11",
        x: "1d1c64f068cf45ffa2a63a81b7c13f6b8847a3e77ef14fe3db7fcafe0cbd10e8e826e03436d646aaef87b2e247d4af1e",
        y: "8abe1d7520f9c2a45cb1eb8e95cfd55262b70b29feec5864e19c054ff99129280e4646217791811142820341263c5315",
        order: "8cb91e82a3386d280f5d6f7e50e641df152f7109ed5456b31f166e6cac0425a7cf3ab6af6b7fc3103b883202e9046565",
    },
    Curve {
        name: Oid::new_unwrap("1.3.36.3.3.2.8.1.1.13"),
        p: "aadd9db8dbe9c48b3fd4e6ae33c9fc07cb308db3b3c9d20ed6639cca703308717d4d9b009bc66842aecda12ae6a380e6\
            2881ff2f2d82c68528aa6056583a48f3",
        a: "7830a3318b603b89e2327145ac234cc594cbdd8d3df91610a83441caea9863bc2ded5d5aa8253aa10a2ef1c98b9ac8b5\
            7f1117a72bf2c7b9e7c1ac4d77fc94ca",
        b: "3df91610a83441caea9863bc2ded5d5aa8253aa10a2ef1c98b9ac8b57f1117a72bf2c7b9e7c1ac4d77fc94cadc083e67\
            984050b75ebae5dd2809bd638016f723",
        x: "81aee4bdd82ed9645a21322e9c4c6a9385ed9f70b5d916c1b43b62eef4d0098eff3b1f78e2d0d48d50d1687b93b97d5f\
            7c6d5047406a5e688b352209bcb9f822",
        y: "7dde385d566332ecc0eabfa9cf7822fdf209f70024a57b1aa000c55b881f8111b2dcde494a5f485e5bca4bd88a2763ae\
            d1ca2b2fa8f0540678cd1e0f3ad80892",
        order: "aadd9db8dbe9c48b3fd4e6ae33c9fc07cb308db3b3c9d20ed6639cca70330870553e5c414ca92619418661197fac1047\
                1db1d381085ddaddb58796829ca90069",
    },
];

/// A curve by its identifier.
pub(super) fn named(name: Oid) -> Option<&'static Curve> {
    CURVES.iter().find(|curve| curve.name == name)
}

/// A point; nothing is the one at infinity.
type Point = Option<(BigUint, BigUint)>;

/// A curve's numbers.
struct Field {
    p: BigUint,
    a: BigUint,
    b: BigUint,
}

fn hex(text: &str) -> BigUint {
    BigUint::parse_bytes(text.as_bytes(), 16).unwrap_or_default()
}

impl Curve {
    fn field(&self) -> Field {
        Field { p: hex(self.p), a: hex(self.a), b: hex(self.b) }
    }

    /// The point that a key is (SEC 1, 2.3.4), uncompressed: compressed ones are not read.
    fn point(&self, key: &[u8]) -> Point {
        let field = self.field();
        let length = usize::try_from(field.p.bits().div_ceil(8)).ok()?;
        let (&form, octets) = key.split_first()?;
        (form == 4 && octets.len() == 2 * length).then_some(())?;
        let (x, y) = octets.split_at(length);
        let (x, y) = (BigUint::from_bytes_be(x), BigUint::from_bytes_be(y));
        (x < field.p && y < field.p && field.holds(&x, &y)).then_some((x, y))
    }

    /// Whether a key is a point on the curve.
    pub(super) fn is_key(&self, key: &[u8]) -> bool {
        self.point(key).is_some()
    }

    /// Whether the key made the signature (FIPS 186-5, 6.4.2).
    pub(super) fn verify(&self, key: &[u8], digest: Digest, message: &[u8], signature: &[u8]) -> bool {
        self.verified(key, digest, message, signature).is_some()
    }

    fn verified(&self, key: &[u8], digest: Digest, message: &[u8], signature: &[u8]) -> Option<()> {
        let q = self.point(key);
        q.as_ref()?;
        let whole = Walk::new(signature).expect(tag::SEQUENCE, "a signature").ok()?;
        let mut fields = Walk::inside(signature, &whole.content);
        let mut number = || {
            let found = fields.expect(tag::INTEGER, "a number").ok()?;
            let octets = signature.get(found.content)?;
            (*octets.first()? < 0x80).then(|| BigUint::from_bytes_be(octets))
        };
        let (r, s) = (number()?, number()?);
        let order = hex(self.order);
        let in_range = |number: &BigUint| *number > BigUint::ZERO && *number < order;
        (in_range(&r) && in_range(&s) && fields.is_empty() && whole.whole.end == signature.len()).then_some(())?;
        let hashed = digest.of(message);
        let mut z = BigUint::from_bytes_be(&hashed);
        let bits = u64::try_from(hashed.len()).ok()? * 8;
        z >>= bits.saturating_sub(order.bits());
        let w = s.modinv(&order)?;
        let field = self.field();
        let base = Some((hex(self.x), hex(self.y)));
        let (u1, u2) = (z * &w % &order, &r * w % &order);
        let (x, _) = field.add(&field.times(&base, &u1), &field.times(&q, &u2))?;
        (x % order == r).then_some(())
    }
}

impl Field {
    fn holds(&self, x: &BigUint, y: &BigUint) -> bool {
        y * y % &self.p == (x * x * x + &self.a * x + &self.b) % &self.p
    }

    fn minus(&self, one: &BigUint, other: &BigUint) -> BigUint {
        (one + &self.p - other) % &self.p
    }

    fn add(&self, one: &Point, other: &Point) -> Point {
        let (Some((x1, y1)), Some((x2, y2))) = (one, other) else { return one.clone().or_else(|| other.clone()) };
        let (above, below) = match x1 == x2 {
            true if y1 == y2 => (x1 * x1 * 3u8 + &self.a, y1 * 2u8),
            true => return None,
            false => (self.minus(y2, y1), self.minus(x2, x1)),
        };
        let slope = above * (below % &self.p).modinv(&self.p)? % &self.p;
        let x = self.minus(&self.minus(&(&slope * &slope % &self.p), x1), x2);
        let y = self.minus(&(slope * self.minus(x1, &x) % &self.p), y1);
        Some((x, y))
    }

    fn times(&self, point: &Point, number: &BigUint) -> Point {
        let mut sum = None;
        for bit in (0..number.bits()).rev() {
            sum = self.add(&sum, &sum);
            if number.bit(bit) {
                sum = self.add(&sum, point);
            }
        }
        sum
    }
}
