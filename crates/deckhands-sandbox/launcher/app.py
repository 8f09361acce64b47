"""Runs OpenHands in the app container and is the only thing it talks to.

One loopback port leads to the host's unix socket (`/llm/`, `/api/`) and to the action execution
server (`/action/`) in the sandbox, which shares the loopback. The agent's shell shares it, too: every
request may come from it, and every answer of the action server may be its work. So each request needs
the model's token or the runtime key, only what is needed passes in either direction, and all sizes and
times are bounded. An app that starts its sandbox itself has no runtime key: for it there is
only the model. Standard library only; the arguments are those of `openhands.core.main`.
"""

import hmac
import http.client
import http.server
import importlib.util
import io
import json
import os
import re
import runpy
import socket
import sys
import threading
import time

MAIN = "openhands.core.main"
HOST = "127.0.0.1"

# Connections served at a time. The threads are made before OpenHands runs: its orderly end calls us
# from an exit handler, when Python makes no new ones.
WORKERS = 32
PIECE = 64 * 1024
# What is held in memory of one message before it is passed on in pieces.
HELD = 1024 * 1024
REQUEST_LIMIT = 64 * 1024 * 1024
# Held whole, in as many connections as the agent likes to open.
ACTION_ANSWER_LIMIT = 16 * 1024 * 1024

# Seconds.
CLIENT_PATIENCE = 60
LLM_PATIENCE = 300
API_PATIENCE = 150
ACTION_PATIENCE = 600
ACTION_PATIENCE_LIMIT = 24 * 3600
ACTION_GRACE = 30
ALIVE_HOLD = 150
ALIVE_PATIENCE = 5
CONNECT_PATIENCE = 5
PAUSE = 0.05
LINGER = 2

TARGET = re.compile(r"/[!-~]*")
RUNTIME = re.compile(r"/api/runtime/([0-9A-Za-z_.-]{1,128})")
# Headers that belong to one connection or that the launcher writes itself.
OWN_HEADERS = frozenset(
    "connection content-length date expect host keep-alive proxy-authenticate proxy-authorization "
    "proxy-connection server te trailer transfer-encoding upgrade".split()
)
KEY_HEADERS = frozenset(["x-api-key", "x-session-api-key"])
API_HEADERS = frozenset(["accept", "content-type"])
ACTION_HEADERS = frozenset(["accept", "content-type", "x-session-api-key"])

GIT_IDENTITY = (
    'git config --global user.name "openhands"'
    ' && git config --global user.email "openhands@all-hands.dev"'
)
INSTRUCTIONS = "/workspace/.openhands_instructions"
MICROAGENTS = "/workspace/.openhands/microagents"


class Refused(Exception):
    """An answer of the launcher's own that is not what was asked for."""

    def __init__(self, status, detail):
        super().__init__(detail)
        self.status = status
        self.detail = detail


class Gone(Exception):
    """The client's connection can be used no more."""


class Launcher:
    """What all connections share: the settings, and how far OpenHands has come."""

    def __init__(self, environment):
        """Takes the launcher's own variables out of the environment."""
        names = [name for name in environment if name.startswith("DECKHANDS_")]
        own = {name: environment.pop(name) for name in names}
        self.port = port(own, "DECKHANDS_PORT", 8079)
        self.action_port = port(own, "DECKHANDS_ACTION_PORT", 60000)
        self.way_out = own.get("DECKHANDS_SOCKET", "/deckhands/way-out/host.sock")
        self.no_instructions = own.get("DECKHANDS_NO_INSTRUCTIONS") == "1"
        self.no_microagents = own.get("DECKHANDS_NO_MICROAGENTS") == "1"
        self.token = environment.get("LLM_API_KEY", "")
        self.key = environment.get("SANDBOX_API_KEY", "")
        if not self.key and environment.get("RUNTIME") == "remote":
            raise ValueError("SANDBOX_API_KEY is not set")
        self.set_up = True
        self.alive = False

    def knows(self, key):
        return self.key != "" and same(key, self.key)

    def may_call(self, authorization):
        """Whether it is the model's client that asks. The host looks, too; strangers get no further."""
        return self.token != "" and same(authorization, f"Bearer {self.token}")

    def to_host(self):
        way_out = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            way_out.settimeout(CONNECT_PATIENCE)
            way_out.connect(self.way_out)
        except BaseException:
            way_out.close()
            raise
        return way_out

    def to_action_server(self):
        """Never from the server's own port: that would connect to itself and keep the port taken."""
        tries = []
        try:
            while not tries or tries[-1].getsockname()[1] == self.action_port:
                tries.append(socket.socket())
                tries[-1].bind((HOST, 0))
            connection = tries[-1]
            connection.settimeout(CONNECT_PATIENCE)
            connection.connect((HOST, self.action_port))
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            return tries.pop()
        finally:
            for unused in tries:
                unused.close()

    def wait_alive(self):
        """Whether the action server said in time that it is ready."""
        deadline = time.monotonic() + ALIVE_HOLD
        while not self.alive and time.monotonic() < deadline:
            if self.asks_alive():
                self.alive = True
            else:
                time.sleep(PAUSE)
        return self.alive

    def asks_alive(self):
        head = f"GET /alive HTTP/1.1\r\nHost: {HOST}\r\nConnection: close\r\n\r\n"
        try:
            with self.to_action_server() as connection:
                wire = Wire(connection, ALIVE_PATIENCE)
                wire.send(head.encode())
                response = wire.response("GET")
                answer = json.loads(read_up_to(response, PIECE))
                return response.status == 200 and answer.get("status") == "ok"
        except (OSError, http.client.HTTPException, ValueError, AttributeError, RecursionError):
            return False


class Wire(io.RawIOBase):
    """A connection to a server, with one deadline for all of its use."""

    def __init__(self, connection, patience):
        super().__init__()
        self.connection = connection
        self.deadline = time.monotonic() + patience

    def arm(self):
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError
        self.connection.settimeout(left)

    def send(self, data):
        self.arm()
        self.connection.sendall(data)

    def response(self, method):
        response = http.client.HTTPResponse(self, method=method)
        response.begin()
        return response

    def makefile(self, _mode):
        return io.BufferedReader(self, PIECE)

    def readable(self):
        return True

    def readinto(self, buffer):
        self.arm()
        return self.connection.recv_into(buffer)


class Connection(http.server.BaseHTTPRequestHandler):
    """A client's connection: request after request until one side ends it."""

    protocol_version = "HTTP/1.1"
    timeout = CLIENT_PATIENCE
    disable_nagle_algorithm = True

    def do_GET(self):
        self.launcher = self.server
        self.begun = False
        # Bytes of the body that are still to come; None while nobody has looked.
        bodies = ("Content-Length", "Transfer-Encoding")
        self.unread = None if any(name in self.headers for name in bodies) else 0
        try:
            self.route()
        except Refused as refused:
            self.refuse(refused)
        except Gone:
            self.close_connection = True
        except Exception:
            self.refuse(Refused(500, "the launcher failed"))
        if self.unread != 0:
            self.linger()

    do_POST = do_GET

    def log_message(self, *_arguments):
        """OpenHands' output is its own."""

    def route(self):
        path = self.path.split("?", 1)[0]
        if self.headers.defects:
            # Where the head ends is not certain, so neither is what follows.
            self.unread = None
            raise Refused(400, "the head is not understood")
        if not TARGET.fullmatch(self.path) or {".", ".."} & set(path.split("/")):
            raise Refused(404, "there is no such path")
        if path.startswith("/llm/"):
            if not self.launcher.may_call(self.headers.get("Authorization", "")):
                raise Refused(403, "the model's token is wrong")
            self.unread = self.content_length()
            self.launcher.set_up = False
            self.forward_llm()
        elif path.startswith(("/api/", "/action/")):
            if not self.launcher.knows(self.headers.get("X-API-Key", "")):
                raise Refused(403, "the runtime key is wrong")
            self.unread = self.content_length()
            self.forward_api() if path.startswith("/api/") else self.forward_action(path)
        else:
            raise Refused(404, "there is no such path")

    def content_length(self):
        lengths = set(self.headers.get_all("Content-Length", ["0"]))
        if "Transfer-Encoding" in self.headers or len(lengths) != 1:
            raise Refused(411, "a body must come with one Content-Length")
        length = lengths.pop()
        if not re.fullmatch(r"[0-9]{1,12}", length):
            raise Refused(400, "the Content-Length is no number")
        if int(length) > REQUEST_LIMIT:
            raise Refused(413, "the body is too large")
        return int(length)

    def forward_llm(self):
        passed = {name.lower() for name in self.headers} - OWN_HEADERS - KEY_HEADERS
        self.to_host(self.head(self.path, "deckhands", passed), LLM_PATIENCE)

    def forward_api(self):
        runtime = RUNTIME.fullmatch(self.path)
        if runtime and self.command == "GET":
            status = "ready" if self.launcher.wait_alive() else "pending"
            self.read_body(self.unread)
            return self.answer_json(200, {"runtime_id": runtime[1], "pod_status": status})
        key = f"X-API-Key: {self.launcher.key}\r\n"
        self.to_host(self.head(self.path, "deckhands", API_HEADERS, key), API_PATIENCE)

    def forward_action(self, path):
        if path == "/action/alive" and self.command == "GET" and self.launcher.alive:
            self.read_body(self.unread)
            return self.answer_json(200, {"status": "ok"})
        target = self.path[len("/action") :]
        head = self.head(target, f"{HOST}:{self.launcher.action_port}", ACTION_HEADERS)
        start = self.read_body(min(self.unread, HELD))
        if self.command == "POST" and self.launcher.set_up and not self.unread:
            answer = set_up_answer(self.launcher, path, start)
            if answer is not None:
                return self.answer_json(200, answer)
        patience = ACTION_PATIENCE if self.unread else action_patience(path, start)
        try:
            with self.launcher.to_action_server() as connection:
                response = self.exchange(Wire(connection, patience), head, start)
                long = (response.length or 0) > ACTION_ANSWER_LIMIT
                body = b"" if long else read_up_to(response, ACTION_ANSWER_LIMIT + 1)
        except TimeoutError:
            raise Refused(504, "the action server took too long") from None
        except (OSError, http.client.HTTPException, ValueError):
            raise Refused(502, "the action server is gone") from None
        if long or len(body) > ACTION_ANSWER_LIMIT or not 200 <= response.status <= 599:
            raise Refused(502, "the action server's answer is too long or none")
        self.answer(response.status, clean(response.headers, ["content-type"]), body)

    def to_host(self, head, patience):
        """Passes the request on through the unix socket. A host that is away may come back: 503,
        which the model's client asks again after."""
        start = self.read_body(min(self.unread, HELD))
        try:
            with self.launcher.to_host() as connection:
                response = self.exchange(Wire(connection, patience), head, start)
                self.pass_on(response)
        except TimeoutError:
            raise Refused(504, "the host took too long") from None
        except (OSError, http.client.HTTPException, ValueError):
            raise Refused(503, "the host is away") from None

    def head(self, target, host, passed, more=""):
        """The request's head for a server: the named headers, and the launcher's own."""
        lines = f"{self.command} {target} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n"
        if self.unread or self.command == "POST":
            lines += f"Content-Length: {self.unread}\r\n"
        return (lines + clean(self.headers, passed) + more + "\r\n").encode("latin-1")

    def exchange(self, wire, head, start):
        """Sends the request, its beginning in one write; a server may answer before it has all.

        An answer whose end is only the connection's looks the same when the server died: it is none.
        """
        try:
            wire.send(head + start)
            while self.unread:
                wire.send(self.read_body(min(self.unread, PIECE)))
        except TimeoutError:
            raise
        except OSError:
            pass
        response = wire.response(self.command)
        if response.length is None and not response.chunked:
            raise http.client.IncompleteRead(b"")
        return response

    def read_body(self, size):
        try:
            body = self.rfile.read(size)
        except OSError:
            raise Gone from None
        if len(body) < size:
            raise Gone
        self.unread -= size
        return body

    def pass_on(self, response):
        """Gives an answer of the host to the client: whole if it is short, else in pieces."""
        headers = clean(response.headers, {name.lower() for name in response.headers} - OWN_HEADERS)
        start = read_up_to(response, HELD)
        if len(start) < HELD:
            return self.answer(response.status, headers, start)
        chunked = response.length is None
        if chunked:
            headers += "Transfer-Encoding: chunked\r\n"
        else:
            headers += f"Content-Length: {len(start) + response.length}\r\n"
        head, piece = self.answer_head(response.status, headers), start
        while piece:
            self.send(head + (b"%x\r\n%b\r\n" % (len(piece), piece) if chunked else piece))
            head, piece = b"", read_up_to(response, PIECE)
        if chunked:
            self.send(b"0\r\n\r\n")

    def answer_json(self, status, value):
        self.answer(status, "Content-Type: application/json\r\n", json.dumps(value).encode())

    def answer(self, status, headers, body):
        if status not in (204, 304):
            headers += f"Content-Length: {len(body)}\r\n"
        self.send(self.answer_head(status, headers) + body)

    def answer_head(self, status, headers):
        # A request that was answered before its end leaves no place for a next one.
        self.close_connection |= self.unread != 0
        reason = http.client.responses.get(status, "")
        kept = "close" if self.close_connection else "keep-alive"
        return f"HTTP/1.1 {status} {reason}\r\nConnection: {kept}\r\n{headers}\r\n".encode("latin-1")

    def send(self, data):
        self.begun = True
        try:
            self.connection.sendall(data)
        except OSError:
            raise Gone from None

    def refuse(self, refused):
        """Answers by ourselves, unless a part of another answer is with the client already."""
        self.close_connection |= self.begun
        if not self.begun:
            try:
                self.answer_json(refused.status, {"detail": refused.detail})
            except Gone:
                self.close_connection = True

    def linger(self):
        """Reads and drops for a moment what the client still sends: closing on it at once could take
        the answer away from it."""
        self.close_connection = True
        try:
            self.connection.shutdown(socket.SHUT_WR)
            wire = Wire(self.connection, LINGER)
            while wire.readinto(bytearray(PIECE)):
                pass
        except OSError:
            pass


def same(told, known):
    """Whether two texts are one, in a time that does not tell where they differ."""
    return hmac.compare_digest(told.encode("utf-8", "replace"), known.encode())


def port(own, name, default):
    text = own.get(name, str(default))
    if not re.fullmatch(r"[0-9]{1,5}", text) or not 0 < int(text) < 65536:
        raise ValueError(f"{name} is no port")
    return int(text)


def clean(headers, names):
    """The named headers as lines; one that would not stay on its line is left out."""
    lines = ""
    for name, value in headers.items():
        if name.lower() in names and re.fullmatch(r"[!#-'*+.0-9A-Z^-z|~-]+", name):
            if re.fullmatch(r"[ -~\t\x80-\xff]*", value):
                lines += f"{name}: {value}\r\n"
    return lines


def read_up_to(response, size):
    """At most so much of an answer; less only at its end.

    Raises `HTTPException` where the answer breaks off."""
    body = bytearray()
    while len(body) < size and (piece := response.read(min(PIECE, size - len(body)))):
        body += piece
    if len(body) < size and response.length:
        raise http.client.IncompleteRead(b"")
    return bytes(body)


def action_patience(path, body):
    """The client waits a little longer than the action may take; it must not wait for nothing."""
    try:
        timeout = json.loads(body)["action"]["timeout"] if path == "/action/execute_action" else 0
        return min(max(ACTION_PATIENCE, timeout + ACTION_GRACE), ACTION_PATIENCE_LIMIT)
    except (ValueError, LookupError, TypeError, RecursionError):
        return ACTION_PATIENCE


def set_up_answer(launcher, path, body):
    """The answer to a call of OpenHands' set-up whose outcome is known already, else nothing."""
    try:
        asked = json.loads(body)
        if path == "/action/list_files":
            known = launcher.no_microagents and asked == {"path": MICROAGENTS}
            return [] if known else None
        if path != "/action/execute_action" or "id" in asked["action"]:
            return None
        action, arguments = asked["action"]["action"], asked["action"]["args"]
        if action == "run" and arguments["command"] == GIT_IDENTITY:
            return git_identity_is_set()
        if action == "read" and arguments["path"] == INSTRUCTIONS and launcher.no_instructions:
            return instructions_are_missing()
    except (ValueError, LookupError, TypeError, RecursionError):
        pass
    return None


def git_identity_is_set():
    metadata = {"exit_code": 0, "pid": -1, "username": None, "hostname": None}
    metadata |= {"working_dir": "/workspace", "py_interpreter_path": "", "prefix": "", "suffix": ""}
    extras = {"command": GIT_IDENTITY, "hidden": False, "metadata": metadata}
    return {"observation": "run", "content": "", "message": "", "extras": extras, "success": True}


def instructions_are_missing():
    content = f"File not found: {INSTRUCTIONS}. Your current working directory is /workspace."
    return {"observation": "error", "content": content, "extras": {"error_id": ""}, "message": content}


def serve(listener, launcher):
    """Serves one connection after the other, for ever."""
    while True:
        try:
            connection, address = listener.accept()
        except OSError:
            time.sleep(PAUSE)
            continue
        with connection:
            try:
                Connection(connection, address, launcher)
            except Exception:
                pass


def start():
    """Opens the port and makes what serves it."""
    launcher = Launcher(os.environ)
    listener = socket.create_server((HOST, launcher.port), backlog=128)
    for _ in range(WORKERS):
        threading.Thread(target=serve, args=(listener, launcher), daemon=True).start()
    # As `python -m` has it: the working directory, where the directory of this file stands.
    here = os.path.dirname(os.path.abspath(__file__))
    if sys.path and os.path.abspath(sys.path[0]) == here:
        sys.path[0] = os.getcwd()
    try:
        found = importlib.util.find_spec(MAIN)
    except ModuleNotFoundError as error:
        if not MAIN.startswith(str(error.name)):
            raise
        found = None
    if found is None:
        raise ValueError(f"there is no module {MAIN}")


if __name__ == "__main__":
    try:
        start()
    except (OSError, ValueError, RuntimeError) as error:
        print(f"deckhands launcher: {error}", file=sys.stderr)
        sys.exit(1)
    runpy.run_module(MAIN, run_name="__main__", alter_sys=True)
