"""The three bodies that are sent: an img_url call of 1 KiB, pictures of 200 KiB and 1.5 MB as multipart."""
import dataclasses
import json
import pathlib
import random

BOUNDARY = "tollgate-bench-boundary"
JPEG_BEGINNING = bytes.fromhex("ffd8ffe000104a46494600")


@dataclasses.dataclass(frozen=True)
class Body:
    name: str
    content_type: str
    file: pathlib.Path
    size: int


def _url_call(size):
    frame = len(json.dumps({"img_url": "https://pictures.example.com/"}))
    return json.dumps({"img_url": "https://pictures.example.com/" + "p" * (size - frame)}).encode()


def _upload(size):
    head = (f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="img"; filename="licence.jpg"\r\n'
            "Content-Type: image/jpeg\r\n\r\n").encode()
    tail = f"\r\n--{BOUNDARY}--\r\n".encode()
    noise = random.Random(size).randbytes(size - len(head) - len(tail) - len(JPEG_BEGINNING))  # always the same
    return head + JPEG_BEGINNING + noise + tail


def write_bodies(folder):
    """By name; `size` is that of the whole body."""
    bodies = {}
    for name, content_type, content in (
            ("1 KiB", "application/json", _url_call(1024)),
            ("200 KiB", f"multipart/form-data; boundary={BOUNDARY}", _upload(200 * 1024)),
            ("1.5 MB", f"multipart/form-data; boundary={BOUNDARY}", _upload(1_500_000))):
        file = pathlib.Path(folder) / f"body-{len(content)}"
        file.write_bytes(content)
        bodies[name] = Body(name, content_type, file, len(content))
    return bodies
