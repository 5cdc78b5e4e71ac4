"""A server on loopback that serves small GRIB files, and fails in the ways asked of it."""

from __future__ import annotations

import json
import re
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest


@dataclass
class Request:
    """What a client asked for, and how many bytes of the body it was sent."""

    path: str
    wanted: str | None
    sent: int = 0


@dataclass
class GribServer:
    """Files by path, and faults by path: the first of the list meets the next request.

    A fault is a dictionary: ``status`` answers that alone; ``cut`` sends so many bytes and breaks
    off; ``length`` is added to the Content-Length; ``delay`` and ``trickle`` wait before the body,
    before each byte; ``body`` is sent instead; ``whole`` ignores a range; ``headers`` replaces
    headers (None drops one); ``always`` keeps the fault for all further requests.
    """

    base: str = ""
    files: dict[str, bytes] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    faults: dict[str, list[dict]] = field(default_factory=dict)
    requests: list[Request] = field(default_factory=list)

    def fault(self, path, **fault):
        self.faults.setdefault(path, []).append(fault)

    def asked(self, path):
        return [r for r in self.requests if r.path == path]

    def sent(self, path):
        return sum(r.sent for r in self.asked(path))

    def add_ncep(self, path, messages, cycle="2026112400"):
        """Serve `messages`, pairs of index text (``TMP:850 mb:24 hour fcst``) and bytes."""
        lines, start = [], 0
        for number, (text, message) in enumerate(messages, 1):
            lines.append(f"{number}:{start}:d={cycle}:{text}:\n")
            start += len(message)
        self.files[path] = b"".join(message for _, message in messages)
        self.files[f"{path}.idx"] = "".join(lines).encode()

    def add_ecmwf(self, path, messages, cycle="2026112400", step=24):
        """Serve `messages`, pairs of index keys and bytes."""
        lines, start = [], 0
        common = {"date": cycle[:8], "time": f"{cycle[8:]}00", "step": str(step)}
        for keys, message in messages:
            place = {"_offset": start, "_length": len(message)}
            lines.append(json.dumps({**common, **keys, **place}) + "\n")
            start += len(message)
        self.files[path] = b"".join(message for _, message in messages)
        self.files[path.replace(".grib2", ".index")] = "".join(lines).encode()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log_message(self, *_):
        pass

    def do_GET(self):
        server = self.server.grib
        wanted = self.headers.get("Range")
        request = Request(self.path, wanted)
        server.requests.append(request)
        queue = server.faults.get(self.path, [])
        fault = {} if not queue else queue[0] if queue[0].get("always") else queue.pop(0)
        whole = server.files.get(self.path)
        if whole is None or "status" in fault:
            self._answer(fault.get("status", 404), {"Content-Length": "0"})
            return
        status, body, headers = 200, whole, {}
        if wanted and not fault.get("whole"):
            first, last = re.fullmatch(r"bytes=(\d+)-(\d*)", wanted).groups()
            first, last = int(first), min(int(last or len(whole)), len(whole) - 1)
            if first > last:
                empty = {"Content-Range": f"bytes */{len(whole)}", "Content-Length": "0"}
                self._answer(416, empty)
                return
            status, body = 206, whole[first : last + 1]
            headers["Content-Range"] = f"bytes {first}-{last}/{len(whole)}"
        body = fault.get("body", body)
        headers["ETag"] = server.tags.get(self.path, '"one"')
        headers["Content-Length"] = str(len(body) + fault.get("length", 0))
        headers.update(fault.get("headers", {}))
        self._answer(status, {k: v for k, v in headers.items() if v is not None})
        with suppress(OSError):
            self._send(body, fault, request)

    def _answer(self, status, headers):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()

    def _send(self, body, fault, request):
        time.sleep(fault.get("delay", 0))
        if "cut" in fault:
            body = body[: fault["cut"]]
        size = 1 if "trickle" in fault else 512
        for start in range(0, len(body), size):
            time.sleep(fault.get("trickle", 0))
            self.wfile.write(body[start : start + size])
            self.wfile.flush()
            request.sent += len(body[start : start + size])
        no_end = "Content-Length" in fault.get("headers", {})
        if "cut" in fault or fault.get("length") or no_end:
            self.close_connection = True


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_):
        pass


@pytest.fixture
def grib_server(monkeypatch):
    """A running `GribServer`; its ``base`` is the address."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    http = _Server(("127.0.0.1", 0), _Handler)
    http.grib = GribServer(base=f"http://127.0.0.1:{http.server_address[1]}")
    thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield http.grib
    http.shutdown()
    http.server_close()
    thread.join()


@pytest.fixture
def grib_message():
    """A function that makes one GRIB 2 message with ecCodes, of values drawn from `seed`."""
    eccodes = pytest.importorskip("eccodes")

    def make(name, step=24, *, level=None, member=None, seed=0, cycle="2026112400", side=20):
        handle = eccodes.codes_grib_new_from_samples("GRIB2")
        amount = name in ("tp", "ssrd")
        template = (8 if amount else 0) + (0 if member is None else 3 if amount else 1)
        keys = {
            "productDefinitionTemplateNumber": template,
            "dataDate": int(cycle[:8]),
            "dataTime": int(cycle[8:]) * 100,
            **({"stepType": "accum"} if amount else {}),
            "shortName": name,
            **({} if level is None else {"typeOfLevel": "isobaricInhPa", "level": level}),
            "stepRange": f"0-{step}" if amount else str(step),
            **({} if member is None else {"number": member}),
            "Ni": side,
            "Nj": side,
            "iDirectionIncrementInDegrees": 1,
            "jDirectionIncrementInDegrees": 1,
            "latitudeOfFirstGridPointInDegrees": 50,
            "longitudeOfFirstGridPointInDegrees": 100,
            "latitudeOfLastGridPointInDegrees": 51 - side,
            "longitudeOfLastGridPointInDegrees": 99 + side,
            "bitsPerValue": 16,
        }
        for key, value in keys.items():
            eccodes.codes_set(handle, key, value)
        values = np.random.default_rng(seed).uniform(1, 300, side * side)
        eccodes.codes_set_values(handle, values)
        message = eccodes.codes_get_message(handle)
        eccodes.codes_release(handle)
        return message

    return make
