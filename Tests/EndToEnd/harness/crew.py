"""Several worlds in parallel. Most of a case's time is waiting, so the cases of a matrix can wait at the same time."""

import queue
import threading
import traceback


class Crew:
    def __init__(self, make, size=4):
        self.make = make
        self.size = size
        self.idle = []
        self.spoilt = []

    def each(self, cases, work):
        """Runs `work(world, case)` for every case; fails with all failures, each with its case."""
        waiting = queue.SimpleQueue()
        for case in cases:
            waiting.put(case)
        failures = []
        threads = [threading.Thread(target=self._run, args=(waiting, work, failures)) for _ in range(self.size)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert not failures, "\n\n".join(f"{case}: {text}" for case, text in failures)

    def _run(self, waiting, work, failures):
        world = None
        while True:
            try:
                case = waiting.get_nowait()
            except queue.Empty:
                break
            try:
                world = world or self._take()
                work(world, case)
            except BaseException:
                where = f"\nlogs: {world.directory}" if world else ""
                failures.append((case, traceback.format_exc() + where))
                if world:
                    self.spoilt.append(world)
                world = None
        if world:
            self.idle.append(world)

    def _take(self):
        try:
            return self.idle.pop()
        except IndexError:
            return self.make()

    def close(self):
        for world in self.spoilt:
            world.abandon()
        for world in self.idle:
            world.close()
