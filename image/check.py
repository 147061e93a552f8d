"""Start the image as an operator would, ingest the demo archive beside it, and ask it a question over HTTP.

    python image/check.py TOOL IMAGE

TOOL is docker, podman or buildah. The root file system is read-only, /tmp is a tmpfs, all capabilities are dropped;
only the volume at /index may be written to. buildah runs in a chroot on this machine's own network, its top folders
mounted read-only one by one. Prints what was checked; the first thing that is not as promised ends it with code 1.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

QUESTION = "api/v1/search?q=why+is+free-threaded+slower"
ANSWER = "One thread in the slow lane"
TOLD = tempfile.TemporaryFile("w+")  # noqa: SIM115 - what containers say on stderr, shown when a promise is broken
PATIENCE = 180.0  # seconds for the model to be loaded, on however small a machine

# Tries to write everywhere it should not be able to; prints where it could.
INTRUDER = """
import os, pathlib
for place in ("/", "/etc", "/opt/playhead", "/srv", "/usr", "/var", "/index", "/tmp"):
    try:
        probe = pathlib.Path(place, "probe"); probe.touch(); probe.unlink(); print(place)
    except OSError:
        pass
print(os.getuid())
"""


class Tool(Protocol):
    """What runs containers of the image: each ``run`` is one more container on the same volume."""

    health: list[str]

    def run(self, *arguments: str, program: str | None = None) -> subprocess.Popen[str]:
        """``playhead ARGUMENTS``, or another program, or what the image does by default when given nothing."""

    def within(self, *command: str) -> int:
        """The exit code of a command beside the running service."""

    def close(self) -> None: ...


class Engine:
    """docker or podman."""

    def __init__(self, name: str, image: str, port: int) -> None:
        self._name, self._image = name, image
        self._volume = self._service = f"playhead-check-{os.getpid()}"
        self._port = port
        about = json.loads(_output(name, "image", "inspect", image))[0]
        self.health = (about["Config"].get("Healthcheck") or about["Healthcheck"])["Test"][1:]

    def run(self, *arguments: str, program: str | None = None) -> subprocess.Popen[str]:
        options = ["--rm", "--read-only", "--tmpfs=/tmp", "--cap-drop=ALL", "--security-opt=no-new-privileges"]
        options += [f"--volume={self._volume}:/index"]
        if not arguments:
            options += [f"--name={self._service}", f"--publish=127.0.0.1:{self._port}:8000"]
        if program:
            options += [f"--entrypoint={program}"]
        return _start(self._name, "run", *options, self._image, *arguments)

    def within(self, *command: str) -> int:
        return subprocess.run([self._name, "exec", self._service, *command], check=False).returncode

    def close(self) -> None:
        subprocess.run([self._name, "rm", "--force", self._service], check=False, capture_output=True)
        subprocess.run([self._name, "volume", "rm", "--force", self._volume], check=False, capture_output=True)


class Buildah:
    """buildah, which has neither a daemon nor networks of its own."""

    def __init__(self, image: str, port: int) -> None:
        about = json.loads(_output("buildah", "inspect", "--type", "image", image))
        self._config = about["OCIv1"]["config"]
        self.health = about["Docker"]["config"]["Healthcheck"]["Test"][1:]
        self._container = _output("buildah", "from", image)
        self._volume = Path(tempfile.mkdtemp(prefix="playhead-check-"))
        user, _, group = self._config["User"].partition(":")
        os.chown(self._volume, int(user), int(group))
        root = Path(_output("buildah", "mount", self._container))
        fixed = [each for each in root.iterdir() if each.is_dir() and not each.is_symlink()]
        self._options = [
            "--isolation=chroot",
            "--cap-drop=all",
            f"--env=PLAYHEAD_PORT={port}",
            "--mount=type=tmpfs,destination=/tmp",
            f"--volume={self._volume}:/index",
            *(
                f"--volume={each}:/{each.name}:ro"
                for each in fixed
                if each.name not in ("dev", "index", "proc", "run", "sys", "tmp")
            ),
        ]

    def run(self, *arguments: str, program: str | None = None) -> subprocess.Popen[str]:
        command = [program] if program else self._config["Entrypoint"]
        return self._start(*command, *(arguments or self._config["Cmd"]))

    def within(self, *command: str) -> int:
        return self._start(*command).wait()

    def close(self) -> None:
        subprocess.run(["buildah", "rm", self._container], check=False, capture_output=True)
        shutil.rmtree(self._volume)

    def _start(self, *command: str) -> subprocess.Popen[str]:
        return _start("buildah", "run", *self._options, self._container, "--", *command)


def check(tool: Tool, address: str) -> Iterator[str]:
    """Everything the image promises, in the order an operator meets it."""
    *open_to_write, user = _said(tool.run("-c", INTRUDER, program="python")).split()
    _expect(open_to_write == ["/index", "/tmp"], f"only /index and /tmp can be written to, not {open_to_write}")
    _expect(user != "0", "it does not run as root")
    yield f"user {user} can write to /index and /tmp alone"

    began = time.monotonic()
    with _running(tool.run()) as service:
        empty = _ask(f"{address}/readyz", service)
        _expect(empty["episodes"] == 0, "an empty volume is an empty library")
        yield f"ready over an empty volume after {time.monotonic() - began:.1f} s"

        _expect(tool.within(*tool.health) == 0, "the health check passes")
        yield "the image's own health check passes"

        began = time.monotonic()
        added = json.loads(_said(tool.run("ingest", "data/transcripts", "--json")))
        _expect(added["added"] > 0 and added["skipped"] == 0, f"the demo archive is ingested whole, not {added}")
        yield f"{added['added']} episodes, {added['segments']} passages ingested in {time.monotonic() - began:.1f} s"

        answer = _ask(f"{address}/{QUESTION}", service, until=lambda answer: bool(answer["results"]))
        first = answer["results"][0]
        _expect(not answer["no_answer"], "the question is answered")
        _expect(first["episode"]["title"] == ANSWER, f"it is answered by {ANSWER!r}")
        _expect(first["text"][slice(*first["answer"]["span"])] == first["answer"]["text"], "the answer is verbatim")
        yield f"asked, it answers with {first['citation']!r} ({first['time']['timestamp']}, {first['time']['source']})"


def _expect(kept: bool, promise: str) -> None:
    if not kept:
        raise SystemExit(f"image-check: broken promise: {promise}")


def _start(*command: str) -> subprocess.Popen[str]:
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=TOLD, text=True)


def _output(*command: str) -> str:
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout.strip()


def _said(process: subprocess.Popen[str]) -> str:
    said, _ = process.communicate()
    _expect(process.returncode == 0, f"{process.args[-3:]} ends well, not with {process.returncode}")
    return said


@contextmanager
def _running(service: subprocess.Popen[str]) -> Iterator[subprocess.Popen[str]]:
    try:
        yield service
    finally:
        service.terminate()
        service.wait(30)


def _ask(url: str, service: subprocess.Popen[str], until: Callable[[Any], bool] = bool) -> Any:
    """The JSON at ``url``, once it is answered and as wanted."""
    last = time.monotonic() + PATIENCE
    while True:
        _expect(service.poll() is None, "the service goes on running")
        try:
            with urllib.request.urlopen(url, timeout=30) as answer:
                if until(found := json.load(answer)):
                    return found
        except (urllib.error.URLError, ConnectionError) as error:
            if isinstance(error, urllib.error.HTTPError):
                raise SystemExit(f"image-check: {url}: {error.read().decode()}") from error
        _expect(time.monotonic() < last, f"{url} is answered within {PATIENCE:.0f} s")
        time.sleep(0.2)


def main() -> None:
    name, image = sys.argv[1:]
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    tool: Tool = Buildah(image, port) if name == "buildah" else Engine(name, image, port)
    try:
        for kept in check(tool, f"http://127.0.0.1:{port}"):
            print(f"  ok  {kept}", flush=True)
    except BaseException:
        TOLD.seek(0)
        sys.stderr.write(TOLD.read())
        raise
    finally:
        tool.close()


if __name__ == "__main__":
    main()
