"""What `ssl.create_default_context` says of each chain of the lab, over a handshake in memory: the version, the
library's, then `NAME CODE` lines, 0 where it accepts, -1 where something else than verification fails."""

import os
import ssl
import sys

print(sys.version.split()[0])
print(ssl.OPENSSL_VERSION)
lab = sys.argv[1]
for name in sorted(os.listdir(lab)):
    at = os.path.join(lab, name)
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER if hasattr(ssl, "PROTOCOL_TLS_SERVER") else ssl.PROTOCOL_SSLv23)
    server.set_ciphers("ALL:@SECLEVEL=0")
    client = ssl.create_default_context(cafile=os.path.join(at, "roots.pem"))
    try:
        server.load_cert_chain(os.path.join(at, "server.pem"), os.path.join(at, "server.key"))
    except ssl.SSLError:
        continue
    client.check_hostname = False
    a, b = ssl.MemoryBIO(), ssl.MemoryBIO()
    asking = client.wrap_bio(a, b)
    serving = server.wrap_bio(b, a, server_side=True)
    code, open_ends = None, [asking, serving]
    for _ in range(20):
        for end in list(open_ends):
            try:
                end.do_handshake()
                open_ends.remove(end)
            except ssl.SSLWantReadError:
                pass
            except ssl.SSLError as error:
                if end is asking:
                    code = getattr(error, "verify_code", 0) or -1
                open_ends.remove(end)
        if asking not in open_ends:
            break
    print(name, 0 if code is None else code)
