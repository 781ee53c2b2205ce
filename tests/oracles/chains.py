"""Chains at random, most with a defect or two, in the form of x509-limbo: SEED COUNT FILE.

Needs the package cryptography. What it makes is held against the real OpenSSL; nothing says what is right.
"""

import random, json, sys, datetime as dt, ipaddress
from cryptography import x509
from cryptography.x509.oid import NameOID, ExtendedKeyUsageOID as EKU, ObjectIdentifier as OID
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa, ed25519
R=random.Random(int(sys.argv[1])); N=int(sys.argv[2])
now=dt.datetime(2026,11,21,20,15)
pool=[ec.generate_private_key(ec.SECP256R1()) for _ in range(8)]+[ec.generate_private_key(ec.SECP384R1()), rsa.generate_private_key(65537,2048), rsa.generate_private_key(65537,1024), ed25519.Ed25519PrivateKey.generate(), ec.generate_private_key(ec.SECP256K1()), ec.generate_private_key(ec.SECP224R1()), ec.generate_private_key(ec.SECP192R1())]
def key():
    return R.choice(pool[:8]) if R.random()<.85 else R.choice(pool)
P=lambda p: R.random()<p
def name(cn, variant=False):
    a=[]
    if P(.3): a.append(x509.NameAttribute(NameOID.ORGANIZATION_NAME, R.choice(['Acme','acme','Acme  Inc'])))
    if cn is not None: a.append(x509.NameAttribute(NameOID.COMMON_NAME, cn))
    if P(.05): a.append(x509.NameAttribute(NameOID.EMAIL_ADDRESS, R.choice(['a@example.com','b@other.org','bad'])))
    return x509.Name(a)
def respell(n):
    out=[]
    for a in n:
        v=a.value
        if P(.3): v=v.upper()
        if P(.2): v=' '+v.replace(' ','  ')+' '
        t=R.choice([None,None,x509.name._ASN1Type.UTF8String, x509.name._ASN1Type.PrintableString]) if a.oid!=NameOID.EMAIL_ADDRESS else None
        try: out.append(x509.NameAttribute(a.oid, v, t) if t else x509.NameAttribute(a.oid, v))
        except Exception: out.append(a)
    return x509.Name(out)
DNS=['a.example.com','*.example.com','example.com','b*.example.com','*a.example.com','xn--a.example.com','other.org','A.Example.COM','example.com.','a_b.example.com','*','com']
IPS=['10.0.0.1','192.168.1.1','2001:db8::1']
def gns(nc=False):
    out=[]
    for _ in range(R.choice([1,1,1,2,3])):
        k=R.random()
        if k<.45: out.append(x509.DNSName(R.choice(['example.com','.example.com','other.org','a.example.com','','com'] if nc else DNS)))
        elif k<.65: out.append(x509.IPAddress(ipaddress.ip_network(R.choice(['10.0.0.0/8','192.168.0.0/16','2001:db8::/32','0.0.0.0/0'])) if nc else ipaddress.ip_address(R.choice(IPS))))
        elif k<.75: out.append(x509.DirectoryName(x509.Name([x509.NameAttribute(NameOID.ORGANIZATION_NAME, R.choice(['Acme','ACME','Other']))]) if P(.8) else x509.Name([])))
        elif k<.85: out.append(x509.RFC822Name(R.choice(['example.com','.example.com','a@example.com'] if nc else ['a@example.com','b@a.example.com','c@other.org'])))
        elif k<.95: out.append(x509.UniformResourceIdentifier(R.choice(['example.com','.example.com','other.org'] if nc else ['https://a.example.com/x','https://user@example.com:8443/','urn:x','http://other.org?q','ftp:/x','https://[::1]/'])))
        else: out.append(x509.RegisteredID(OID('1.2.3.4')) if P(.5) else x509.OtherName(OID('1.3.6.1.5.5.7.8.9'), b'\x0c\x0da@example.com'))
    return out
def cert(subject, skey, issuer, ikey, ca, depth):
    b=x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(skey.public_key())
    b=b.serial_number(R.randrange(1,2**100))
    nb,na=now-dt.timedelta(days=30),now+dt.timedelta(days=300)
    if P(.05): na=now-dt.timedelta(days=1)
    if P(.03): nb=now+dt.timedelta(days=1)
    if P(.02): na=now.replace(microsecond=0)
    if P(.02): nb=now.replace(microsecond=0)
    b=b.not_valid_before(nb).not_valid_after(na)
    def add(e,c):
        nonlocal b
        try: b=b.add_extension(e,c)
        except Exception as x: pass
    if ca:
        if P(.96): add(x509.BasicConstraints(True, R.choice([None,None,None,0,1,2])), P(.95))
        elif P(.5): add(x509.BasicConstraints(False,None),True)
        if P(.93): add(x509.KeyUsage(False,False,False,False,False,P(.96),P(.5),False,False),P(.9))
        if P(.07): add(x509.ExtendedKeyUsage(R.choice([[EKU.CLIENT_AUTH],[EKU.SERVER_AUTH],[EKU.ANY_EXTENDED_KEY_USAGE],[OID('2.16.840.1.113730.4.1')]])),False)
        if P(.3):
            try: add(x509.NameConstraints(gns(True) if P(.6) else None, gns(True) if P(.4) else None), P(.8))
            except Exception: pass
    else:
        if P(.3): add(x509.BasicConstraints(P(.1),None),True)
        if P(.7): add(x509.KeyUsage(P(.9),False,P(.3),False,False,P(.05),P(.05),False,False),True)
        if P(.7): add(x509.ExtendedKeyUsage(R.choice([[EKU.SERVER_AUTH]]*8+[[EKU.CLIENT_AUTH],[EKU.ANY_EXTENDED_KEY_USAGE],[EKU.SERVER_AUTH,EKU.CLIENT_AUTH],[OID('1.3.6.1.4.1.311.10.3.3')]])),P(.2))
        if P(.85): add(x509.SubjectAlternativeName(gns() if P(.9) else []), P(.2))
    if P(.95): add(x509.SubjectKeyIdentifier.from_public_key(skey.public_key()), P(.01))
    k=R.random()
    if k<.75: add(x509.AuthorityKeyIdentifier.from_issuer_public_key(ikey.public_key()), P(.01))
    elif k<.80: add(x509.AuthorityKeyIdentifier(b'wrong',None,None),False)
    elif k<.84: add(x509.AuthorityKeyIdentifier(None,[x509.DirectoryName(issuer)],5),False)
    elif k<.86: add(x509.AuthorityKeyIdentifier(None,None,None),False) if False else None
    if P(.02): add(x509.UnrecognizedExtension(OID('1.2.3.4.5'),b'\x05\x00'),True)
    if P(.02): add(x509.CertificatePolicies([x509.PolicyInformation(OID('1.2.3'),None)]),P(.5))
    if P(.02): add(x509.PolicyConstraints(0,None),True)
    if P(.02): add(x509.InhibitAnyPolicy(0),True)
    h=hashes.SHA256()
    if P(.03): h=R.choice([hashes.SHA1(),hashes.SHA224(),hashes.SHA384(),hashes.SHA512()])
    signer=ikey if P(.98) else R.choice(pool[:8])
    if isinstance(signer, ed25519.Ed25519PrivateKey): h=None
    try: return b.sign(signer,h)
    except Exception: return b.sign(signer,hashes.SHA256() if h else None)
pem=lambda c:c.public_bytes(serialization.Encoding.PEM).decode()
cases=[]
while len(cases)<N:
  try:
    rk=key(); rn=name('Root %d'%R.randrange(3))
    root=cert(rn,rk,rn,rk,True,9)
    chain=[]; pk,pn=rk,rn
    for d in range(R.choice([0,1,1,1,2,3])):
        k=key(); n=name('Int %d'%R.randrange(4)) if P(.97) else pn
        chain.insert(0,cert(n,k,respell(pn) if P(.2) else pn,pk,True,d)); pk,pn=k,n
    lk=key(); ln=name(R.choice(['a.example.com','example.com','*.example.com','other.org','Acme Server',None]))
    leaf=cert(ln,lk,respell(pn) if P(.2) else pn,pk,False,0)
    if P(.05): leaf=cert(ln,lk,ln,lk,False,0)
    sent=list(chain)
    if P(.2): sent.append(root)
    if P(.15):
        k2=key(); sent.insert(R.randrange(len(sent)+1), cert(pn,k2 if P(.5) else pk,rn,rk,True,1))
    if P(.1): R.shuffle(sent)
    if P(.05) and sent: sent.pop(R.randrange(len(sent)))
    if P(.05): sent.insert(0,leaf)
    if P(.03) and sent: sent.append(R.choice(sent))
    trusted=[root]
    if P(.12): trusted.insert(R.randrange(2), cert(rn,rk if P(.6) else key(),rn,rk,True,9))
    if P(.1) and chain: trusted.insert(R.randrange(len(trusted)+1), R.choice(chain))
    if P(.06) and chain: trusted=[R.choice(chain)]
    if P(.04): trusted=[leaf]
    if P(.03): trusted.append(leaf)
    if P(.03): k=key(); n=name('X'); trusted=[cert(n,k,n,k,True,9)]
    nm=R.choice([('DNS','a.example.com')]*6+[('DNS','example.com'),('DNS','bar.example.com'),('IP','10.0.0.1'),('IP','2001:db8::1'),('DNS','xn--a.example.com')])
    cases.append(dict(id='g%d'%len(cases),validation_kind='SERVER',trusted_certs=[pem(c) for c in trusted],untrusted_intermediates=[pem(c) for c in sent],peer_certificate=pem(leaf),validation_time='2026-11-21T20:15:00Z',expected_peer_name=dict(kind=nm[0],value=nm[1])))
  except Exception as e:
    print('skip',repr(e)[:150],file=sys.stderr)
json.dump(dict(testcases=cases),open(sys.argv[3],'w'))
