"""Stands in for OpenHands' own modules: tells what it was started with, then makes the requests it is
told on its standard input, one JSON line each, on one connection that it keeps."""

import atexit
import http.client
import json
import os
import sys

connection = http.client.HTTPConnection("127.0.0.1", int(os.environ["STAND_IN_PORT"]), timeout=60)


def tell(value):
    print(json.dumps(value), flush=True)


def ask(request):
    headers, body = request.get("headers", {}), request.get("body")
    reused = connection.sock is not None
    try:
        connection.request(request["method"], request["path"], body, headers)
        answer = connection.getresponse()
        text = answer.read().decode("latin-1")
        headers = {name.lower(): value for name, value in answer.getheaders()}
        tell({"status": answer.status, "headers": headers, "body": text, "reused": reused})
    except OSError as error:
        connection.close()
        tell({"error": repr(error), "reused": reused})


def work(lines):
    for line in lines:
        told = json.loads(line)
        if "exit" in told:
            sys.exit(told["exit"])
        if "at_exit" in told:
            atexit.register(ask, told["at_exit"])
            tell({})
        else:
            ask(told)


if __name__ == "__main__":
    tell(
        {
            "arguments": sys.argv[1:],
            "environment": sorted(name for name in os.environ if name.startswith("DECKHANDS_")),
            "key": os.environ.get("SANDBOX_API_KEY"),
            "first_path": sys.path[0],
            "directory": os.getcwd(),
            "main": sys.modules["__main__"].__spec__.name,
        }
    )
    work(sys.stdin)
