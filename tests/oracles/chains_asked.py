"""What Python's ssl says of each chain, its default context at security level 2: CASES. Prints the versions of Python
and OpenSSL, and for each case its name, a tab, and the message, nothing where it accepts; `?` where the server cannot
serve the chain. Server and client are in this process, without a network.
"""

import json, ssl, sys, tempfile


def said(case, file):
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.set_ciphers("ALL:@SECLEVEL=0")
    with open(file, "w") as out:
        out.write(case["peer_certificate"] + "".join(case["untrusted_intermediates"]) + case["peer_key"])
    try:
        server.load_cert_chain(file)
        client = ssl.create_default_context(cadata="".join(case["trusted_certs"]))
    except (ssl.SSLError, ValueError):
        return "?"
    client.set_ciphers("DEFAULT:@SECLEVEL=2")
    there, back = ssl.MemoryBIO(), ssl.MemoryBIO()
    ends = [
        client.wrap_bio(there, back, server_hostname=case["expected_peer_name"]["value"]),
        server.wrap_bio(back, there, server_side=True),
    ]
    for _ in range(6):
        done = 0
        for end in ends:
            try:
                end.do_handshake()
                done += 1
            except ssl.SSLWantReadError:
                pass
            except ssl.SSLCertVerificationError as refused:
                return refused.verify_message
            except (ssl.SSLError, ValueError):
                return "?"
        if done == 2:
            return ""
    return "?"


with open(sys.argv[1]) as file:
    cases = json.load(file)["testcases"]
print(sys.version.split()[0], ssl.OPENSSL_VERSION.split()[1])
with tempfile.NamedTemporaryFile() as file:
    for case in cases:
        print(case["id"], said(case, file.name), sep="\t")
