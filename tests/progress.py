"""Does a process get on? Told by its processor time, so that a busy machine is not a hang.

A clock on the wall cannot tell a test that hangs from one that waits for its turn. What it has done
can: a test that spins uses processor time without end, one that sleeps or is locked uses none, and
one on a machine that is ten times slower uses what it always used, later.

Run as a program, `python tests/progress.py PID` watches a pytest process for tests/watchdog.py. It
is a process of its own because a thread would stand still with a program that holds Python's lock.
"""

import contextlib
import json
import os
import select
import signal
import sys
import time
from collections import deque
from collections.abc import Callable, Iterator

import psutil

SHARE = 0.01  # of one processor; a process that uses less than this stands still
TICK = 5.0  # seconds between two looks of the watching process, at most


def family(pid: int) -> Iterator[psutil.Process]:
    """Yield a process and all that it started and that still run, but not the one that asks."""
    with contextlib.suppress(psutil.Error):
        parent = psutil.Process(pid)
        yield parent
        yield from (child for child in parent.children(recursive=True) if child.pid != os.getpid())


def processor_seconds(pid: int) -> float:
    """Return what a process and its children have used, those that have ended included."""
    total = 0.0
    for process in family(pid):
        with contextlib.suppress(psutil.Error):
            used = process.cpu_times()
            total += used.user + used.system + used.children_user + used.children_system
    return total


class Progress:
    """Looks at a process now and then, and says when there is no point in waiting any longer.

    Args:
        pid: the process; what it starts counts with it.
        limit: the most seconds of processor time it may use from the first look on.
        patience: for so many seconds it may use hardly any. Only time between looks counts, and of
            a gap only a tenth of the patience: while the machine itself is halted, nothing does.
    """

    def __init__(
        self,
        pid: int,
        *,
        limit: float,
        patience: float,
        clock: Callable[[], float] = time.monotonic,
        seconds: Callable[[int], float] = processor_seconds,
    ):
        self.pid, self.limit, self.patience = pid, limit, patience
        self._clock, self._seconds = clock, seconds
        self._marks: deque[tuple[float, float]] = deque()  # seconds waited, seconds used
        self._then = self._total = 0.0

    def look(self) -> str | None:
        """Return None while the process gets on, else in words what is wrong with it."""
        now, total = self._clock(), self._seconds(self.pid)
        if not self._marks:
            waited = used = 0.0
        else:
            waited, used = self._marks[-1]
            waited += min(now - self._then, self.patience / 10)
            used += max(0.0, total - self._total)  # a child that left took its time with it
        self._then, self._total = now, total
        self._marks.append((waited, used))
        while len(self._marks) > 1 and waited - self._marks[1][0] >= self.patience:
            self._marks.popleft()
        if used > self.limit:
            return f"it used {self.limit:g} s of processor time and did not end"
        since, before = self._marks[0]
        if waited - since >= self.patience and used - before < SHARE * self.patience:
            return f"it stood still for {self.patience:g} s: neither it nor a child of it computed"
        return None


def watch(pid: int) -> None:
    """Read on standard input what the process is at, and stop it when it does not get on.

    A line holds JSON: ``{"name", "limit", "patience"}`` when something begins, ``null`` when it has
    ended. First the reason is written to standard output and SIGALRM is sent, which Python code can
    answer with an exception. If that changes nothing, SIGABRT ends the process, and faulthandler
    says where each thread was, whatever holds Python's lock.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the tests
    told, progress, asked, rest = None, None, False, b""
    while psutil.pid_exists(pid):
        tick = min(TICK, progress.patience / 20) if progress else TICK
        if select.select([0], [], [], tick)[0]:
            chunk = os.read(0, 2**16)
            if not chunk:
                return
            *lines, rest = (rest + chunk).split(b"\n")
            if lines:
                told, asked = json.loads(lines[-1]), False
                limits = {key: told[key] for key in ("limit", "patience")} if told else {}
                progress = Progress(pid, **limits) if told else None
        elif progress and (reason := progress.look()):
            if asked:
                end(pid, f"{told['name']} was asked to stop and went on: {reason}")
                return
            os.write(1, f"{reason}\n".encode())
            os.kill(pid, signal.SIGALRM)
            asked = True
            progress = Progress(pid, limit=told["limit"] / 10, patience=told["patience"] / 10)


def end(pid: int, why: str) -> None:
    """End a process and its children, and say why; its stacks are written by its faulthandler."""
    print(f"\nwatchdog: {why}. Its process is ended.", file=sys.stderr, flush=True)
    processes = list(family(pid))
    for number in (signal.SIGABRT, signal.SIGKILL):
        with contextlib.suppress(OSError, psutil.Error):
            processes[0].send_signal(number)
            for _ in range(100):  # a process that was ended stays in the list until it is fetched
                if processes[0].status() == psutil.STATUS_ZOMBIE:
                    break
                time.sleep(0.1)
    for child in processes[1:]:
        with contextlib.suppress(psutil.Error):
            child.kill()


if __name__ == "__main__":
    watch(int(sys.argv[1]))
