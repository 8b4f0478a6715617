"""Fetch a file from the first mirror that hands over the right bytes. Plumbing of lesson 06.

A mirror may be dead, slow, endless, or answer with a login page: it gets a few seconds to answer,
a limit of bytes, and is believed only if ``accept`` takes what it sends.
"""

import io
import threading
import time
from collections.abc import Callable, Sequence
from urllib.parse import urljoin, urlsplit

import numpy as np
import pooch
from tqdm.auto import tqdm

from gan_lessons.errors import DataFileError, DownloadError

CONNECT, READ = 4.0, 10.0  # seconds for a connection, and from one piece of data to the next
ANSWER, TOTAL = 6.0, 300.0  # seconds for the first answer (finding the host too), and for it all
ROUNDS, BACK_OFF = 2, 0.5  # how often each mirror is asked; seconds to wait in between
PATIENCE = 3.0  # seconds; a mirror that took longer to fail is not asked again
HOPS = 5


class _Sink(io.BytesIO):
    """A file in memory of at most ``limit`` bytes; closing it ends a thread that writes to it."""

    def __init__(self, limit: int):
        super().__init__()
        self.limit, self.reply, self.error = limit, None, None

    def write(self, chunk: bytes) -> int:
        if self.tell() + len(chunk) > self.limit:
            raise OSError("more bytes than the file has")
        return super().write(chunk)


def allowed(url: str) -> bool:
    """Say whether a URL may be asked, also after a redirect: https only."""
    return urlsplit(url).scheme == "https"


def _follow(url: str, sink: _Sink) -> None:
    """Write what a URL, after at most HOPS redirects, hands over; keep failures in the sink."""
    download = pooch.HTTPDownloader(
        chunk_size=2**16,
        timeout=(CONNECT, READ),
        headers={"Accept-Encoding": "identity"},  # the file is packed already
        allow_redirects=False,  # so that each hop is checked here
        hooks={"response": lambda reply, **_: setattr(sink, "reply", reply)},
    )
    try:
        for _ in range(HOPS + 1):
            if not allowed(url):
                raise OSError(f"refused to go to {url}")
            try:
                download(url, sink, None)
            finally:
                if sink.reply is not None:
                    sink.reply.close()
            if not sink.reply.is_redirect:
                return
            url = urljoin(url, sink.reply.headers["location"])
            sink.seek(0)
            sink.truncate()
        raise OSError(f"more than {HOPS} redirects")
    except Exception as error:
        sink.error = error


def _get(url: str, limit: int) -> bytes:
    """Return what a URL hands over, in the given time whatever the network does.

    A socket's own timeout starts anew with every byte and does not cover finding the host, so the
    transfer runs in a thread, which is left behind when its time is over.
    """
    bar = tqdm(desc=url.rpartition("/")[2], unit="B", unit_scale=True, delay=1, leave=False)
    with _Sink(limit) as sink, bar:
        worker = threading.Thread(target=_follow, args=(url, sink), daemon=True)
        start = time.monotonic()
        worker.start()
        while worker.is_alive():
            worker.join(0.1)
            if sink.reply is not None:
                bar.total = int(sink.reply.headers.get("content-length", 0)) or None
            bar.update(sink.tell() - bar.n)
            if time.monotonic() - start > (ANSWER if sink.reply is None else TOTAL):
                raise TimeoutError("no answer" if sink.reply is None else "too slow")
        if sink.error is not None:
            raise sink.error
        return sink.getvalue()


def _reason(error: Exception) -> str:
    """Say in a few words why a mirror failed."""
    reply = getattr(error, "response", None)
    if reply is not None:
        return f"HTTP {reply.status_code}"
    if isinstance(error, DataFileError):
        return "other bytes than the published file"
    own = type(error) in (OSError, TimeoutError)  # raised above; others have long technical texts
    return str(error)[:44] if own else type(error).__name__


def fetch(
    urls: Sequence[str],
    *,
    limit: int,
    accept: Callable[[bytes], np.ndarray],
    kept: str,
    instead: str,
) -> tuple[bytes, np.ndarray]:
    """Return a file's bytes and what ``accept`` made of them, from the first mirror that works.

    Args:
        urls: the file at several mirrors, asked in turn, ROUNDS times.
        limit: the most bytes to take.
        accept: turns the bytes into the answer; raises DataFileError if they are wrong.
        kept, instead: the error's second line, and its third: what to do without the file.

    Raises:
        DownloadError: no mirror handed over the right bytes; it names each one's reason.
    """
    failed: dict[str, Exception] = {}
    slow = set()
    for turn in range(ROUNDS):
        time.sleep(turn * BACK_OFF)
        for url in [url for url in urls if url not in slow]:
            start = time.monotonic()
            try:
                data = _get(url, limit)
                return data, accept(data)
            except Exception as error:  # requests, urllib3, ssl, http.client: all may raise here
                failed[url] = error
            if time.monotonic() - start > PATIENCE:
                slow.add(url)
    reasons = "; ".join(f"{urlsplit(url).hostname}: {_reason(e)}" for url, e in failed.items())
    raise DownloadError(
        f"{urls[0].rpartition('/')[2]} could not be downloaded ({reasons}).",
        kept,
        instead,
    ) from failed[urls[-1]]
