"""The command in a process of its own, with outputs that are odd, half closed, full, or terminals."""

from __future__ import annotations

import json
import os
import pty
import re
import shlex
import shutil
import socket
import struct
import subprocess
import sys
import termios
import threading
from collections.abc import Iterator, Mapping, Sequence
from fcntl import ioctl
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

import pytest

from talkingphoto.sample import sample_portrait

COMMAND = [sys.executable, "-c", "from talkingphoto.main import app; app(prog_name='talkingphoto')"]
MAKE = ("make", "me.jpg", "--script", "Hi.", "--out", "out")
DONE = "Files in out: "
NOBODY = "0199f0a1-7c1e-7a53-9d0b-6c1f2e3d4a5b"


def environment(fake: Any, folder: Path, more: Mapping[str, str]) -> dict[str, str]:
    own = {"TALKINGPHOTO_HOME": str(folder / "home"), "TALKINGPHOTO_SERVER": fake.url}
    return {**os.environ, **own, **more}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "me.jpg").write_bytes(sample_portrait().read_bytes())
    return tmp_path


def shell(fake: Any, folder: Path, line: str, **more: str) -> subprocess.CompletedProcess[bytes]:
    """``line`` in bash, where TP stands for the command."""
    return subprocess.run(
        ["/bin/bash", "-o", "pipefail", "-c", f'TP() {{ {shlex.join(COMMAND)} "$@"; }}; {line}'],
        cwd=folder, env=environment(fake, folder, more), capture_output=True, timeout=60, check=False,
    )  # fmt: skip


FILM = "TP make me.jpg --script Hi. --out out"


@pytest.mark.parametrize(
    ("line", "code", "out", "err"),
    [
        # A reader that leaves does not end what was begun.
        (f"{FILM} | head -1", 0, "Uploading me.jpg", ""),
        ("TP status | head -1", 0, "No runs yet", ""),
        ("TP status --json | head -1", 0, "{", ""),
        (f"{FILM} | true", 0, "", ""),
        (f"{FILM} --json | true", 0, "", ""),
        ("TP --help | true", 0, "", ""),
        (f"{FILM} >&-", 0, "", ""),
        (f"{FILM} 2>&-", 0, DONE, ""),
        (f"{FILM} <&-", 0, DONE, ""),
        (f"{FILM} <&- >&- 2>&-", 0, "", ""),
        ("TP status --json >&-", 0, "", ""),
        (f"TP status {NOBODY} 2>&-", 3, "", ""),
        (f"{FILM} > /dev/full", 1, "", "Error: What was to be printed is lost: No space left on device.\n"),
        ("TP status --json > /dev/full", 1, "", "is lost: No space left on device.\n"),
        ("TP --help > /dev/full", 1, "", "is lost: No space left on device.\n"),
        ("TP --version > /dev/full", 1, "", "is lost: No space left on device.\n"),
        (f"{FILM} > /dev/null", 0, "", ""),
        ("echo Hi. | TP make me.jpg --script-file - --out out", 0, DONE, ""),
        ("TP make me.jpg --script-file - --out out <&-", 2, "", "nothing to say"),
        ("TP make me.jpg --script-file /dev/fd/3 --out out 3<<<Hi.", 0, DONE, ""),
        ("TP make me.jpg --script-file <(echo Hi.) --out out", 0, DONE, ""),
        ("mkdir gone; cd gone; rmdir ../gone; TP make ../me.jpg --script Hi.", 2, "", ""),
        ("mkdir gone; cd gone; rmdir ../gone; TP status", 0, "No runs yet", ""),
        ("A=$PWD; mkdir x; cd x; rmdir ../x; TP make $A/me.jpg --script Hi. --out $A/out", 0, "/out: audio", ""),
        ("TP make <(cat me.jpg) --script Hi. --out out", 0, DONE, ""),
        ("TP make /dev/fd/3 --script Hi. --out out 3<me.jpg", 0, DONE, ""),
        (f"TMPDIR=/nowhere {FILM}", 0, DONE, ""),
        (f"trap '' HUP; {FILM}", 0, DONE, ""),
        (f"umask 777; {FILM.replace('--out out', '--out deep/out')}", None, "", ""),
        (f"ulimit -f 1; {FILM}", 1, "", "cannot be written: File too large"),
    ],
)  # fmt: skip
def test_whatever_it_prints_to(fake: Any, folder: Path, line: str, code: int | None, out: str, err: str) -> None:
    fake.runs.clear()
    ended = shell(fake, folder, line)
    printed, complained = ended.stdout.decode(), ended.stderr.decode()
    assert "Traceback" not in complained
    assert "Exception ignored" not in complained
    assert out in printed
    assert err in complained
    if code is not None:
        assert ended.returncode == code, printed + complained
    if code == 0 and line.startswith(FILM):
        assert (folder / "out" / "summary.json").exists()


@pytest.mark.parametrize(
    ("locale", "rupee"),
    [
        ({"PYTHONIOENCODING": "latin-1"}, b"Rs 0"),
        ({"PYTHONIOENCODING": "ascii:strict"}, b"Rs 0"),
        ({"PYTHONIOENCODING": "utf-8"}, "₹0".encode()),
        ({"PYTHONIOENCODING": "cp437"}, b"Rs 0"),
        ({"LC_ALL": "POSIX", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}, b"Rs 0"),
        ({"LC_ALL": "C"}, "₹0".encode()),
        ({"LC_ALL": "C.UTF-8"}, "₹0".encode()),
        ({"LC_ALL": "nowhere"}, b"0, 1 credit"),
        ({"PYTHONUTF8": "1", "LC_ALL": "POSIX"}, "₹0".encode()),
    ],
)
def test_whatever_the_locale(fake: Any, folder: Path, locale: dict[str, str], rupee: bytes) -> None:
    ended = shell(fake, folder, f"{FILM} > log && cat log", **{"PYTHONIOENCODING": ""} | locale)
    complained = [line for line in ended.stderr.splitlines() if not line.startswith(b"/bin/bash: warning: setlocale")]
    assert (ended.returncode, complained) == (0, [])
    assert rupee in ended.stdout
    assert b"out: audio.wav" in ended.stdout


@pytest.mark.parametrize("locale", [{}, {"LC_ALL": "POSIX", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}])
def test_a_name_that_is_no_text_is_sent_and_shown(fake: Any, folder: Path, locale: dict[str, str]) -> None:
    (folder / os.fsdecode(b"caf\xe9.jpg")).write_bytes((folder / "me.jpg").read_bytes())
    ended = shell(fake, folder, "TP make $'caf\\xe9.jpg' --script Hi. --out out", **locale)
    assert (ended.returncode, ended.stderr) == (0, b"")
    assert b"Uploading caf\\xe9.jpg" in ended.stdout


DEEPER = "A=$PWD; for n in $(seq 25); do d=$(printf 'x%.0s' $(seq 200)); mkdir $d; cd $d; done"
"""Into a folder whose path is longer than a path may be."""


@pytest.mark.parametrize(
    ("line", "code", "said"),
    [
        (f"{DEEPER}; TP make $A/me.jpg --script Hi. --out out; cd $A; rm -r x*", 0, DONE),
        (
            "mkdir real; ln -s real out; (umask 077; TP make me.jpg --script Hi. --out out); stat -c %a real/*",
            0,
            "600\n",
        ),
        ("ln -s me.jpg a.jpg; ln -s a.jpg b.jpg; TP make b.jpg --script Hi. --out out", 0, "Uploading b.jpg"),
        ("mkfifo p; (cat me.jpg > p &) ; TP make p --script Hi. --out out", 0, "Uploading p"),
        ("ln -s gone home; TP make me.jpg --script Hi. --out out", 1, "home: File exists"),
        ("mkdir there; ln -s there home; TP make me.jpg --script Hi. --out out; ls there", 0, "account.json"),
        ("PYTHONOPTIMIZE=2 TP make --help", 0, "Usage: "),
        ("PYTHONWARNINGS=error TP status", 0, "No runs yet"),
        ("PYTHONDEVMODE=1 TP status", 0, "No runs yet"),
        ("PYTHONUNBUFFERED=1 TP status", 0, "No runs yet"),
        (
            "env -i HOME=$PWD PATH=$PATH TALKINGPHOTO_SERVER=$TALKINGPHOTO_SERVER " + shlex.join(COMMAND) + " status",
            0,
            "No runs yet",
        ),
        ("ulimit -n 16; TP make me.jpg --script Hi. --out out", 0, DONE),
        ("ulimit -s 256; TP status", 0, "No runs yet"),
        ("ulimit -c 0; ulimit -v 4000000; TP status", 0, "No runs yet"),
    ],
)
def test_whatever_the_folder_and_the_limits(fake: Any, folder: Path, line: str, code: int, said: str) -> None:
    fake.runs.clear()
    ended = shell(fake, folder, line)
    printed, complained = ended.stdout.decode(), ended.stderr.decode()
    assert "Traceback" not in complained
    assert (ended.returncode, said in printed + complained) == (code, True), printed + complained


def test_with_too_few_open_files_it_says_so(fake: Any, folder: Path) -> None:
    fake.runs.clear()
    tried = "for n in 6 7 8 9; do (ulimit -n $n; TP status); done"
    complained = shell(fake, folder, tried).stderr.decode().splitlines()
    assert complained
    for line in complained:
        assert line.startswith("Error: ")
        assert "open files" in line or "open no more files" in line
        assert "SSLKEYLOGFILE" not in line


@pytest.fixture
def small_disk(folder: Path) -> Iterator[Path]:
    (disk := folder / "disk").mkdir()
    mounted = subprocess.run(["/bin/mount", "-t", "tmpfs", "-o", "size=160k", "tmpfs", disk], check=False)
    if mounted.returncode != 0:
        pytest.skip("only root can make a small disk")
    yield disk
    subprocess.run(["/bin/umount", "-l", disk], check=True)


def test_a_full_disk_leaves_the_earlier_files_whole(fake: Any, folder: Path, small_disk: Path) -> None:
    film = "TP make me.jpg --platform tiktok --out disk/out --script"
    assert shell(fake, folder, f"{film} Hi.").returncode == 0
    before = {file.name: file.read_bytes() for file in (small_disk / "out").iterdir()}
    left = shutil.disk_usage(small_disk).free
    (small_disk / "full").write_bytes(bytes(left - 16_384))
    ended = shell(fake, folder, f"{film} Again.")
    assert ended.returncode == 1
    said = rb"Error: disk/out/[a-z0-9.]+ cannot be written: No space left on device\. The files of run \S+ are kept\. "
    assert re.fullmatch(said + rb"Get them with `talkingphoto get .+`\.\n", ended.stderr), ended.stderr
    assert {file.name: file.read_bytes() for file in (small_disk / "out").iterdir()} == before
    (small_disk / "rest").write_bytes(bytes(shutil.disk_usage(small_disk).free))
    nowhere = shell(fake, folder, "TALKINGPHOTO_HOME=disk/home TP status")
    assert (nowhere.returncode, nowhere.stderr.count(b"\n")) == (1, 1)
    assert b"No space left on device" in nowhere.stderr


def test_a_folder_that_is_removed_meanwhile_is_no_traceback(fake: Any, folder: Path) -> None:
    fake.go = False
    process = subprocess.Popen(
        [*COMMAND, "make", "me.jpg", "--script", "It stalls.", "--out", "out"],
        cwd=folder, env=environment(fake, folder, {}), stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    fake.wait_for(lambda: "download" in fake.waiting)
    shutil.rmtree(folder / "out")
    fake.go = True
    _, complained = process.communicate(timeout=60)
    assert process.returncode == 1
    assert complained.count(b"\n") == 1
    assert b"Error: out/audio.wav cannot be written: No such file or directory. The files of run " in complained


def on_terminal(fake: Any, folder: Path, columns: int, arguments: Sequence[str], **more: str) -> tuple[int, str]:
    master, slave = pty.openpty()
    ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    variables = environment(fake, folder, {"TERM": "xterm", **more})
    variables.pop("COLUMNS", None)
    process = subprocess.Popen(
        [*COMMAND, *arguments], cwd=folder, env=variables, stdin=slave, stdout=slave, stderr=slave
    )
    os.close(slave)
    printed = b""
    while True:
        try:
            piece = os.read(master, 65_536)
        except OSError:
            break
        if not piece:
            break
        printed += piece
    os.close(master)
    return process.wait(60), printed.decode()


@pytest.mark.parametrize("columns", [0, 1, 20, 40, 80, 200])
def test_on_a_terminal_of_any_width_ids_are_whole(fake: Any, folder: Path, columns: int) -> None:
    run_id = fake.add("Done.", title="a title " * 9)
    code, printed = on_terminal(fake, folder, columns, ["status"])
    assert code == 0
    assert run_id in printed
    code, printed = on_terminal(fake, folder, columns, ["status", run_id])
    assert (code, f"`talkingphoto get {run_id}" in printed) == (0, True)


@pytest.mark.parametrize("more", [{}, {"NO_COLOR": "1"}, {"TERM": "dumb"}])
def test_on_a_terminal_the_progress_goes_and_the_result_stays(fake: Any, folder: Path, more: dict[str, str]) -> None:
    code, printed = on_terminal(
        fake, folder, 80, ["make", "me.jpg", "--script", "It is warned.", "--out", "out"], **more
    )
    assert code == 0
    assert DONE in printed
    assert ("\x1b[33m" in printed) == (not more)
    assert ("\x1b[" in printed) == (more.get("TERM") != "dumb")


def test_a_server_elsewhere_is_reached_by_the_proxy_and_one_here_is_not(fake: Any, folder: Path) -> None:
    asked: list[bytes] = []
    proxy = socket.create_server(("127.0.0.1", 0))

    def answer() -> None:
        while True:
            try:
                connection, _ = proxy.accept()
            except OSError:
                return
            with connection:
                asked.append(connection.recv(65_536).split(b"\r\n")[0])
                connection.sendall(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")

    thread = threading.Thread(target=answer, daemon=True)
    thread.start()
    there = f"http://127.0.0.1:{proxy.getsockname()[1]}"
    variables = {"HTTP_PROXY": there, "http_proxy": there, "NO_PROXY": "", "no_proxy": ""}
    here = shell(fake, folder, "TP status", **variables)
    assert (here.returncode, asked) == (0, [])
    elsewhere = shell(fake, folder, "TP status --json --server http://video.example.com", **variables)
    proxy.close()
    assert elsewhere.returncode == 3
    assert "502" in json.loads(elsewhere.stdout)["error"]["message"]
    assert asked == [b"POST http://video.example.com/api/v1/auth/login HTTP/1.1"]


def test_ctrl_c_while_it_is_loaded_is_no_traceback(tmp_path: Path) -> None:
    (tmp_path / "typer.py").write_text("raise KeyboardInterrupt")
    [installed] = entry_points(group="console_scripts", name="talkingphoto")
    module, _, function = installed.value.partition(":")
    for command in (["-m", "talkingphoto"], ["-c", f"from {module} import {function}; {function}()"]):
        ended = subprocess.run(
            [sys.executable, *command, "status"],
            env={**os.environ, "PYTHONPATH": str(tmp_path)}, capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
        assert (ended.returncode, ended.stdout, ended.stderr) == (130, "", "")
