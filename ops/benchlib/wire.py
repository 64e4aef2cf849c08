"""What clients send to a Redis on the loopback, with the kernel's time for each packet: an instrument that the server does not pay
for. MONITOR would make it write down each call of each script."""

import socket
import struct
import threading

# linux/if_ether.h, linux/if_packet.h, asm-generic/socket.h: Python's socket module has no names for them.
_IP, _TO_US, _TIMESTAMP = 0x0800, 0, 35
_ETHERNET = 14


class Wire:
    """The packets to a port, from the moment that this is made. Takes root."""

    def __init__(self, port: int) -> None:
        self.port = port
        # Moment in seconds, the sender's port, what was sent.
        self.packets: list[tuple[float, int, bytes]] = []
        self.news = threading.Condition()
        self.socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(_IP))
        self.socket.bind(("lo", _IP))
        self.socket.setsockopt(socket.SOL_SOCKET, _TIMESTAMP, 1)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8 << 20)
        self.socket.settimeout(0.2)
        self.is_open = True
        self.thread = threading.Thread(target=self._read, daemon=True)
        self.thread.start()

    def _read(self) -> None:
        while self.is_open:
            try:
                frame, more, _, address = self.socket.recvmsg(1 << 17, 128)
            except TimeoutError:
                continue
            # Each packet of the loopback is seen as it leaves and as it comes.
            if address[2] != _TO_US or (sent := self._sent(frame)) is None:
                continue
            seconds, nanoseconds = struct.unpack("qq", more[0][2])
            with self.news:
                self.packets.append((seconds + nanoseconds / 1e9, *sent))
                self.news.notify_all()

    def _sent(self, frame: bytes) -> tuple[int, bytes] | None:
        """The sender's port and the bytes, when there are some for our port."""
        header = _ETHERNET + (frame[_ETHERNET] & 15) * 4
        if frame[_ETHERNET + 9] != socket.IPPROTO_TCP or len(frame) < header + 20:
            return None
        sender, receiver = struct.unpack_from("!HH", frame, header)
        body = frame[header + (frame[header + 12] >> 4) * 4 :]
        return (sender, body) if receiver == self.port and body else None

    def forget(self) -> None:
        """Drops what was seen so far."""
        with self.news:
            self.packets.clear()

    def moment_of(self, wanted: bytes, not_from: int = 0, limit: float = 30) -> tuple[float, int]:
        """The moment of the first packet with these bytes that a certain port did not send, and who sent it."""

        def found() -> tuple[float, int] | None:
            return next(((at, port) for at, port, body in self.packets if port != not_from and wanted in body), None)

        with self.news:
            if not self.news.wait_for(found, limit):
                raise RuntimeError(f"nobody sent {wanted!r} to port {self.port} in {limit} s")
            result = found()
            assert result
            return result

    def close(self) -> None:
        self.is_open = False
        self.thread.join()
        self.socket.close()
