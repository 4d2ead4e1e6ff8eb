"""Starts s3rver on a free port with a bucket, and prints the port.

s3rver ignores conditions on writes. It ends when its standard input does, and s3rver with it.
"""

import os
import re
import subprocess
import sys
import tempfile
import threading


def main():
    program = os.path.join(os.environ["REGISTRY_TEST_SERVERS"], "node_modules/.bin/s3rver")
    with tempfile.TemporaryDirectory() as folder:
        options = ["-a", "127.0.0.1", "-p", "0", "-d", folder, "--configure-bucket", "bucket"]
        s3rver = subprocess.Popen(
            [program, *options], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        try:
            for line in s3rver.stdout:
                found = re.search(r"listening on 127\.0\.0\.1:(\d+)", line)
                if found:
                    break
            else:
                sys.exit("s3rver ended")
            threading.Thread(target=s3rver.stdout.read, daemon=True).start()
            print(f"listening on {found[1]}", flush=True)
            sys.stdin.read()
        finally:
            s3rver.kill()


main()
