"""Looks for a way out of the sandbox, as an agent would that was told to. What it finds is told in
/workspace/told.json; what it is to look for stands in /tmp/asked.json."""

import http.client
import json
import os
import socket
import stat

with open("/tmp/asked.json", encoding="utf-8") as file:
    asked = json.load(file)
told = {}


def reach(host, port):
    try:
        with socket.create_connection((host, port), timeout=3):
            return "reached"
    except OSError as error:
        return f"{type(error).__name__}: {error}"


def address_of(name):
    try:
        return socket.gethostbyname(name)
    except OSError:
        return None


def everything():
    """Every path of the sandbox; what the kernel makes up is left out."""
    for folder, folders, files in os.walk("/"):
        if folder == "/":
            folders[:] = [name for name in folders if name not in ("proc", "sys")]
        for name in files + folders:
            yield os.path.join(folder, name)


def is_socket(path):
    try:
        return stat.S_ISSOCK(os.lstat(path).st_mode)
    except OSError:
        return False


def can_write(folder):
    try:
        with open(os.path.join(folder, "probe-was-here"), "w", encoding="utf-8"):
            return True
    except OSError:
        return False


def ask(method, path, headers):
    connection = http.client.HTTPConnection("127.0.0.1", 8079, timeout=10)
    try:
        body = b'{"action": {"action": "run", "args": {"command": "id"}}}' if method == "POST" else None
        connection.request(method, path, body, {"Content-Type": "application/json"} | headers)
        answer = connection.getresponse()
        return answer.status, answer.read(500).decode("utf-8", "replace")
    except (OSError, http.client.HTTPException) as error:
        return 0, repr(error)
    finally:
        connection.close()


def read(path):
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError:
        return b""


told["targets"] = {f"{host} {port}": reach(host, port) for host, port in asked["targets"]}
told["names"] = {name: address_of(name) for name in asked["names"]}
told["interfaces"] = sorted(os.listdir("/sys/class/net"))
paths = list(everything())
told["paths"] = len(paths)
told["files"] = [path for path in paths if os.path.basename(path) in asked["files"]]
told["sockets"] = [path for path in paths if is_socket(path)]
folders = ["/", "/etc", "/usr/bin", "/root", "/home", "/var/tmp", "/openhands", "/proc/sys", "/sys"]
told["writable"] = [folder for folder in folders if can_write(folder)]
lines = read("/proc/self/status").decode().splitlines()
told["rights"] = dict(line.split(":\t") for line in lines if line.startswith(("Cap", "NoNewPrivs")))
pids = [name for name in os.listdir("/proc") if name.isdigit()]
told["processes"] = [read(f"/proc/{pid}/cmdline").replace(b"\0", b" ").decode() for pid in pids]

key = os.environ.get("SESSION_API_KEY", "")
told["has_session_key"] = len(key) >= 32
callers = {
    "nobody": {},
    "agent": {"X-API-Key": key, "X-Session-API-Key": key, "Authorization": f"Bearer {key}"},
}
told["doors"] = [
    [caller, method, path, *ask(method, path, headers)]
    for caller, headers in callers.items()
    for method, path in asked["doors"]
]
told["server"] = reach("127.0.0.1", 60000)

with open("/workspace/told.json", "w", encoding="utf-8") as file:
    json.dump(told, file, indent=1)
print("PROBED-" + "ALL")
