"""Speaking to a server: time limits, tries with pauses, and what an answer means."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.client import HTTPException
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import urlsplit, urlunsplit

from forecast.errors import ConfigError, InputError

if TYPE_CHECKING:
    from requests import Response, Session

T = TypeVar("T")

CHUNK = 64 * 1024
LARGEST_INDEX = 64 * 2**20
"""Bytes of an index; that of an ensemble step has 2 MB."""
SLOWEST = 1000.0
"""Bytes a second below which an answer counts as stalled: one byte now and then is no transfer."""
LONGEST_PAUSE = 60.0
TRANSIENT = (408, 425, 429, 500, 502, 503, 504, 509)
MEANING = {
    401: "the server asks for a login",
    403: "refused, or not published",
    404: "not there: not yet published, or no longer kept",
    410: "no longer kept",
}


class TransientError(Exception):
    """A failure that may pass: worth another try."""


class StoppedError(Exception):
    """The run was interrupted; the thread is to end."""


def shown(url: str) -> str:
    """Address without name and password, as it may stand in messages and files."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))


def checked_base(base: str) -> str:
    """Base address without a slash at its end.

    Raises
    ------
    ConfigError
        It is no http or https address.
    """
    try:
        parts = urlsplit(base)
        fine = parts.scheme in ("http", "https") and bool(parts.hostname) and not parts.query
    except ValueError:
        fine = False
    if not fine:
        raise ConfigError(f"--base: {base!r} is no address such as https://mirror.example/gfs")
    return base.rstrip("/")


class Server:
    """HTTP with limits: every wait is bounded, and so is the number of tries.

    Parameters
    ----------
    timeout : float
        Seconds without a byte after which a try has failed.
    retries : int
        Further tries after a failure that may pass.
    pause : float
        Seconds before the second try; doubled before each further one, at most a minute.
    """

    def __init__(self, *, timeout: float = 60.0, retries: int = 3, pause: float = 1.0) -> None:
        self.timeout, self.retries, self.pause = timeout, retries, pause
        self.stop = threading.Event()
        self._local = threading.local()  # a session is for one thread only

    def tried(self, url: str, action: Callable[[], T]) -> T:
        """Result of `action`, tried again where its failure may pass.

        Raises
        ------
        InputError
            The last try failed too; the message names the address and what happened.
        """
        for attempt in range(self.retries + 1):
            try:
                return action()
            except TransientError as error:
                last = error
                if attempt < self.retries and self.stop.wait(
                    min(self.pause * 2**attempt, LONGEST_PAUSE)
                ):
                    raise StoppedError from None
        tries = f"{self.retries + 1} tries" if self.retries else "1 try"
        raise InputError(f"{shown(url)}: {last} ({tries})")

    @contextmanager
    def answer(self, url: str, wanted: str | None = None) -> Iterator[Response]:
        """Open an answer of status 200 or 206, or 416 where a range is wanted; close it after.

        Parameters
        ----------
        wanted : str, optional
            Value of the header ``Range``.

        Raises
        ------
        TransientError
            The server cannot be reached, is too slow, or fails in a way that may pass.
        InputError
            It answers that there is no such thing, or in a way that will not change.
        """
        import requests

        self._go_on()
        # ranges are those of the file itself, so nothing may be compressed on the way
        headers = {"Accept-Encoding": "identity", **({"Range": wanted} if wanted else {})}
        try:
            response = self._session().get(
                url, headers=headers, stream=True, timeout=(self.timeout, self.timeout)
            )
        except requests.Timeout:
            raise TransientError(f"no answer within {self.timeout:g} s") from None
        except requests.exceptions.SSLError:
            raise InputError(f"{shown(url)}: the certificate of the server is not valid") from None
        except requests.exceptions.ProxyError:
            raise TransientError("the proxy cannot be reached or refuses") from None
        except requests.ConnectionError:
            raise TransientError("the server cannot be reached or broke off") from None
        except requests.RequestException as error:
            raise InputError(f"{shown(url)}: {error}") from None
        with response:
            _judge(response, url, ranged=wanted is not None)
            yield response

    def body(self, response: Response, expected: int) -> Iterator[bytes]:
        """Bytes of an answer as they come.

        Parameters
        ----------
        expected : int
            Number of bytes, by which the time limit is set.

        Raises
        ------
        TransientError
            The connection broke or stalled.
        """
        from urllib3.exceptions import HTTPError

        limit = time.monotonic() + self.timeout + expected / SLOWEST
        while True:
            self._go_on()
            try:
                data = response.raw.read1(CHUNK)
            except (HTTPError, HTTPException, OSError) as error:
                slow = "timed out" in str(error).lower()
                what = f"no byte for {self.timeout:g} s" if slow else "the connection broke off"
                raise TransientError(what) from None
            if not data:
                return
            yield data
            if time.monotonic() > limit:
                raise TransientError(f"slower than {SLOWEST:g} bytes a second")

    def text(self, url: str) -> str:
        """Text of an index, whole.

        Raises
        ------
        InputError
            It cannot be had, is cut short, too large, or no UTF-8 text.
        """

        def read() -> bytes:
            with self.answer(url) as response:
                length = length_of(response)
                if (length or 0) > LARGEST_INDEX:
                    raise InputError(f"{shown(url)}: {length} bytes, at most {LARGEST_INDEX}")
                data = bytearray()
                for chunk in self.body(response, length or LARGEST_INDEX):
                    data += chunk
                    if len(data) > LARGEST_INDEX:
                        raise InputError(f"{shown(url)}: more than {LARGEST_INDEX} bytes")
            if length is not None and len(data) != length:
                raise TransientError(f"{len(data)} bytes came of {length}")
            return bytes(data)

        try:
            return self.tried(url, read).decode("utf-8")
        except UnicodeDecodeError:
            raise InputError(f"{shown(url)}: the index is not UTF-8 text") from None

    def _session(self) -> Session:
        import requests

        if not hasattr(self._local, "session"):
            self._local.session = requests.Session()
            self._local.session.max_redirects = 5
        return self._local.session

    def _go_on(self) -> None:
        if self.stop.is_set():
            raise StoppedError


def _judge(response: Response, url: str, *, ranged: bool) -> None:
    status = response.status_code
    if status in TRANSIENT:
        raise TransientError(f"HTTP {status}")
    if status not in (200, *((206, 416) if ranged else ())):
        meaning = MEANING.get(status, "expected 200" + (" or 206" if ranged else ""))
        raise InputError(f"{shown(url)}: HTTP {status}, {meaning}")
    coding = response.headers.get("Content-Encoding", "identity")
    if coding != "identity":
        raise InputError(f"{shown(url)}: sent as {coding!r}, which was not asked for")


def length_of(response: Response) -> int | None:
    """Length of the body an answer announces; None if it does not, or in no sensible way."""
    text = response.headers.get("Content-Length", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None
