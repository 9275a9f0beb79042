"""A component's process seen from the service, and the queue of calls in front of it."""

from __future__ import annotations

import logging
import threading
from collections import deque
from concurrent.futures import Future
from dataclasses import dataclass, field
from time import monotonic

from .config import Instance
from .process import CannotStart, Process
from .verdict import NO_COMPONENT, NOT_NOW, Verdict

log = logging.getLogger("hubei_yibao_bridge")

_AGAIN_SECONDS = 1.0  #: a start that failed is not tried again sooner


class QueueFull(Exception):
    """No place in the queue; the call was not accepted."""


@dataclass(eq=False)
class Job:
    """One call on its way; ``done`` gets its verdict, never an exception."""

    number: str
    message: bytes = field(repr=False)
    done: Future[Verdict] = field(default_factory=Future)


@dataclass
class Counts:
    accepted: int = 0
    answered: int = 0
    not_sent: int = 0
    unknown: int = 0
    starts: int = 0  #: of the component's process


class Apartment:
    """Calls one component in the order of arrival, one at a time, from one thread."""

    def __init__(self, instance: Instance) -> None:
        self.instance = instance
        self.counts = Counts()
        self._waiting: deque[Job] = deque()
        self._change = threading.Condition()
        self._closing = False
        self._process: Process | None = None
        self._problem = "not started yet"
        self._failed_at = float("-inf")
        self._thread = threading.Thread(
            target=self._work, name=f"bridge-{instance.name}", daemon=True
        )

    def start(self) -> None:
        self._thread.start()

    def submit(self, number: str, message: bytes) -> Job:
        """Queue a call; raises QueueFull."""
        job = Job(number, message)
        with self._change:
            if self._closing or len(self._waiting) >= self.instance.queue:
                raise QueueFull
            job.done.set_running_or_notify_cancel()  # nobody but its verdict ends it
            self._waiting.append(job)
            self.counts.accepted += 1
            self._change.notify()
        return job

    def withdraw(self, job: Job) -> bool:
        """Take a call back that has not begun; False if it is too late."""
        with self._change:
            try:
                self._waiting.remove(job)
            except ValueError:
                return False
            self.counts.not_sent += 1
            return True

    def status(self) -> dict[str, object]:
        """What an operator may see; no content of calls."""
        process = self._process
        ready = process is not None and process.alive
        with self._change:
            counts = vars(self.counts).copy()
            waiting = len(self._waiting)
        state = "ready" if ready else self._problem
        return {"kind": self.instance.kind, "state": state, "waiting": waiting, **counts}

    def refuse(self) -> None:
        """Take nothing more and answer what waits: it is not sent."""
        with self._change:
            self._closing = True
            left = list(self._waiting)
            self._waiting.clear()
            self.counts.not_sent += len(left)
            self._change.notify()
        for job in left:
            job.done.set_result(Verdict(NOT_NOW, "the bridge is stopping"))

    def close(self, grace: float) -> None:
        """Give the running call ``grace`` seconds, then kill the process."""
        self.refuse()
        self._thread.join(grace)
        process = self._process
        if process is not None:
            process.kill()
        self._thread.join()

    def _work(self) -> None:
        self._ready()
        while (job := self._next()) is not None:
            verdict = self._carry_out(job)
            with self._change:
                self._count(verdict)
            job.done.set_result(verdict)
        if self._process is not None:
            self._process.kill()

    def _next(self) -> Job | None:
        with self._change:
            while not self._waiting and not self._closing:
                self._change.wait()
            return None if self._closing else self._waiting.popleft()

    def _carry_out(self, job: Job) -> Verdict:
        verdict = Verdict(NOT_NOW, "")
        for _ in range(2):  # once more if the process turned out dead before the call began
            process = self._ready()
            if process is None:
                return Verdict(NO_COMPONENT, self._problem)
            verdict = process.call(job.number, job.message, self.instance.deadline)
            if verdict.unknown:
                process.kill()
            if verdict.status != NOT_NOW:
                break
        return verdict

    def _count(self, verdict: Verdict) -> None:
        if verdict.answered:
            self.counts.answered += 1
        elif verdict.unknown:
            self.counts.unknown += 1
        else:
            self.counts.not_sent += 1

    def _ready(self) -> Process | None:
        """The living process, started if need be; None with the reason in ``_problem``."""
        if self._process is not None and self._process.alive:
            return self._process
        if monotonic() - self._failed_at < _AGAIN_SECONDS:
            return None
        self._process = None
        self.counts.starts += 1
        try:
            self._process = Process(self.instance)
        except CannotStart as error:
            self._problem, self._failed_at = str(error), monotonic()
            log.error("%s: %s", self.instance.name, error)
            return None
        log.info("%s: component loaded, process %d", self.instance.name, self._process.pid)
        return self._process
