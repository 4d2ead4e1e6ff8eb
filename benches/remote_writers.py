#!/usr/bin/env python3
"""Measures how long a write takes while others write, on moto or Azurite.

Starts the server as the tests do, and runs `registry register` in 1, 2, 4, 8 and 16 processes at a
time on one manifest. Prints how long a GET and a PUT take on the server (for
benches/remote_scale.py) and the times of the commands. `.ci/remote install` prints the variable
REGISTRY_TEST_SERVERS.

    benches/remote_writers.py --server moto --binary target/release/registry
"""

import argparse
import os
import pathlib
import re
import statistics
import subprocess
import sys
import tempfile
import threading
import time

TESTS = pathlib.Path(__file__).resolve().parent.parent / "tests/remote"
EMULATOR = (
    "AccountName=devstoreaccount1;AccountKey=Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1"
    "OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
)


class Proxy:
    """Forwards requests to the server and measures them."""

    def __init__(self, port):
        import http.client
        import http.server

        self.times = {"GET": [], "PUT": []}
        times = self.times

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def handle_any(self):
                body = self.rfile.read(int(self.headers.get("content-length", 0)))
                started = time.perf_counter()
                server = http.client.HTTPConnection("127.0.0.1", port)
                server.putrequest(
                    self.command, self.path, skip_host=True, skip_accept_encoding=True
                )
                for name, value in self.headers.items():
                    server.putheader(name, value)
                server.endheaders(body or None)
                answer = server.getresponse()
                content = answer.read()
                times.setdefault(self.command, []).append(time.perf_counter() - started)
                self.send_response_only(answer.status)
                for name, value in answer.getheaders():
                    if name.lower() not in ("transfer-encoding", "connection", "content-length"):
                        self.send_header(name, value)
                if answer.status != 304:
                    self.send_header("content-length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)
                server.close()

            do_GET = do_PUT = do_HEAD = do_DELETE = do_POST = handle_any  # noqa: N815

            def log_message(self, *arguments):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self.server.server_port
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def take(self):
        taken = {name: list(times) for name, times in self.times.items()}
        for times in self.times.values():
            times.clear()
        return taken


def start(name):
    servers = os.environ["REGISTRY_TEST_SERVERS"]
    python = os.path.join(servers, "moto/bin/python")
    command = [python, str(TESTS / f"{name}_server.py")]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
    server = subprocess.Popen(command, text=True, **pipes)
    return server, int(re.search(r"\d+", server.stdout.readline())[0])


def environment(name, port, folder):
    variables = {"HOME": folder, "XDG_CACHE_HOME": folder, "REGISTRY_LOCK_TIMEOUT": "300"}
    if name == "moto":
        variables |= {"AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}"}
        variables |= {"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b"}
    else:
        endpoint = f"http://127.0.0.1:{port}/devstoreaccount1"
        variables["AZURE_STORAGE_CONNECTION_STRING"] = f"{EMULATOR};BlobEndpoint={endpoint}"
    return variables


def run(binary, url, variables, writers, each):
    """Returns the times of all commands, in seconds, and the total time."""
    times = []

    def write(writer):
        for number in range(each):
            version = f"{writers}-{writer}-{number}"
            options = ["register", "m", "--artifact-path", "s3://p", "--version", version]
            started = time.perf_counter()
            subprocess.run([binary, "-m", url, *options], env=variables, check=True, stdout=-3)
            times.append(time.perf_counter() - started)

    threads = [threading.Thread(target=write, args=(writer,)) for writer in range(writers)]
    started = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(times), time.perf_counter() - started


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--server", choices=["moto", "azurite"], default="moto")
    parser.add_argument("--binary", default="target/release/registry")
    parser.add_argument("--each", type=int, default=10, help="writes of each process")
    options = parser.parse_args()
    server, port = start(options.server)
    scheme = {"moto": "s3", "azurite": "az"}[options.server]
    with tempfile.TemporaryDirectory() as folder:
        proxy = Proxy(port)
        variables = environment(options.server, port, folder)
        counted = environment(options.server, proxy.port, folder)
        binary = str(pathlib.Path(options.binary).resolve())
        # The first write through each address also probes the store, so it is not measured.
        for name, warm in (("direct", variables), ("counted", counted)):
            run(binary, f"{scheme}://bucket/{name}/manifest.json", warm, 1, 3)
        print("writers  median   99 %     longest  writes/s  requests/write  GET     PUT")
        for writers in (1, 2, 4, 8, 16):
            url = f"{scheme}://bucket/{writers}/manifest.json"
            times, total = run(binary, url, variables, writers, options.each)
            # Runs again to count the requests, since the proxy itself takes time.
            proxy.take()
            url = f"{scheme}://bucket/{writers}/counted.json"
            writes, _ = run(binary, url, counted, writers, options.each)
            requests = proxy.take()
            count = sum(len(taken) for taken in requests.values())
            get, put = (statistics.median(requests[name]) * 1000 for name in ("GET", "PUT"))
            print(
                f"{writers:<7}  {statistics.median(times):<5.2f} s  "
                f"{times[int(len(times) * 0.99)]:<5.2f} s  {times[-1]:<5.2f} s  "
                f"{len(times) / total:<8.1f}  {count / len(writes):<14.1f}  "
                f"{get:<4.0f} ms {put:<4.0f} ms",
                flush=True,
            )
    server.stdin.close()
    server.wait()


sys.exit(main())
