"""The process that carries out tasks, one at a time, until its parent closes the pipe."""

from multiprocessing.connection import Connection

from pulih.batch.task import Failed, Setup, Task
from pulih.batch.work import Workshop
from pulih.common.children import leave_signals_to_parent
from pulih.common.errors import InputError, StoreError, UserError
from pulih.common.logging import configure_logging, get_logger

log = get_logger(__name__)
READY = "ready"


def run_worker(pipe: Connection, setup: Setup) -> None:
    """Send READY, or a ``Failed`` when the setup is of no use, then answer every task with what became of it."""
    leave_signals_to_parent()
    configure_logging(setup.log)
    try:
        workshop = _workshop(setup)
    except UserError as err:
        pipe.send(Failed(str(err), fatal=True))
        return
    pipe.send(READY)
    while True:
        try:
            task: Task = pipe.recv()
        except EOFError:
            return
        pipe.send(answer(workshop, task, setup))


def _workshop(setup: Setup) -> Workshop:
    import cv2

    from pulih.batch.judging import Judge
    from pulih.batch.scribe import Scribe
    from pulih.recognizer.infer import LineReader
    from pulih.restorer.infer import Restorer

    cv2.setNumThreads(1)
    reader = LineReader.load_any(setup.recognizer) if setup.recognizer else None
    scribe = Scribe(reader, setup.page.read) if reader and setup.page.read != "no" else None
    return Workshop(Judge(Restorer.load(setup.restorer, 1), reader, setup.page), setup.page, setup.output, scribe)


def answer(workshop: Workshop, task: Task, setup: Setup) -> object:
    """Carry out a task; whatever a page does to the code, it is this page's failure and no other's."""
    try:
        done = workshop.carry_out(task)
        if setup.destination:
            from pulih.stores.paths import publish

            for name in reversed(done.outputs):
                publish(setup.output / name, f"{setup.destination.rstrip('/')}/{name}")
    except (InputError, FileNotFoundError) as err:
        return Failed(str(err))
    except StoreError as err:
        return Failed(str(err), again=True)
    except UserError as err:
        return Failed(str(err), fatal=True)
    except MemoryError:
        return Failed("out of memory", again=True)
    except Exception as err:
        log.exception("%s: unexpected", task.name)
        return Failed(f"unexpected {type(err).__name__}: {err}", again=True)
    return done
