"""Serves the chains of a file in the form of x509-limbo with their keys, a port of the loopback each: CASES DIRECTORY.

Writes the roots of each chain into the directory and prints `ID NAME PORT ROOTS` lines, those of the chains that this
machine's OpenSSL can serve, then `all`; serves until its input ends.
"""

import json, os, selectors, socket, ssl, sys, threading

PAGE = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 3\r\nConnection: close\r\n\r\nok\n"


def answer(context, connection):
    try:
        connection.settimeout(15)
        secured = context.wrap_socket(connection, server_side=True)
        secured.recv(65536)
        secured.send(PAGE)
        secured.unwrap()
        secured.close()
    except (OSError, ValueError):
        connection.close()


def listen(case, directory):
    chain, roots = (os.path.join(directory, case["id"] + end) for end in (".pem", ".roots"))
    with open(chain, "w") as out:
        out.write(case["peer_certificate"] + "".join(case["untrusted_intermediates"]) + case["peer_key"])
    with open(roots, "w") as out:
        out.write("".join(case["trusted_certs"]))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.set_ciphers("ALL:@SECLEVEL=0")
    try:
        context.load_cert_chain(chain)
    except ssl.SSLError:
        return None
    listener = socket.create_server(("127.0.0.1", 0), backlog=64)
    print(case["id"], case["expected_peer_name"]["value"], listener.getsockname()[1], roots)
    return context, listener


selector = selectors.DefaultSelector()
with open(sys.argv[1]) as file:
    for case in json.load(file)["testcases"]:
        found = listen(case, sys.argv[2])
        if found:
            selector.register(found[1], selectors.EVENT_READ, found[0])
print("all", flush=True)
selector.register(sys.stdin, selectors.EVENT_READ)
while True:
    for key, _ in selector.select():
        if key.data is None:
            os._exit(0)
        threading.Thread(target=answer, args=(key.data, key.fileobj.accept()[0]), daemon=True).start()
