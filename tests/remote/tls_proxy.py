"""Answers for every HTTPS server with a certificate of a private CA, and prints the port.

It is a proxy (CONNECT) and a server at the same port, and passes the requests on to a server without
TLS. `ca.pem` in the folder is the certificate of the CA. It ends when its standard input does.

    tls_proxy.py FOLDER BACKEND_PORT
"""

import os
import socket
import ssl
import subprocess
import sys
import threading

HOSTS = [
    "localhost",
    "*.us-east-1.amazonaws.com",
    "accounts.google.com",
    "storage.googleapis.com",
    "login.microsoftonline.com",
    "*.blob.core.windows.net",
]


def openssl(folder, *arguments):
    subprocess.run(["openssl", *arguments], cwd=folder, check=True, stderr=subprocess.DEVNULL)


def certificates(folder):
    curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    openssl(folder, "req", "-x509", *curve, "-keyout", "ca.key", "-out", "ca.pem", "-days", "2",
            "-subj", "/CN=Test CA")  # fmt: skip
    openssl(folder, "req", *curve, "-keyout", "server.key", "-out", "server.csr", "-subj", "/CN=x")
    with open(os.path.join(folder, "names"), "w") as file:
        file.write("subjectAltName=" + ",".join(f"DNS:{host}" for host in HOSTS))
    openssl(folder, "x509", "-req", "-in", "server.csr", "-CA", "ca.pem", "-CAkey", "ca.key",
            "-CAcreateserial", "-out", "server.pem", "-days", "2", "-extfile", "names")  # fmt: skip


def pump(source, target):
    try:
        while data := source.recv(65536):
            target.sendall(data)
    except OSError:
        pass
    for end in (source, target):
        try:
            end.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass


def serve(client, context, backend):
    try:
        if client.recv(1, socket.MSG_PEEK) == b"C":
            head = b""
            while not head.endswith(b"\r\n\r\n"):
                head += client.recv(1)
            client.sendall(b"HTTP/1.1 200 Connected\r\n\r\n")
        tls = context.wrap_socket(client, server_side=True)
        server = socket.create_connection(("127.0.0.1", backend))
    except OSError:
        client.close()
        return
    threading.Thread(target=pump, args=(tls, server), daemon=True).start()
    pump(server, tls)


def main():
    folder, backend = sys.argv[1], int(sys.argv[2])
    certificates(folder)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(os.path.join(folder, "server.pem"), os.path.join(folder, "server.key"))
    listener = socket.create_server(("127.0.0.1", 0))

    def accept():
        while True:
            client, _ = listener.accept()
            threading.Thread(target=serve, args=(client, context, backend), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    print(f"listening on {listener.getsockname()[1]}", flush=True)
    sys.stdin.read()
    os._exit(0)


main()
