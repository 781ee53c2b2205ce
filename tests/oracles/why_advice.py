"""Whether a program of Python differs from the default context as `castore why` says: a line `NAME yes` or `NAME no`
for each statement, over handshakes in memory with chains of the lab."""

import os
import ssl
import sys

lab = sys.argv[1]


def server(name):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.set_ciphers("ALL:@SECLEVEL=0")
    at = os.path.join(lab, name)
    context.load_cert_chain(os.path.join(at, "server.pem"), os.path.join(at, "server.key"))
    return context


def accepts(client, name="good"):
    a, b = ssl.MemoryBIO(), ssl.MemoryBIO()
    asking = client.wrap_bio(a, b, server_hostname="localhost")
    serving = server(name).wrap_bio(b, a, server_side=True)
    for _ in range(10):
        for end in (asking, serving):
            try:
                end.do_handshake()
            except ssl.SSLWantReadError:
                pass
            except ssl.SSLError:
                return False
    return True


def say(name, holds):
    print(name, "yes" if holds else "no")


def roots(name):
    return os.path.join(lab, name, "roots.pem")


os.environ["SSL_CERT_DIR"] = "/nonexistent"
os.environ["SSL_CERT_FILE"] = "/nonexistent"
early = ssl.create_default_context()
os.environ["SSL_CERT_FILE"] = roots("good")
say("late", not accepts(early) and accepts(ssl.create_default_context()))

bare = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
empty = not accepts(bare)
bare.load_default_certs()
say("bare", empty and accepts(bare) and accepts(ssl.create_default_context()))

try:
    wrong = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    # It verifies nobody, or makes no connection at all (3.10).
    for_servers = wrong.verify_mode != ssl.CERT_NONE and accepts(wrong)
except ssl.SSLError:
    for_servers = False
say("purpose", not for_servers and accepts(ssl.create_default_context(ssl.Purpose.SERVER_AUTH)))

other = roots("mitm-typical")
added = ssl.create_default_context()
added.load_verify_locations(other)
say("cafile", not accepts(ssl.create_default_context(cafile=other)) and accepts(added))

os.environ["SSL_CERT_FILE"] = roots("bc-notcrit-root")
bare = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
bare.load_default_certs()
default = ssl.create_default_context()
strict = not accepts(default, "bc-notcrit-root")
default = ssl.create_default_context()
if hasattr(ssl, "VERIFY_X509_STRICT"):
    default.verify_flags &= ~ssl.VERIFY_X509_STRICT
relaxed = accepts(default, "bc-notcrit-root")
say("strict", strict == (sys.version_info >= (3, 13)) and accepts(bare, "bc-notcrit-root") and relaxed)

try:
    import requests
except ImportError:
    from pip._vendor import requests

for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
    os.environ.pop(name, None)
session = requests.Session()
session.verify = "/own.pem"


def verify(argument):
    return session.merge_environment_settings("https://localhost/", {}, None, argument, None)["verify"]


before = verify(None)
os.environ["REQUESTS_CA_BUNDLE"] = "/variable.pem"
by_requests = verify(None)
del os.environ["REQUESTS_CA_BUNDLE"]
os.environ["CURL_CA_BUNDLE"] = "/variable.pem"
by_curl = verify(None)
say("session", (before, by_requests, by_curl, verify("/own.pem")) == ("/own.pem", "/variable.pem", "/variable.pem", "/own.pem"))
del os.environ["CURL_CA_BUNDLE"]


class Connection:
    cert_reqs = ca_certs = ca_cert_dir = None


# What a pool is told to load: the named file alone, certifi's otherwise.
adapter = requests.adapters.HTTPAdapter()
try:
    named = adapter.build_connection_pool_key_attributes(
        requests.Request("GET", "https://localhost/").prepare(), roots("good"), None
    )[1].get("ca_certs")
except AttributeError:
    connection = Connection()
    adapter.cert_verify(connection, "https://localhost/", roots("good"), None)
    named = connection.ca_certs
say("replaces", named == roots("good"))
