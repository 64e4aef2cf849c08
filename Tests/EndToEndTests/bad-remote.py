"""A git remote that goes wrong: passes everything on to the real one until a client asks for objects, and then does what
its mode says.

Arguments: the port to listen on, the real remote's address, and the mode:

  silent   takes connections and says nothing, from the beginning
  hang     says nothing more
  slow     a byte every tenth of a second
  rubbish  bytes that are no packet
  cut      the first half of the answer
  close    closes
  shout    refuses, with words that would paint the terminal
"""

import os
import select
import socket
import sys
import threading
import time

port, real, mode = int(sys.argv[1]), sys.argv[2].rsplit(":", 1), sys.argv[3]
ASKS_FOR_OBJECTS = b"command=fetch"
SHOUT = b"ERR \x1b[31mall is lost\x1b]0;owned\x07\r\n"


def serve(client):
    if mode == "silent":
        threading.Event().wait()
    server = socket.create_connection((real[0], int(real[1])))
    asked = b""
    while True:
        readable = select.select([client, server], [], [])[0]
        source = readable[0]
        data = source.recv(65536)
        if not data:
            break
        if source is server:
            if ASKS_FOR_OBJECTS in asked:
                spoil(client, server, data)
                break
            client.sendall(data)
            continue
        asked += data
        if ASKS_FOR_OBJECTS in asked and mode not in ("slow", "cut"):
            refuse(client)
            break
        server.sendall(data)
    client.close()
    server.close()


def refuse(client):
    if mode == "hang":
        threading.Event().wait()
    if mode == "rubbish":
        client.sendall(b"\x00\xffHTTP/1.1 200 OK\r\n\r\nzzzz" * 50)
    if mode == "shout":
        client.sendall(b"%04x%s" % (len(SHOUT) + 4, SHOUT))


def spoil(client, server, answer):
    if mode == "cut":
        client.sendall(answer[: len(answer) // 2])
        return
    while answer:
        for byte in answer:
            client.sendall(bytes([byte]))
            time.sleep(0.2)
        answer = server.recv(65536)


with socket.create_server(("127.0.0.1", port)) as listener:
    if address := os.environ.get("NOTIFY_SOCKET"):
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
            manager.connect(address.replace("@", "\0", 1))
            manager.send(b"READY=1")
    while True:
        connection, _ = listener.accept()
        threading.Thread(target=serve, args=(connection,), daemon=True).start()
