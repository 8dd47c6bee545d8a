"""Clients that once asked something and now only keep their connections."""
import http.client
import selectors
import socket
import ssl

ASKED = b"GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n"


class IdleConnections:
    """`count` kept connections to a port of 127.0.0.1, each with one answered request behind it. A context manager."""

    def __init__(self, port, count, authority=None):
        context = ssl.create_default_context(cafile=authority) if authority else None
        self._sockets = []
        try:
            for _ in range(count):
                plain = socket.create_connection(("127.0.0.1", port), timeout=30)
                self._sockets.append(plain)
                if context:
                    self._sockets[-1] = context.wrap_socket(plain, server_hostname="localhost")
                self._sockets[-1].sendall(ASKED)
                with http.client.HTTPResponse(self._sockets[-1]) as answer:
                    answer.begin()
                    answer.read()
                    if answer.status != 200:
                        raise RuntimeError(f"an idle connection's request got {answer.status}")
        except BaseException:
            self.__exit__()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for kept in self._sockets:
            kept.close()

    def still_open(self):
        """How many the other side has not closed: nobody sent anything, so one that can be read has ended."""
        with selectors.PollSelector() as selector:
            for kept in self._sockets:
                selector.register(kept, selectors.EVENT_READ)
            ended = selector.select(timeout=0)
        return len(self._sockets) - len(ended)
