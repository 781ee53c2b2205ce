#!/usr/bin/env python3
"""Makes recorded.jsonl of what the clients were heard to say: one line for each client.

    strip.py results.json > recorded.jsonl

Kept are whether the client accepted, and where it did not, the number or name that it printed where it
printed one, and its text. Nothing is interpreted: numbers stand in the text, and what is cut is said here:
ports, addresses in memory and line numbers (they change with every run), lists of supported algorithms, what
a program repeats of its own address, and text behind 300 characters.
"""

import json
import re
import sys

CUT = [
    (r"localhost:\d+", "localhost:PORT"),
    (r"127\.0\.0\.1:\d+", "127.0.0.1:PORT"),
    (r"port=\d+", "port=PORT"),
    (r"lab/oracle-lab/certs/", "certs/"),
    (r", supported_algorithms: \[.*", " }"),
    (r"(_ssl\.c:)\d+", r"\1LINE"),
    (r"\x1b\[\d+m", ""),
]
NUMBERS = [r"num=(\d+):", r"error (\d+) at \d+ depth", r"ERROR (-\d+):", r"verify result: .*? \((\d+)\)"]
NAMES = [r'code: "([A-Z_]+)"']


def said(answer):
    text = str(answer.get("error") or "")
    line = {}
    code = answer.get("verify_code", answer.get("code"))
    for pattern in NUMBERS + NAMES:
        found = re.search(pattern, text)
        if code is None and found:
            code = int(found[1]) if pattern in NUMBERS else found[1]
    if code is not None:
        line["code"] = code
    if "verify_message" in answer:
        text = answer["verify_message"]
    for pattern, instead in CUT:
        text = re.sub(pattern, instead, text)
    line["text"] = text[:300]
    return line


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        results = json.load(file)
    for client in sorted(results):
        answers = results[client]
        accepts = [chain for chain in sorted(answers) if answers[chain]["ok"]]
        refuses = {chain: said(answers[chain]) for chain in sorted(answers) if not answers[chain]["ok"]}
        print(json.dumps({"client": client, "accepts": accepts, "refuses": refuses}, ensure_ascii=False))


if __name__ == "__main__":
    main()
