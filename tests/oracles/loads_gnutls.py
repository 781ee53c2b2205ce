"""How many different certificates GnuTLS takes of files that are a trust list, one line each: a number, or `refused: ` and why.

Standard input names the files, a line each. By the library's own call, which every trust file goes through.
"""

import ctypes, sys

lib = ctypes.CDLL('libgnutls.so.30')
lib.gnutls_strerror.restype = ctypes.c_char_p
PEM = 1
NO_CERTIFICATE_FOUND = -49

class Datum(ctypes.Structure):
    _fields_ = [('data', ctypes.c_char_p), ('size', ctypes.c_uint)]

for path in sys.stdin.read().splitlines():
    with open(path, 'rb') as file:
        octets = file.read()
    found, count = ctypes.c_void_p(), ctypes.c_uint()
    code = lib.gnutls_x509_crt_list_import2(
        ctypes.byref(found), ctypes.byref(count), ctypes.byref(Datum(octets, len(octets))), PEM, 0)
    none = code == NO_CERTIFICATE_FOUND
    if code < 0:
        print('0' if none else f'refused: {lib.gnutls_strerror(code).decode()}')
        continue
    all = ctypes.cast(found, ctypes.POINTER(ctypes.c_void_p))[:count.value]
    same = lambda one, other: lib.gnutls_x509_crt_equals(ctypes.c_void_p(one), ctypes.c_void_p(other))
    print(sum(not any(same(one, other) for other in all[:at]) for at, one in enumerate(all)))
