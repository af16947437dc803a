"""Who does the tasks of an audit: this process, processes beside it, or the workers of a Dask cluster.

A worker may be killed at any moment. Its task is then given to a new one; a task that ends one worker after another
is given up and said to be not audited (R-AUDIT-3). Dask is an optional extra, found only when a cluster is named.

Source: ``spec/audit.md``; ``docs/decisions/0019-audit.md``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from importlib import import_module
from multiprocessing import get_context
from queue import SimpleQueue
from typing import Any, Final

from majlis.errors import Missing
from majlis.host.audit import BoxAudit, BoxTask, Runner, audit_box, not_audited

__all__ = ["ATTEMPTS", "SECONDS", "choose_runner", "run_here", "run_in_processes", "run_on_cluster"]

ATTEMPTS: Final = 3
"""So often is a box given to a worker before it is given up."""

SECONDS: Final = 10
"""So long a cluster's scheduler may take to answer."""

_GIVEN_UP: Final = f"{ATTEMPTS} workers ended while they looked at this box; look at it alone, with majlis box verify"


def choose_runner(*, workers: int, cluster: str | None) -> Runner:
    """The workers that were asked for."""
    if cluster is not None:
        return lambda tasks: run_on_cluster(tasks, cluster)
    if workers > 1:
        return lambda tasks: run_in_processes(tasks, workers)
    return run_here


def run_here(tasks: Sequence[BoxTask]) -> Iterator[BoxAudit]:
    """One box after the other, in this process."""
    return map(audit_box, tasks)


class _Worker:
    """One process. When it ends it is replaced, and its task begun anew."""

    def __init__(self) -> None:
        self._pool = self._new()

    @staticmethod
    def _new() -> ProcessPoolExecutor:
        # A spawned process shares nothing with this one, on any system.
        return ProcessPoolExecutor(1, mp_context=get_context("spawn"))

    def look(self, task: BoxTask) -> BoxAudit:
        for _ in range(ATTEMPTS):
            try:
                return self._pool.submit(audit_box, task).result()
            except BrokenProcessPool:
                self.end()
                self._pool = self._new()
        return not_audited(task.name, _GIVEN_UP)

    def end(self) -> None:
        self._pool.shutdown(cancel_futures=True)


def run_in_processes(tasks: Sequence[BoxTask], workers: int) -> Iterator[BoxAudit]:
    """By so many processes, each looking at one box at a time."""
    free: SimpleQueue[_Worker] = SimpleQueue()
    all_workers = [_Worker() for _ in range(max(1, min(workers, len(tasks))))]
    for worker in all_workers:
        free.put(worker)

    def look(task: BoxTask) -> BoxAudit:
        worker = free.get()
        try:
            return worker.look(task)
        finally:
            free.put(worker)

    try:
        with ThreadPoolExecutor(len(all_workers)) as threads:
            for future in as_completed([threads.submit(look, task) for task in tasks]):
                yield future.result()
    finally:
        for worker in all_workers:
            worker.end()


def run_on_cluster(tasks: Sequence[BoxTask], address: str) -> Iterable[BoxAudit]:
    """By the workers of a Dask cluster, which find the folder under the same name.

    Raises: Missing, where Dask is not installed or nobody answers.
    """
    try:
        distributed: Any = import_module("distributed")
    except ModuleNotFoundError:
        raise Missing(
            "a cluster is reached through Dask, which is not installed; install majlis[cluster], or name no cluster"
        ) from None
    try:
        client = distributed.Client(address, timeout=SECONDS)
    except (OSError, ValueError) as wrong:
        raise Missing(
            f"no cluster answers there: {wrong}; start its scheduler, or name no cluster", where=address
        ) from wrong
    with client:
        futures = {
            future.key: (task, future)
            for task in tasks
            for future in [client.submit(audit_box, task, pure=False, retries=ATTEMPTS - 1)]
        }
        for done in distributed.as_completed([future for _, future in futures.values()]):
            task, _ = futures.pop(done.key)
            yield done.result() if done.exception() is None else not_audited(task.name, _GIVEN_UP)
