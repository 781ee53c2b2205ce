"""Serves chains of the lab over TLS on the loopback, a port for each: prints `NAME PORT` lines, then serves until
its input ends. Answers PostgreSQL's question for TLS, and any request with a page."""

import os
import socket
import ssl
import sys
import threading

SSL_REQUEST = bytes([0, 0, 0, 8, 0x04, 0xD2, 0x16, 0x2F])
PAGE = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 3\r\nConnection: close\r\n\r\nok\n"


def answer(context, connection):
    try:
        connection.settimeout(15)
        if connection.recv(8, socket.MSG_PEEK) == SSL_REQUEST:
            connection.recv(8)
            connection.send(b"S")
        secured = context.wrap_socket(connection, server_side=True)
        secured.recv(65536)
        secured.send(PAGE)
        secured.unwrap()
        secured.close()
    except (OSError, ValueError):
        connection.close()


def serve(context, listener):
    while True:
        connection, _ = listener.accept()
        threading.Thread(target=answer, args=(context, connection), daemon=True).start()


for name in sys.argv[2:]:
    directory = os.path.join(sys.argv[1], name)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.set_alpn_protocols(["http/1.1", "h2"])
    context.load_cert_chain(os.path.join(directory, "server.pem"), os.path.join(directory, "server.key"))
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen(64)
    print(name, listener.getsockname()[1], flush=True)
    threading.Thread(target=serve, args=(context, listener), daemon=True).start()
print("all", 0, flush=True)
sys.stdin.read()
