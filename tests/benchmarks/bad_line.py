"""A line with latency and resets between a client and a server on this machine: python bad_line.py LISTEN TARGET MS CHANCE.

Each way waits half of MS milliseconds; a connection holds at most 4 MiB on its way, as a TCP window would. CHANCE is the
chance of a reset for each MiB that comes back. It stands in where the kernel has no netem.
"""

from __future__ import annotations

import asyncio
import random
import socket
import struct
import sys

WINDOW = 4 * 1024 * 1024
PIECE = 256 * 1024


async def pour(reader, writer, delay: float, chance: float) -> None:
    """Pass bytes on after `delay` seconds; read no more than a window ahead."""
    pieces: asyncio.Queue = asyncio.Queue(WINDOW // PIECE)
    loop = asyncio.get_running_loop()

    async def send() -> None:
        while (item := await pieces.get()) is not None:
            due, data = item
            await asyncio.sleep(max(0.0, due - loop.time()))
            writer.write(data)
            await writer.drain()

    sender = asyncio.create_task(send())
    try:
        while data := await reader.read(PIECE):
            if random.random() < chance * len(data) / 2**20:
                writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                break
            await pieces.put((loop.time() + delay, data))
        await pieces.put(None)
        await sender
    except (ConnectionError, asyncio.CancelledError):
        sender.cancel()
    finally:
        writer.close()


async def main(listen: int, target: int, milliseconds: float, chance: float) -> None:
    async def serve(reader, writer) -> None:
        upstream_reader, upstream_writer = await asyncio.open_connection("127.0.0.1", target)
        await asyncio.gather(
            pour(reader, upstream_writer, milliseconds / 2000, 0.0),
            pour(upstream_reader, writer, milliseconds / 2000, chance),
        )

    server = await asyncio.start_server(serve, "127.0.0.1", listen)
    async with server:
        await server.serve_forever()


asyncio.run(main(int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]), float(sys.argv[4])))
