"""A web server on the loopback for the specs, which misbehaves as its paths say, and ends by itself.

Usage: server.py FOLDER SECONDS [CERTIFICATE KEY]. Serves FOLDER's files under /file/, writes its port into FOLDER/port
and each request as a line of JSON into FOLDER/requests.
"""
import base64, gzip, json, os, socket, ssl, struct, sys, threading, time
from email.utils import formatdate, parsedate_to_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

folder, seconds = sys.argv[1], float(sys.argv[2])
counts, lock = {}, threading.Lock()
bomb = gzip.compress(bytes(1 << 26), 1)


def nth(key):
    with lock:
        counts[key] = counts.get(key, 0) + 1
        return counts[key]


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def answer(self, status, body=b"", headers=None, length=None):
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body) if length is None else length))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def hang(self, for_seconds):
        end = time.monotonic() + for_seconds
        while time.monotonic() < end:
            time.sleep(0.05)

    def serve_file(self, name):
        path = os.path.join(folder, os.path.basename(name))
        if not os.path.exists(path):
            return self.answer(404, b"<html><h1>not here</h1></html>")
        info = os.stat(path)
        tag, changed = '"%x-%x"' % (info.st_size, info.st_mtime_ns), formatdate(int(info.st_mtime), usegmt=True)
        since = self.headers.get("If-Modified-Since")
        asked = self.headers.get("If-None-Match")  # which comes before the other
        is_known = asked == tag if asked else since and parsedate_to_datetime(since).timestamp() >= int(info.st_mtime)
        if is_known:
            return self.answer(304, headers={"ETag": tag})
        with open(path, "rb") as file:
            self.answer(200, file.read(), {"ETag": tag, "Last-Modified": changed})

    def batch(self, body):
        """Answers like a service that is asked for many addresses at once."""
        left = max(0, 3 - nth("batch"))
        queries = json.loads(body)
        out = []
        for query in queries:
            ip = query["query"] if isinstance(query, dict) else query
            if ip.endswith(".13"):
                out.append({"query": ip, "status": "fail", "message": "reserved range"})
            else:
                out.append({"query": ip, "status": "success", "country": "Testland", "as": "AS64500 Example Net",
                            "isp": "Example ISP", "lat": 1.5, "lon": -2.25})
        self.answer(200, json.dumps(out).encode(), {"X-Rl": str(left), "X-Ttl": "1", "Content-Type": "application/json"})

    def handle_any(self):
        if self.path == "/rude":  # hangs up while it is written to
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.close_connection = True
            return
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length) if length else b""
        with lock, open(os.path.join(folder, "requests"), "a") as log:
            log.write(json.dumps({"method": self.command, "path": self.path, "body": body.decode("latin-1"),
                                  "headers": {k.lower(): v for k, v in self.headers.items()}, "at": time.time()}) + "\n")
        parts = self.path.split("?")[0].strip("/").split("/")
        what, argument = parts[0], parts[1] if len(parts) > 1 else ""
        if what == "file":
            self.serve_file(argument)
        elif what == "ok":
            self.answer(200, b"hello", {"X-Thing": "yes"})
        elif what == "echo":
            text = json.dumps(dict(self.headers.items())).encode() + body
            self.answer(int(argument or 200), text, {"X-Echo": self.headers.get("Auth-Key", "")})
        elif what == "status":
            self.answer(int(argument), b"<html><body><h1>status</h1>as ordered</body></html>")
        elif what == "flaky":  # fails so many times, then works
            again = nth(self.path) > int(argument)
            self.answer(200 if again else int(parts[2]), b"at last" if again else b"not yet",
                        {"Retry-After": parts[3]} if len(parts) > 3 and not again else None)
        elif what == "flakydate":
            again = nth(self.path) > 1
            self.answer(200 if again else 503, b"at last", None if again else
                        {"Retry-After": formatdate(time.time() + int(argument), usegmt=True)})
        elif what == "later":  # says in a header of its own when to come again
            again = nth(self.path) > 1
            self.answer(200 if again else 429, b"at last", None if again else {"X-Rl": "0", "X-Ttl": argument})
        elif what == "slow":  # a byte at a time
            self.send_response(200)
            self.send_header("Content-Length", "1000")
            self.end_headers()
            for _ in range(100):
                self.wfile.write(b"x")
                self.wfile.flush()
                time.sleep(0.1)
        elif what == "silent":
            self.hang(float(argument or 20))
        elif what == "cut":  # less than was promised
            if nth(self.path) > int(argument or 1000):
                return self.answer(200, b"whole")
            self.answer(200, b"only the beginning", length=1000)
            self.close_connection = True
        elif what == "cutfile":
            with open(os.path.join(folder, os.path.basename(argument)), "rb") as file:
                content = file.read()
            self.answer(200, content[: len(content) // 2], length=len(content))
            self.close_connection = True
        elif what == "drop":  # no answer at all
            self.connection.shutdown(socket.SHUT_RDWR)
            self.close_connection = True
        elif what == "huge":
            self.answer(200, b"x" * (1 << 21), {"Content-Type": "text/plain"}, length=1 << 40)
            self.close_connection = True
        elif what == "bomb":  # a little that unpacks into much
            self.answer(200, bomb, {"Content-Encoding": "gzip"})
        elif what == "garbage":
            self.wfile.write(b"\x00\x01\x02 this is no HTTP\r\n\r\n" + os.urandom(300))
            self.close_connection = True
        elif what == "badgzip":
            self.answer(200, b"this is no gzip at all", {"Content-Encoding": "gzip"})
        elif what == "heads":  # a head that never ends
            self.send_response(200)
            for i in range(20000):
                self.send_header("X-%d" % i, "y" * 60)
            self.send_header("Content-Length", "0")
            self.end_headers()
        elif what == "loop":
            self.answer(302, headers={"Location": "/loop/%d" % (int(argument or 0) + 1)})
        elif what == "to":  # redirects to what stands in the query, percent-encoded
            from urllib.parse import unquote
            self.answer(int(argument), headers={"Location": unquote(self.path.split("?", 1)[1])})
        elif what == "far":
            self.answer(302, headers={"Location": "http://127.0.0.1/" + "a" * int(argument)})
        elif what == "month":  # this month's file isn't there yet
            is_new = time.strftime("%Y-%m") in self.path
            self.answer(404, b"not yet") if is_new else self.serve_file(parts[1].split("-lite")[0] + ".gz")
        elif what == "licensed":
            token = (self.headers.get("Authorization") or "Basic ").split(" ", 1)[1]
            user = base64.b64decode(token).decode()
            self.serve_file(argument + ".tar.gz") if user == "12:sesame-open" else self.answer(401, b"no: " + user.encode())
        elif what == "basic":
            user = base64.b64decode((self.headers.get("Authorization") or "Basic ").split(" ", 1)[1]).decode()
            self.answer(200, b"in") if user == "12:sesame-open" else self.answer(401, b"no: " + user.encode())
        elif what == "batch":
            self.batch(body)
        elif what == "failing":  # a batch service that fails after so many answers
            self.batch(body) if nth(self.path) <= int(argument) else self.answer(500, b"out of order")
        elif what == "cof":  # passive DNS: lines of JSON, or nothing known
            lines = [{"rrname": n + ".example.", "rrtype": "A", "rdata": argument, "time_first": 1600000000,
                      "time_last": 1600086400, "count": c} for n, c in (("often", 9), ("x.ngrok.io", 1))]
            text = "\n".join(json.dumps(line) for line in lines) + "\n"
            self.answer(200, text.encode()) if argument == "8.8.8.8" else self.answer(404, b"none")
        elif what == "owner" and argument == "unknown.example":
            self.answer(404, b"never heard of it")
        elif what == "owner":  # one value at a time
            self.answer(200, json.dumps({"data": {"owner": {"name": "owner of " + argument}, "since": "2020-01-01",
                "contacts": [{"phones": ["1,5", "2"]}, {"phones": ["3"]}], "tags": ["x", "y"]}}).encode())
        else:
            self.answer(404, b"no such thing")

    do_GET = do_POST = do_HEAD = do_PUT = handle_any


server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
server.daemon_threads = True
if len(sys.argv) > 4:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(sys.argv[3], sys.argv[4])
    server.socket = context.wrap_socket(server.socket, server_side=True)
server.handle_error = lambda *_: None
with open(os.path.join(folder, "port.part"), "w") as file:
    file.write(str(server.server_address[1]))
os.rename(os.path.join(folder, "port.part"), os.path.join(folder, "port"))
threading.Timer(seconds, lambda: os._exit(0)).start()
server.serve_forever()
