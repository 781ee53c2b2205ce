"""Makes a default context under each environment on stdin, a line each, and shakes hands with it.

Says after each what ssl.get_default_verify_paths() says. Paths that do not exist are looked at in
between, for strace to show what was opened when. Runs on every Python since 2.7.9.
"""
import os
import ssl
import sys

NAMES = ("SSL_CERT_FILE", "SSL_CERT_DIR")


def mark(where):
    try:
        os.stat("/castore-oracle/" + where)
    except OSError:
        pass


def shake_hands(client_context, server_context):
    if not hasattr(ssl, "MemoryBIO"):
        return "none"
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = client_context.wrap_bio(to_client, to_server, server_hostname="localhost")
    server = server_context.wrap_bio(to_server, to_client, server_side=True)
    for _ in range(10):
        for side in (client, server):
            try:
                side.do_handshake()
            except ssl.SSLWantReadError:
                pass
            except ssl.SSLError:
                return "refused"
    return "accepted"


def main():
    if hasattr(ssl, "PROTOCOL_TLS_SERVER"):
        server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    else:
        server = ssl.SSLContext(ssl.PROTOCOL_SSLv23)
    server.load_cert_chain(sys.argv[1])
    # What is read once in a process is read now, such as openssl.cnf.
    shake_hands(ssl.create_default_context(), server)
    for number, line in enumerate(sys.stdin.read().splitlines()):
        for name in NAMES:
            os.environ.pop(name, None)
        for pair in line.split("\t"):
            if pair:
                name, value = pair.split("=", 1)
                os.environ[name] = value
        paths = ssl.get_default_verify_paths()
        said = [paths.openssl_cafile, paths.openssl_capath, paths.cafile or "", paths.capath or ""]
        mark("%d/context" % number)
        context = ssl.create_default_context()
        mark("%d/handshake" % number)
        said.append(shake_hands(context, server))
        mark("end")
        print("\t".join(said))


main()
