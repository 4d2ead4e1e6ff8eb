"""Runs the client in a real Jupyter kernel, and prints what the tests look at as JSON.

It is a process of its own, because Jupyter's client leaves sockets to the garbage collector, which
pytest would report.

    python notebook.py run CELL...         the outputs of the cells of a notebook
    python notebook.py interrupt MANIFEST  how a cell ends that waits for the lock
"""

from __future__ import annotations

import fcntl
import json
import sys
from pathlib import Path

import nbformat
from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import KernelManager
from nbclient import NotebookClient


def kernel():
    """Return the kernel of this environment, which needs no installed specification."""
    command = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    manager = KernelManager()
    manager._kernel_spec = KernelSpec(argv=command, language="python", display_name="tests")
    return manager


def run(*cells):
    """Run the cells one after the other, and go on after errors."""
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    NotebookClient(notebook, km=kernel(), allow_errors=True, timeout=120).execute()
    return [cell.outputs for cell in notebook.cells]


def interrupt(path):
    """Interrupt a registration that waits for the lock, and use the kernel again."""
    manager = kernel()
    manager.start_kernel()
    client = manager.client()
    client.start_channels()
    client.wait_for_ready(timeout=120)
    with open(Path(path).parent / ".manifest.json.lock") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        cell = client.execute(
            "from modelreg import Registry\n"
            f"registry = Registry({path!r}, lock_timeout=60)\n"
            "print('ready', flush=True)\n"
            "registry.register('m', 'p', version='2')"
        )
        while client.get_iopub_msg(timeout=120)["msg_type"] != "stream":
            pass
        manager.interrupt_kernel()
        interrupted = reply(client, cell)
        versions = len(json.loads(Path(path).read_text())["models"]["m"]["versions"])
    # A kernel aborts the cells that arrive while it handles a failed one.
    after = {"status": "aborted"}
    while after["status"] == "aborted":
        after = reply(client, client.execute("registry.register('m', 'p', version='3')"))
    client.stop_channels()
    manager.shutdown_kernel(now=True)
    return {"ename": interrupted["ename"], "versions": versions, "after": after["status"]}


def reply(client, cell):
    """Return the kernel's reply to a cell."""
    while True:
        message = client.get_shell_msg(timeout=120)
        if message["parent_header"].get("msg_id") == cell:
            return message["content"]


if __name__ == "__main__":
    print(json.dumps({"run": run, "interrupt": interrupt}[sys.argv[1]](*sys.argv[2:])))
