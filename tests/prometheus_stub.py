"""A server that answers as Prometheus does, with values that a test states."""

import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit


class Stub:
    """What it answers, and what it was asked.

    Attributes:
        series: for each series of a range, a function of the time; None where it has no value then.
        answer: status and body of every answer instead, None for those of the API.
        asked: path and fields of each request, `tokens` what it came with.
    """

    def __init__(self, *series, kind="vector"):
        self.series, self.kind, self.answer = series, kind, None
        self.asked, self.tokens, self.url = [], [], ""

    def of(self, path, fields):
        self.asked.append((path, fields))
        if self.answer:
            return self.answer
        if path.endswith("/query"):
            return 200, json.dumps({"status": "success", "data": {"resultType": self.kind, "result": []}})
        begin, end, step = (float(fields[name]) for name in ("start", "end", "step"))
        times = [begin + number * step for number in range(round((end - begin) / step) + 1)]
        result = [
            {"metric": {}, "values": [[at, str(value(at))] for at in times if value(at) is not None]}
            for value in self.series
        ]
        return 200, json.dumps({"status": "success", "data": {"resultType": "matrix", "result": result}})


@contextmanager
def serving(stub):
    """The stub with its address, for as long as it is used."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            url = urlsplit(self.path)
            stub.tokens.append(self.headers.get("Authorization"))
            status, body = stub.of(url.path, {key: values[0] for key, values in parse_qs(url.query).items()})
            self.send_response(status)
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    stub.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield stub
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
