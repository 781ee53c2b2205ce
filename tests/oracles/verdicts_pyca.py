"""What cryptography.x509.verification says of chains in the form of x509-limbo, one line each: FILE.

A line has "ok", "unread" where a certificate cannot be read, or the text of the error.
"""

import datetime, ipaddress, json, sys, warnings
from cryptography import x509
from cryptography.x509 import verification

warnings.simplefilter('ignore')

def said(case):
    name = case['expected_peer_name']
    try:
        if name['kind'] == 'IP':
            subject = x509.IPAddress(ipaddress.ip_address(name['value']))
        else:
            subject = x509.DNSName(name['value'])
        read = lambda text: x509.load_pem_x509_certificate(text.encode())
        trusted = []
        for text in case['trusted_certs']:
            try:
                trusted.append(read(text))
            except Exception:
                pass
        store = verification.Store(trusted)
        leaf = read(case['peer_certificate'])
        sent = [read(each) for each in case['untrusted_intermediates']]
        at = datetime.datetime.strptime(case['validation_time'], '%Y-%m-%dT%H:%M:%SZ')
        builder = verification.PolicyBuilder().store(store).time(at)
        verifier = builder.build_server_verifier(subject)
    except Exception as why:
        return 'unread: %r' % why
    try:
        verifier.verify(leaf, sent)
    except Exception as why:
        return str(why) if isinstance(why, verification.VerificationError) else 'raised: %r' % why
    return 'ok'

for case in json.load(open(sys.argv[1]))['testcases']:
    print(said(case).replace('\n', ' '))
