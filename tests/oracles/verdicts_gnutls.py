"""What libgnutls says of chains in the form of x509-limbo, one line each: FILE HOW.

HOW is `cli` (purpose and host together), `wget2` (host, no purpose), `curl` (no purpose, the host afterwards) or
`certtool` (purpose and host, a certificate that was sent is no anchor). A line has "ok", or the library's sentences;
for `curl`, where only the host does not match, "host"; where the library fails, "error: " and what the program puts
around it, for the server's own certificate in the handshake (lib/vtls/gtls.c, libwget/ssl_gnutls.c). The library's own calls, by ctypes: what
`_gnutls_x509_cert_verify_peers` (lib/cert-session.c) does with what was sent.
"""

import base64, ctypes, json, sys
from ctypes import byref, c_char_p, c_int, c_long, c_size_t, c_ubyte, c_uint, c_void_p

lib = ctypes.CDLL('libgnutls.so.30')
lib.gnutls_strerror.restype = c_char_p

class Datum(ctypes.Structure):
    _fields_ = [('data', c_char_p), ('size', c_uint)]

class Data(ctypes.Structure):
    _fields_ = [('type', c_int), ('data', c_char_p), ('size', c_uint)]

DER, PEM = 0, 1
HOSTNAME, PURPOSE = 1, 2                    # gnutls_vdata_types_t
LOW = 2 << 24                               # GNUTLS_PROFILE_TO_VFLAGS(GNUTLS_PROFILE_LOW)
DO_NOT_ALLOW_SAME = 1 << 2                  # GNUTLS_VERIFY_DO_NOT_ALLOW_SAME
UNEXPECTED_OWNER = 1 << 14                  # GNUTLS_CERT_UNEXPECTED_OWNER
MOST = 16                                   # DEFAULT_MAX_VERIFY_DEPTH

def der(pem):
    return base64.b64decode(''.join(line for line in pem.splitlines() if '-----' not in line))

def error(code, how, in_handshake=False):
    text = lib.gnutls_strerror(code).decode()
    words = {('curl', True): f'gnutls_handshake() failed: {text}', ('curl', False): f'server cert verify failed: {code}',
             ('wget2', False): 'Certificate verification error'}
    return 'error: ' + words.get((how, in_handshake), text)

def said(case, how):
    roots = c_void_p()
    lib.gnutls_x509_trust_list_init(byref(roots), 0)
    # One at a time: a file with one that cannot be read gives none.
    for text in case['trusted_certs']:
        lib.gnutls_x509_trust_list_add_trust_mem(roots, byref(Datum(text.encode(), len(text))), None, PEM, 0, 0)
    sent = []
    for pem in [case['peer_certificate'], *case['untrusted_intermediates']]:
        read = c_void_p()
        lib.gnutls_x509_crt_init(byref(read))
        octets = der(pem)
        code = lib.gnutls_x509_crt_import(read, byref(Datum(octets, len(octets))), DER)
        if code < 0:
            return error(code, how, in_handshake=not sent)
        sent.append(read)
    if len(sent) > MOST:
        return error(-101, how)
    name = case['expected_peer_name']['value'].encode()
    wanted = []
    if how != 'curl':
        wanted.append(Data(HOSTNAME, name, 0))
    if how in ('cli', 'certtool'):
        wanted.append(Data(PURPOSE, b'1.3.6.1.5.5.7.3.1', 0))
    flags = LOW | (DO_NOT_ALLOW_SAME if how == 'certtool' else 0)
    status = c_uint()
    code = lib.gnutls_x509_trust_list_verify_crt2(
        roots, (c_void_p * len(sent))(*(each.value for each in sent)), len(sent),
        (Data * max(1, len(wanted)))(*wanted), len(wanted), flags, byref(status), None)
    if code < 0:
        return error(code, how)
    if status.value == 0 and how == 'curl' and not lib.gnutls_x509_crt_check_hostname(sent[0], name):
        return 'host'
    for each in sent:
        lib.gnutls_x509_crt_deinit(each)
    lib.gnutls_x509_trust_list_deinit(roots, 1)
    if status.value == 0:
        return 'ok'
    out = Datum()
    lib.gnutls_certificate_verification_status_print(status, 1, byref(out), 0)
    return ctypes.string_at(out.data, out.size).decode().strip()

at = [0]
CLOCK = ctypes.CFUNCTYPE(c_long, c_void_p)
clock = CLOCK(lambda _: at[0])
lib.gnutls_global_set_time_function(clock)
from datetime import datetime, timezone
for case in json.load(open(sys.argv[1]))['testcases']:
    at[0] = int(datetime.strptime(case['validation_time'], '%Y-%m-%dT%H:%M:%SZ').replace(tzinfo=timezone.utc).timestamp())
    print(said(case, sys.argv[2]))
