"""Starts Azurite on a free port with a container, and prints the port.

It ends when its standard input does, and Azurite with it.
"""

import base64
import hashlib
import hmac
import os
import re
import subprocess
import sys
import threading
import urllib.request
from email.utils import formatdate

ACCOUNT = "devstoreaccount1"
# The public key of the emulator.
KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="


def create_container(port):
    headers = {"x-ms-date": formatdate(usegmt=True), "x-ms-version": "2021-12-02"}
    signed = "PUT" + "\n" * 12
    signed += "".join(f"{name}:{value}\n" for name, value in sorted(headers.items()))
    signed += f"/{ACCOUNT}/{ACCOUNT}/bucket\nrestype:container"
    signature = hmac.new(base64.b64decode(KEY), signed.encode(), hashlib.sha256).digest()
    headers["Authorization"] = f"SharedKey {ACCOUNT}:{base64.b64encode(signature).decode()}"
    url = f"http://127.0.0.1:{port}/{ACCOUNT}/bucket?restype=container"
    urllib.request.urlopen(urllib.request.Request(url, method="PUT", headers=headers))


def main():
    program = os.path.join(os.environ["REGISTRY_TEST_SERVERS"], "node_modules/.bin/azurite-blob")
    options = ["--inMemoryPersistence", "--skipApiVersionCheck", "--silent", "--disableTelemetry"]
    address = ["--blobHost", "127.0.0.1", "--blobPort", "0"]
    azurite = subprocess.Popen([program, *address, *options], stdout=subprocess.PIPE, text=True)
    try:
        for line in azurite.stdout:
            found = re.search(r"listens on http://127\.0\.0\.1:(\d+)", line)
            if found:
                break
        else:
            sys.exit("Azurite ended")
        threading.Thread(target=azurite.stdout.read, daemon=True).start()
        create_container(found[1])
        print(f"listening on {found[1]}", flush=True)
        sys.stdin.read()
    finally:
        azurite.kill()


main()
