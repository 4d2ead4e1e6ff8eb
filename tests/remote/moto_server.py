"""Starts moto's S3 with its request handlers under one lock, and prints the port.

moto checks the condition of a write and writes in separate steps, so that under load two writers
can win. The lock makes each request one step. It ends when its standard input does.
"""

import os
import sys
import threading

from moto.s3.models import s3_backends
from moto.server import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import make_server


class OneAtATime:
    def __init__(self, application):
        self.application = application
        self.lock = threading.Lock()

    def __call__(self, environ, start_response):
        with self.lock:
            return list(self.application(environ, start_response))


def main():
    application = OneAtATime(DomainDispatcherApplication(create_backend_app))
    server = make_server("127.0.0.1", 0, application, threaded=True)
    s3_backends["123456789012"]["aws"].create_bucket("bucket", "us-east-1")
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(f"listening on {server.server_port}", flush=True)
    sys.stdin.read()
    os._exit(0)


main()
