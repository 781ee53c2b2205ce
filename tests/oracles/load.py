# Says for each file named on standard input what OpenSSL's loader takes from it: the number of
# certificates that PEM_X509_INFO_read_bio gives to X509_load_cert_crl_file, or "refuses".
import ctypes
import sys

crypto = ctypes.CDLL("libcrypto.so.3")
pointer = ctypes.c_void_p
for name, result, arguments in [
    ("OpenSSL_version", ctypes.c_char_p, [ctypes.c_int]),
    ("BIO_new_file", pointer, [ctypes.c_char_p] * 2),
    ("PEM_X509_INFO_read_bio", pointer, [pointer] * 4),
    ("OPENSSL_sk_num", ctypes.c_int, [pointer]),
    ("OPENSSL_sk_value", pointer, [pointer, ctypes.c_int]),
    ("OPENSSL_sk_pop_free", None, [pointer, pointer]),
    ("BIO_free", ctypes.c_int, [pointer]),
    ("ERR_clear_error", None, []),
]:
    function = getattr(crypto, name)
    function.restype, function.argtypes = result, arguments

free = ctypes.cast(crypto.X509_INFO_free, pointer)
password = ctypes.create_string_buffer(b"")


def load(path):
    crypto.ERR_clear_error()
    bio = crypto.BIO_new_file(path.encode(), b"r")
    infos = crypto.PEM_X509_INFO_read_bio(bio, None, None, ctypes.addressof(password))
    crypto.BIO_free(bio)
    if not infos:
        return "refuses"
    count = 0
    for n in range(crypto.OPENSSL_sk_num(infos)):
        info = crypto.OPENSSL_sk_value(infos, n)
        # The first member of X509_INFO is the certificate.
        count += bool(ctypes.cast(info, ctypes.POINTER(pointer))[0])
    crypto.OPENSSL_sk_pop_free(infos, free)
    return f"loads {count}"


print(crypto.OpenSSL_version(0).decode())
for path in sys.stdin.read().splitlines():
    print(load(path))
