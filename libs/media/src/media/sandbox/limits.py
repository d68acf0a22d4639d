"""What a sandboxed child may use: the kernel's limits, strongest first, each reported by name.

Resources: ``setrlimit`` (address space, CPU time, file size, open files, no core) and an interval timer for wall time,
all of which end the process without its cooperation.
Network: an empty network namespace (``unshare``), where permitted; Landlock (kernel 6.7 or newer) refuses TCP as well.
Files: Landlock (kernel 5.13 or newer): the job folder may be written, libraries read, nothing else opened.
Always, as the second line and the only one where the kernel offers neither: a Python audit hook that refuses opening
other files, sockets and new programs. It sees what Python does, not what a C library does by itself.
"""

from __future__ import annotations

import ctypes
import os
import resource
import signal
import struct
import sys
import sysconfig
from pathlib import Path

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_RULE_PATH_BENEATH = 1
_GET_VERSION = 1
_PR_SET_PDEATHSIG, _PR_SET_NO_NEW_PRIVS = 1, 38
_CLONE_NEWUSER, _CLONE_NEWNET = 0x10000000, 0x40000000

_READ_FILE, _READ_DIR, _EXECUTE, _REFER, _TRUNCATE, _IOCTL = 1 << 2, 1 << 3, 1 << 0, 1 << 13, 1 << 14, 1 << 15
_FIRST_ABI_RIGHTS = (1 << 13) - 1
_TCP_RIGHTS = 0b11

LARGEST_FILE = 4 << 30
OPEN_FILES = 128

_SYSTEM = ("/lib", "/lib64", "/usr/lib", "/usr/local/lib", "/usr/share/fonts", "/etc/ld.so.cache", "/dev/urandom")

_libc = ctypes.CDLL(None, use_errno=True)


def enter_empty_network() -> str:
    """Leave the network for good. Returns how: ``namespace``, or ``audit hook`` where the kernel refuses."""
    for flags in (_CLONE_NEWNET, _CLONE_NEWUSER | _CLONE_NEWNET):
        if _libc.unshare(flags) == 0:
            return "namespace"
    return "audit hook"


def die_with_parent() -> None:
    """Have the kernel kill this process when the one that forked it ends."""
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def limit_resources(*, memory_mb: int, cpu_s: float, wall_s: float) -> None:
    """Bound this process. ``memory_mb`` counts address space beyond what is mapped now (the loaded libraries), so it is
    what the job itself may allocate."""
    memory = _mapped_bytes() + (memory_mb << 20)
    cpu = max(1, round(cpu_s + 0.499))
    for what, limit in (
        (resource.RLIMIT_AS, (memory, memory)),
        (resource.RLIMIT_CPU, (cpu, cpu + 1)),
        (resource.RLIMIT_FSIZE, (LARGEST_FILE, LARGEST_FILE)),
        (resource.RLIMIT_NOFILE, (OPEN_FILES, OPEN_FILES)),
        (resource.RLIMIT_CORE, (0, 0)),
    ):
        resource.setrlimit(what, limit)
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.setitimer(signal.ITIMER_REAL, wall_s)


def _mapped_bytes() -> int:
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[0])
    return pages * resource.getpagesize()


def readable_roots() -> tuple[Path, ...]:
    """The folders and files that the interpreter and the libraries are loaded from."""
    found = {Path(entry) for entry in sys.path if entry}
    found |= {Path(sys.prefix), Path(sys.base_prefix), Path(sysconfig.get_paths()["stdlib"])}
    found |= {Path(name) for name in _SYSTEM}
    return tuple(sorted({path.resolve() for path in found if path.exists()}))


def confine_files(job_dir: Path, readable: tuple[Path, ...]) -> str:
    """Allow everything inside ``job_dir``, reading inside ``readable``, nothing else. Returns ``landlock``, or
    ``audit hook`` where the kernel has no Landlock."""
    version = int(_libc.syscall(_CREATE_RULESET, None, 0, _GET_VERSION))
    if version < 1:
        return "audit hook"
    rights = _FIRST_ABI_RIGHTS
    rights |= (_REFER if version >= 2 else 0) | (_TRUNCATE if version >= 3 else 0) | (_IOCTL if version >= 5 else 0)
    attributes = struct.pack("QQ", rights, _TCP_RIGHTS) if version >= 4 else struct.pack("Q", rights)
    ruleset = int(_libc.syscall(_CREATE_RULESET, attributes, len(attributes), 0))
    if ruleset < 0:
        return "audit hook"
    try:
        for path in readable:
            reading = _READ_FILE | _EXECUTE | (_READ_DIR if path.is_dir() else 0)
            _allow(ruleset, path, reading)
        _allow(ruleset, job_dir, rights & ~_EXECUTE)
        _libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
        if _libc.syscall(_RESTRICT_SELF, ruleset, 0) != 0:
            return "audit hook"
    finally:
        os.close(ruleset)
    return "landlock"


def _allow(ruleset: int, path: Path, rights: int) -> None:
    folder = os.open(path, os.O_PATH | os.O_CLOEXEC)
    try:
        rule = struct.pack("=Qi", rights, folder)
        if _libc.syscall(_ADD_RULE, ruleset, _RULE_PATH_BENEATH, rule, 0) != 0:
            raise OSError(ctypes.get_errno(), "Landlock refused a rule", str(path))
    finally:
        os.close(folder)


_REFUSED_EVENTS = (
    "socket.",
    "subprocess.",
    "os.exec",
    "os.fork",
    "os.posix_spawn",
    "os.spawn",
    "os.system",
    "os.kill",
    "ftplib.",
    "http.",
    "smtplib.",
    "urllib.",
)
_PATH_EVENTS = frozenset(
    {"open", "os.listdir", "os.scandir", "os.remove", "os.rename", "os.rmdir", "os.mkdir", "os.link"}
)


def install_audit_hook(job_dir: Path, readable: tuple[Path, ...]) -> None:
    """Refuse, with ``PermissionError``, files outside ``job_dir`` and ``readable``, sockets and other programs."""
    inside = str(job_dir.resolve())
    roots = tuple(str(path) for path in readable)

    def allowed(path: str) -> bool:
        real = os.path.realpath(path)
        return any(real == root or real.startswith(root + os.sep) for root in (inside, *roots))

    def hook(event: str, arguments: tuple[object, ...]) -> None:
        if event.startswith(_REFUSED_EVENTS):
            raise PermissionError(f"{event} is not allowed here")
        if event in _PATH_EVENTS and arguments and isinstance(arguments[0], str | bytes):
            path = os.fsdecode(arguments[0])
            if not allowed(path):
                raise PermissionError(f"{path} is outside the job folder")

    sys.addaudithook(hook)
