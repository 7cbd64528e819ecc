"""What of the endpoint's overhead any gRPC server would cost: ``python benchmarks/echo.py --restorer DIR``.

Synthetic A4 pages at 300 dpi go as raw pixels over gRPC, in turn, to the endpoint and to a server of the same library
that does nothing but answer with as many bytes. What is left beside restoration and transport is the endpoint's own.
"""

import argparse
import asyncio
import multiprocessing
import statistics
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import grpc
from kserve.protocol.grpc import grpc_predict_v2_pb2 as pb
from pages import write_pages
from ways import UNLIMITED, over_grpc, told

from pulih.deployment.server import LOOPBACK, Patience, free_port, running_server
from serving.rpc import SERVICE

ROUNDS = 5


async def _echo(port: int, ready: Any) -> None:
    async def answer(request: pb.ModelInferRequest, _: Any) -> bytes:
        message = pb.ModelInferResponse(raw_output_contents=[request.raw_input_contents[0]])
        return bytes(message.SerializeToString())

    handler = grpc.unary_unary_rpc_method_handler(
        answer, request_deserializer=pb.ModelInferRequest.FromString, response_serializer=bytes
    )
    server = grpc.aio.server(options=UNLIMITED)
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(SERVICE, {"ModelInfer": handler}),))
    server.add_insecure_port(f"{LOOPBACK}:{port}")
    await server.start()
    ready.set()
    await server.wait_for_termination()


def _serve(port: int, ready: Any) -> None:
    asyncio.run(_echo(port, ready))


@contextmanager
def echoing() -> Iterator[int]:
    """Run a server that sends every tensor back, in a process of its own; yield its port."""
    context = multiprocessing.get_context("spawn")
    port, ready = free_port(), context.Event()
    process = context.Process(target=_serve, args=(port, ready), daemon=True)
    process.start()
    try:
        if not ready.wait(60):
            raise RuntimeError("the echoing server did not start")
        yield port
    finally:
        process.terminate()
        process.join()


def main() -> None:
    """Read the command line, measure, print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--restorer", type=Path, required=True)
    parser.add_argument("--pages", type=int, default=3)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="pulih-echo-") as name, echoing() as empty:
        scans = [path.read_bytes() for path in write_pages(Path(name), asked.pages, 300)]
        port = free_port()
        settings = ("threads=1", f"grpc_port={port}")
        with running_server(asked.restorer, Path(name) / "log", Patience(answer=3600), settings) as server:
            print(
                "| page | s | restoration, s | transport, ms | the endpoint's own, ms | of restoration |\n|---|"
                + "---:|" * 5
            )
            for number, scan in enumerate(scans):
                rows = []
                for _ in range(ROUNDS):
                    seconds, timing = over_grpc(port)(server.client, scan)
                    transport, _nothing = over_grpc(empty)(server.client, scan)
                    rows.append((seconds, told(timing)["restore"], transport))
                whole, restoration, transport = (statistics.median(column) for column in zip(*rows, strict=True))
                own = statistics.median(row[0] - row[1] - row[2] for row in rows)
                cells = f"{whole:.2f} | {restoration:.2f} | {1000 * transport:.0f} | {1000 * own:.0f}"
                print(f"| {number} | {cells} | {own / restoration:.1%} |", flush=True)


if __name__ == "__main__":
    main()
