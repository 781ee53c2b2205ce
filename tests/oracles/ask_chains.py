"""What libcurl says of each chain that `serve_chains.py` serves, by curl_cffi: LINES, its output. Prints ID, a tab and
the message, nothing where it accepts."""

import sys
from curl_cffi import Curl, CurlOpt

for line in open(sys.argv[1]):
    identifier, host, port, roots = line.split()
    curl = Curl()
    place = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    curl.setopt(CurlOpt.URL, f"https://{place}/".encode())
    curl.setopt(CurlOpt.RESOLVE, [f"{place}:127.0.0.1"])
    curl.setopt(CurlOpt.CAINFO, roots.encode())
    curl.setopt(CurlOpt.WRITEFUNCTION, lambda _: None)
    try:
        curl.perform()
        said = ""
    except Exception as error:
        said = str(error).replace("\n", " ")
    print(identifier, said, sep="\t")
