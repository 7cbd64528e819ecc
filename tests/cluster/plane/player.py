"""What plays a part of a cluster: it looks at every object of a kind, again and again, as a controller would."""

import threading

from pulih.common.errors import ClusterError


class Player(threading.Thread):
    """Calls ``tend`` with every object until ``stop``; what went wrong is in ``errors``, for the fixture to tell."""

    def __init__(self, cluster, resource, pause=0.2):
        super().__init__(daemon=True)
        self._cluster, self._resource, self._pause = cluster, resource, pause
        self._stopping, self.errors = threading.Event(), []

    def tend(self, item):
        raise NotImplementedError

    def run(self):
        while not self._stopping.wait(self._pause):
            try:
                for item in self._cluster.list(self._resource):
                    self.tend(item)
            except ClusterError as err:
                # A change came in between: the next round sees it.
                if getattr(err, "status", 0) not in (404, 409):
                    self.errors.append(err)
            except Exception as err:  # noqa: BLE001 - told by the fixture
                self.errors.append(err)

    def stop(self):
        self._stopping.set()
        self.join()
