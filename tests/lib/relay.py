"""Stands between clients and a server, lets so many bytes through to the server and then holds all
that is sent, so that a test can do something in the middle of a run, however fast the machine.

    relay.py PORT BYTES FOLDER

PORT is the server's on 127.0.0.1. Prints "PORT n". What goes beyond BYTES waits: FOLDER/held is there
from then on, and once FOLDER/released is there too everything goes through. Answers are never held. Ends
when its standard input does.
"""
import asyncio
import os
import sys

server, left, folder = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
released = None


def mark_held():
    open(os.path.join(folder, "held"), "w").close()


async def admit(size):
    global left
    left -= size
    if left < 0 and not released.is_set():
        mark_held()
        await released.wait()


async def pump(reader, writer, to_server):
    try:
        while data := await reader.read(65536):
            if to_server:
                await admit(len(data))
            writer.write(data)
            await writer.drain()
    except ConnectionError:
        pass
    finally:
        writer.close()


async def serve(reader, writer):
    try:
        answers, requests = await asyncio.open_connection("127.0.0.1", server)
    except ConnectionError:
        writer.close()
        return
    await asyncio.gather(pump(reader, requests, True), pump(answers, writer, False))


async def main():
    global released
    released = asyncio.Event()
    listener = await asyncio.start_server(serve, "127.0.0.1", 0)
    print("PORT", listener.sockets[0].getsockname()[1], flush=True)
    asyncio.get_running_loop().add_reader(0, lambda: os.read(0, 1) or os._exit(0))
    while not os.path.exists(os.path.join(folder, "released")):
        await asyncio.sleep(0.02)
    released.set()
    await asyncio.Event().wait()


asyncio.run(main())
