"""Fetching a cycle: what is missing, several files at a time, each whole or not at all."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from forecast.atomic import write_json
from forecast.errors import InputError, MissingExtraError
from forecast.fetch.index import Entry, spans
from forecast.fetch.messages import DamagedError, check_messages, publish
from forecast.fetch.pool import each
from forecast.fetch.request import FetchRequest, RemoteFile
from forecast.fetch.server import Server, checked_base, shown
from forecast.fetch.sources import source_of
from forecast.fetch.transfer import ChangedError, Transfer
from forecast.lock import held
from forecast.native import before_eccodes
from forecast.weather.fields import FIELDS

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class FetchedFile:
    """One file of a cycle.

    Attributes
    ----------
    received : int
        Bytes that came over the network for it; 0 if it was there already.
    absent : tuple of str
        Wanted fields, and members as ``member 7``, that the index does not list.
    """

    path: Path
    step: int
    there_already: bool
    received: int
    absent: tuple[str, ...]


@dataclass
class FetchReport:
    """What came of fetching a cycle: the folder, and its files in the order of steps."""

    folder: Path
    files: list[FetchedFile] = field(default_factory=list)

    @property
    def received(self) -> int:
        """Bytes of GRIB that came over the network."""
        return sum(f.received for f in self.files)

    @property
    def there_already(self) -> int:
        """Files that were there already."""
        return sum(f.there_already for f in self.files)

    @property
    def absent(self) -> dict[str, int]:
        """What no index listed, with the number of files that lack it."""
        counts: dict[str, int] = {}
        for file in self.files:
            for name in file.absent:
                counts[name] = counts.get(name, 0) + 1
        return counts


def fetch_weather(
    request: FetchRequest,
    to: Path,
    *,
    base: str | None = None,
    retries: int = 3,
    timeout: float = 60.0,
    workers: int = 2,
    pause: float = 1.0,
    progress: Progress = lambda what, done, total: None,
) -> FetchReport:
    """Fetch a cycle into ``<to>/<product>/<YYYYMMDDHH>/``; a run repeated fetches what is missing.

    Only the messages of the wanted fields come, by byte ranges from the index of each file. A file
    appears under its name once it is whole: of the promised size, every message from ``GRIB`` to
    ``7777``, as many as the index lists, and each opened and found of this cycle, step and member.
    Until then its bytes are in a hidden part file, which a later run continues if the remote file
    has not changed. A file that was fetched with other fields or members is replaced.

    Parameters
    ----------
    request : FetchRequest
        See `request_for`.
    to : Path
        Folder; nothing is written outside it.
    base : str, optional
        Address of a mirror with the layout of the original.
    retries : int
        Further tries of each request after a failure that may pass.
    timeout : float
        Seconds to wait for a byte.
    workers : int
        Files fetched at a time.
    pause : float
        Seconds before the second try; doubled before each further one.
    progress : callable
        Gets (what, done, total) after each file.

    Raises
    ------
    InputError
        Files could not be had: how many, and of the first of them address and reason. What could be
        had is there.
    ConfigError
        `base` is no address.
    MissingExtraError
        The extra ``wubu[fetch]`` is not installed.

    Examples
    --------
    >>> from datetime import date
    >>> from forecast.fetch import fetch_weather, request_for
    >>> report = fetch_weather(request_for("gfs", date(2026, 11, 24)), "weather")  # doctest: +SKIP
    """
    _need_extra()
    source = source_of(request.product)
    remotes = source.files(request, checked_base(base or source.base))
    folder = Path(to) / request.product / request.stamp
    folder.mkdir(parents=True, exist_ok=True)
    server = Server(timeout=timeout, retries=retries, pause=pause)

    def one(remote: RemoteFile) -> FetchedFile:
        return _Fetch(server, request, remote, folder / remote.name).run(source.read_index)

    with held(folder / ".fetching.lock", "wubu fetch"):  # a second would write the same part files
        files, failures = each(
            remotes,
            one,
            workers,
            server.stop,
            lambda done: progress(request.product, done, len(remotes)),
        )
    if failures:
        first = next(failures[r] for r in remotes if r in failures)
        if len(remotes) == 1:
            raise InputError(first)
        missing = len(remotes) - len(files)
        raise InputError(f"{missing} of {len(remotes)} files were not fetched; the first: {first}")
    return FetchReport(folder, [files[r] for r in remotes])


@dataclass
class _Fetch:
    """One remote file into one local file."""

    server: Server
    request: FetchRequest
    remote: RemoteFile
    path: Path
    received: int = 0

    @property
    def record(self) -> Path:
        """File that says what the fetched one is; never older than that."""
        return self.path.with_name(f".{self.path.name}.json")

    def run(
        self, read_index: Callable[[str, RemoteFile, FetchRequest], list[Entry]]
    ) -> FetchedFile:
        """Fetch the file, if it is not there; begin again where what came is not what it should be.

        Raises
        ------
        InputError
            It cannot be had.
        """
        absent = self._known()
        if absent is not None:
            return FetchedFile(self.path, self.remote.step, True, 0, absent)
        for _ in range(self.server.retries + 1):
            text = self.server.text(self.remote.index_url)
            entries = read_index(text, self.remote, self.request)
            if not entries:
                where, fields = shown(self.remote.index_url), ", ".join(self.remote.fields)
                raise InputError(f"{where}: the index lists none of what is wanted ({fields})")
            try:
                absent = self._transfer(entries)
                return FetchedFile(self.path, self.remote.step, False, self.received, absent)
            except (ChangedError, DamagedError) as error:
                reason = error
        raise InputError(f"{shown(self.remote.url)} for {self.path.name}: {reason}")

    def _transfer(self, entries: list[Entry]) -> tuple[str, ...]:
        """Bring the messages under the final name, and return what is absent of the wanted."""
        part = self.path.with_name(f".{self.path.name}.part")
        transfer = Transfer(self.server, self.remote.url, spans(entries), part)
        try:
            with _named(part):
                transfer.run()
            check_messages(part, entries, self.remote, self.request)
        except (ChangedError, DamagedError):
            transfer.discard()
            raise
        finally:
            self.received += transfer.received
        self.record.unlink(missing_ok=True)
        publish(part, self.path)
        absent = _absent(entries, self.remote)
        size = self.path.stat().st_size
        write_json(self.record, {**self._wanted(), "bytes": size, "absent": absent})
        transfer.discard()
        return tuple(absent)

    def _wanted(self) -> dict[str, object]:
        members = self.remote.members
        return {
            "url": shown(self.remote.url),
            "fields": list(self.remote.fields),
            "members": None if members is None else list(members),
        }

    def _known(self) -> tuple[str, ...] | None:
        """What the file there lacks of the wanted; None if it is not there or is not this one."""
        try:
            content = json.loads(self.record.read_text(encoding="utf-8"))
            wanted = {**self._wanted(), "url": content["url"]}  # another mirror holds the same
            absent = tuple(str(name) for name in content.pop("absent"))
            if content == {**wanted, "bytes": self.path.stat().st_size}:
                return absent
        except (OSError, ValueError, TypeError, KeyError, AttributeError):
            pass
        return None


def _absent(entries: Sequence[Entry], remote: RemoteFile) -> list[str]:
    """Wanted fields and members no entry has; at step 0 there are no amounts yet."""
    fields = {e.field for e in entries}
    members = {e.member for e in entries}
    return [
        f
        for f in remote.fields
        if f not in fields and not (remote.step == 0 and FIELDS[f].cell == "amount")
    ] + [f"member {m}" for m in remote.members or () if m not in members]


@contextmanager
def _named(path: Path) -> Iterator[None]:
    """Name the file where writing it fails: most often the disk is full."""
    try:
        yield
    except OSError as error:
        raise OSError(error.errno, error.strerror or str(error), str(path)) from None


def _need_extra() -> None:
    before_eccodes()
    try:
        import eccodes  # noqa: F401
        import ecmwf.opendata  # noqa: F401
        import requests  # noqa: F401
    except (ImportError, RuntimeError):  # eccodes without its library raises RuntimeError
        raise MissingExtraError("fetching weather", "fetch") from None
