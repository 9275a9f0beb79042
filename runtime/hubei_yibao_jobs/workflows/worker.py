"""A worker process: launches DBOS, listens to its institutions' queues, takes over lost workers."""

from __future__ import annotations

import logging
import threading
import uuid
from collections.abc import Sequence
from types import TracebackType
from typing import Self

from dbos import DBOS, DBOSConfig, DBOSPortableJSONSerializer, SetWorkflowID, WorkflowHandle
from hubei_yibao_runtime.client import SyncClient
from hubei_yibao_runtime.errors import SettingsError
from hubei_yibao_runtime.interface import Registry
from hubei_yibao_runtime.settings import Settings

from ..config import JobsSettings, journal_mark
from ..outbox import Desk, Outbox
from . import bench, settlements, uploads
from .slot import Slot

log = logging.getLogger("hubei_yibao.jobs")
_SIGN_SECONDS = 10.0
_FAILED = ("ERROR", "CANCELLED", "MAX_RECOVERY_ATTEMPTS_EXCEEDED")


class Worker:
    """Serves the outboxes of some institutions; one per process.

    ``institutions``: their settings; the first one's state_dir holds what this host keeps.
    Raises SettingsError where several hosts could not share what they must.
    """

    def __init__(
        self, jobs: JobsSettings, institutions: Sequence[Settings], registry: Registry
    ) -> None:
        if not institutions or any(s.journal == "off" for s in institutions):
            raise SettingsError("the jobs need an institution, and its journal")
        self.jobs = jobs
        self._first = institutions[0]
        self.outbox = Outbox(jobs.database(self._first), registry)
        self._desks = {
            settings.fixmedins_code: Desk(
                SyncClient(settings, registry=registry), self.outbox, journal_mark(settings),
                jobs.waits,
            )
            for settings in institutions
        }  # fmt: skip
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="yibao-jobs", daemon=True)

    def start(self, *, scheduled: bool = False) -> Self:
        """Launches the engine; ``scheduled``: with the nightly run of every institution."""
        self.outbox.create()
        self._slot = Slot(self._first.state_directory)
        bench.lay(bench.Bench(self.jobs, self._desks))
        config: DBOSConfig = {
            "name": bench.APPLICATION,
            "system_database_url": self.jobs.engine(self._first),
            "executor_id": self._slot.name,
            "application_version": bench.VERSION,
            "serializer": DBOSPortableJSONSerializer(),
            "log_level": "WARNING",
            "enable_otlp": False,
            "scheduler_polling_interval_sec": min(30.0, self.jobs.poll),
        }
        DBOS(config=config)
        DBOS.listen_queues([name for code in self._desks for name in _queues(code)])
        DBOS.launch()
        for code in self._desks:
            self._register(code)
        if scheduled:
            DBOS.apply_schedules([
                {
                    "schedule_name": f"yibao-nightly-{code}", "workflow_fn": uploads.nightly,
                    "schedule": self.jobs.cron, "cron_timezone": self.jobs.timezone,
                    "context": code, "queue_name": bench.run_queue(code),
                }
                for code in self._desks
            ])  # fmt: skip
        self.outbox.sign(self._slot.name)
        self._thread.start()
        return self

    def _register(self, code: str) -> None:
        poll = min(1.0, self.jobs.poll)
        DBOS.register_queue(
            bench.upload_queue(code), global_concurrency=self.jobs.at_once,
            limiter={"limit": self.jobs.per_minute, "period": 60.0},
            polling_interval_sec=min(0.2, poll),
            on_conflict="always_update",
        )  # fmt: skip
        DBOS.register_queue(
            bench.run_queue(code), global_concurrency=1, polling_interval_sec=poll,
            on_conflict="always_update",
        )  # fmt: skip
        DBOS.register_queue(
            bench.settle_queue(code), polling_interval_sec=min(0.1, poll),
            on_conflict="always_update",
        )  # fmt: skip

    def run_now(self, institution: str, name: str | None = None) -> WorkflowHandle[int]:
        """Enqueues a run; a run with the same ``name`` is the same run."""
        with SetWorkflowID(name or f"run-{institution}-{uuid.uuid4().hex}"):
            return DBOS.enqueue_workflow(bench.run_queue(institution), uploads.run, institution)

    def settle(self, institution: str, id: int) -> WorkflowHandle[str]:
        """Enqueues a settlement put in with :func:`settlements.submit`.

        Once however often it is asked for; anew where the workflow itself failed.
        """
        name = f"settle-{institution}-{id}"
        while (found := DBOS.get_workflow_status(name)) and found.status in _FAILED:
            name += "+"
        with SetWorkflowID(name):
            return DBOS.enqueue_workflow(
                bench.settle_queue(institution), settlements.settle, institution, id
            )

    def _watch(self) -> None:
        while not self._stopped.wait(min(_SIGN_SECONDS, self.jobs.lost_after / 4)):
            try:
                self.outbox.sign(self._slot.name)
                self._take_over()
            except Exception as error:
                log.error("no sign of life could be given: %s", type(error).__name__)

    def _take_over(self) -> None:
        lost = [name for name in self.outbox.lost(self.jobs.lost_after) if name != self._slot.name]
        if not lost:
            return
        queues = [name for code in self._desks for name in _queues(code)]
        for found in DBOS.list_workflows(
            status="PENDING", executor_id=lost, queue_name=queues, load_input=False,
            load_output=False,
        ):  # fmt: skip
            log.warning("taking over %s of %s", found.workflow_id, found.executor_id)
            DBOS.resume_workflow(found.workflow_id, queue_name=found.queue_name)

    def stop(self, seconds: float = 30) -> None:
        """Waits up to ``seconds`` for messages under way; the rest goes on after a restart."""
        self._stopped.set()
        self._thread.join()
        bench.flights().close(seconds)
        # workflows break off now, as in a kill, and are taken up again: no cause for tracebacks
        logging.getLogger("dbos").setLevel(logging.CRITICAL)
        DBOS.destroy()
        bench.lay(None)
        for desk in self._desks.values():
            desk.client.close()
        self.outbox.close()
        self._slot.free()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()


def _queues(code: str) -> tuple[str, ...]:
    return bench.upload_queue(code), bench.run_queue(code), bench.settle_queue(code)
