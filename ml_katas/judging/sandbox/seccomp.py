"""A seccomp filter: the system calls that a submission has no use for fail, the rest go on as usual.

Classic BPF; the numbers are those of x86-64 (asm/unistd_64.h). Elsewhere there is no filter, and the level
says so.
"""

from __future__ import annotations

import ctypes
import errno
import os
import struct

from .linux import system_call

_SECCOMP, _SET_MODE_FILTER, _TSYNC = 317, 1, 1
_ARCHITECTURE = 0xC000003E
_X32 = 0x40000000
_ALLOW, _FAIL, _KILL = 0x7FFF0000, 0x00050000, 0x80000000

_LOAD, _AND, _EQUAL, _ANY_BIT, _AT_LEAST, _RETURN = 0x20, 0x54, 0x15, 0x45, 0x35, 0x06
_NUMBER, _ARCH, _ARGUMENT_0, _ARGUMENT_1, _ARGUMENT_2 = 0, 4, 16, 24, 32

_CLONE, _CLONE3, _CLONE_THREAD = 56, 435, 0x10000
_PRLIMIT64, _IOCTL, _PRCTL, _FCNTL = 302, 16, 157, 72
_SOCKETPAIR, _OPEN, _OPENAT, _OPENAT2 = 53, 2, 257, 437
_IOCTL_DENIED = (0x5412, 0x541C, 0x8901, 0x8902)  # TIOCSTI, TIOCLINUX, FIOSETOWN, SIOCSPGRP
# F_SETOWN, F_SETSIG, F_SETOWN_EX, F_SETLEASE, F_NOTIFY, F_SETPIPE_SZ
_FCNTL_DENIED = (8, 10, 15, 1024, 1026, 1031)
_PRCTL_DENIED = (1, 4)  # PR_SET_PDEATHSIG, PR_SET_DUMPABLE
_UNIX, _STREAM, _TYPE_OF_SOCKET = 1, 1, 0xF
_TRUNCATE_UNWRITTEN, _WRITING = 0o1000, 0o1003  # O_TRUNC; with O_WRONLY and O_RDWR
_KILL_CALLS = (62, 234)  # kill, tgkill


def _numbers(table: str) -> tuple[int, ...]:
    return tuple(int(entry.partition("=")[2]) for entry in table.split())


_NETWORK = _numbers("""
    socket=41 connect=42 accept=43 bind=49 listen=50 accept4=288
""")
_PROCESSES = _numbers("""
    fork=57 vfork=58 execve=59 execveat=322 setsid=112 setpgid=109 tkill=200 rt_sigqueueinfo=129
    rt_tgsigqueueinfo=297 pidfd_open=434 pidfd_send_signal=424 sched_setaffinity=203
    sched_setscheduler=144 sched_setattr=314 sched_setparam=142 setpriority=141 ioprio_set=251
""")
_SPYING = _numbers("""
    ptrace=101 process_vm_readv=310 process_vm_writev=311 process_madvise=440 kcmp=312 pidfd_getfd=438
    perf_event_open=298 lookup_dcookie=212 process_mrelease=448
""")
_METADATA = _numbers("""
    chmod=90 fchmod=91 fchmodat=268 fchmodat2=452 chown=92 fchown=93 lchown=94 fchownat=260 utime=132
    utimes=235 futimesat=261 utimensat=280 mknod=133 setxattr=188 lsetxattr=189 fsetxattr=190
    removexattr=197 lremovexattr=198 fremovexattr=199 setxattrat=463 removexattrat=466 mknodat=259
    getxattr=191 lgetxattr=192 fgetxattr=193 listxattr=194 llistxattr=195 flistxattr=196 getxattrat=464
    listxattrat=465 truncate=76 flock=73 file_setattr=469 inotify_init=253 inotify_init1=294
    inotify_add_watch=254
""")
_SHARED_MEMORY = _numbers("""
    shmget=29 shmat=30 shmctl=31 semget=64 semop=65 semctl=66 semtimedop=220 msgget=68 msgsnd=69
    msgrcv=70 msgctl=71 mq_open=240 mq_unlink=241 memfd_create=319
    memfd_secret=447
""")
# What all processes of a machine or of a user draw on, so that one can take it from the others.
_OF_ALL = _numbers("""
    io_setup=206 io_destroy=207 io_getevents=208 io_submit=209 io_cancel=210 io_pgetevents=333 sync=162
    syncfs=306 sync_file_range=277 timer_create=222
""")
_KERNEL = _numbers("""
    io_uring_setup=425 io_uring_enter=426 io_uring_register=427 bpf=321 userfaultfd=323 add_key=248
    request_key=249 keyctl=250 mount=165 umount2=166 pivot_root=155 chroot=161 unshare=272 setns=308
    open_tree=428 move_mount=429 fsopen=430 fsconfig=431 fsmount=432 fspick=433 mount_setattr=442
    init_module=175 finit_module=313 delete_module=176 kexec_load=246 kexec_file_load=320 reboot=169
    swapon=167 swapoff=168 acct=163 quotactl=179 quotactl_fd=443 settimeofday=164 adjtimex=159
    clock_adjtime=305 clock_settime=227 syslog=103 fanotify_init=300 fanotify_mark=301
    name_to_handle_at=303 open_by_handle_at=304 personality=135 vhangup=153 sethostname=170
    setdomainname=171 iopl=172 ioperm=173 modify_ldt=154 statmount=457 listmount=458 move_pages=279
    migrate_pages=256 seccomp=317
    open_tree_attr=467
""")


def supported() -> bool:
    """Return whether there is a table for this machine."""
    return os.uname().machine == "x86_64"


def restrict_self(own_pid: int) -> None:
    """Put every thread of this process under the filter for good; no_new_privs must be set."""
    program = b"".join(_program(own_pid))
    buffer = ctypes.create_string_buffer(program, len(program))
    handle = struct.pack("HxxxxxxQ", len(program) // 8, ctypes.addressof(buffer))
    system_call(_SECCOMP, _SET_MODE_FILTER, _TSYNC, ctypes.c_char_p(handle))


def _program(own_pid: int) -> list[bytes]:
    fail, missing = _FAIL | errno.EPERM, _FAIL | errno.ENOSYS
    return [
        _statement(_LOAD, _ARCH),
        *_unless_equal(_ARCHITECTURE, _KILL),
        _statement(_LOAD, _NUMBER),
        _statement(_AT_LEAST, _X32, 0, 1),
        _statement(_RETURN, missing),
        *(part for number in _NETWORK for part in _deny(number, _FAIL | errno.EACCES)),
        *_only_where(_CLONE, _ARGUMENT_0, _ANY_BIT, _CLONE_THREAD, fail),
        *_deny(_CLONE3, missing),  # the C library then falls back to clone, whose flags can be seen
        *(p for n in _KILL_CALLS for p in _only_where(n, _ARGUMENT_0, _EQUAL, own_pid, fail)),
        *_only_where(_PRLIMIT64, _ARGUMENT_0, _EQUAL, 0, fail),
        *_except_where(_IOCTL, _ARGUMENT_1, _IOCTL_DENIED, fail),
        *_except_where(_FCNTL, _ARGUMENT_1, _FCNTL_DENIED, fail),
        *_except_where(_PRCTL, _ARGUMENT_0, _PRCTL_DENIED, fail),
        *_deny(_OPENAT2, missing),  # its flags cannot be seen
        *_except_where(_OPEN, _ARGUMENT_1, (_TRUNCATE_UNWRITTEN,), fail, mask=_WRITING),
        *_except_where(_OPENAT, _ARGUMENT_2, (_TRUNCATE_UNWRITTEN,), fail, mask=_WRITING),
        *_only_streams(_FAIL | errno.EACCES),
        *(
            part
            for table in (_PROCESSES, _SPYING, _METADATA, _SHARED_MEMORY, _OF_ALL, _KERNEL)
            for number in table
            for part in _deny(number, fail)
        ),
        _statement(_RETURN, _ALLOW),
    ]


def _statement(code: int, value: int, then: int = 0, otherwise: int = 0) -> bytes:
    return struct.pack("HBBI", code, then, otherwise, value & 0xFFFFFFFF)


def _unless_equal(value: int, verdict: int) -> list[bytes]:
    return [_statement(_EQUAL, value, 1, 0), _statement(_RETURN, verdict)]


def _deny(number: int, verdict: int) -> list[bytes]:
    return [_statement(_EQUAL, number, 0, 1), _statement(_RETURN, verdict)]


def _only_where(number: int, argument: int, test: int, value: int, verdict: int) -> list[bytes]:
    """Allow a call where its argument passes the test, else fail it."""
    return [
        _statement(_EQUAL, number, 0, 4),
        _statement(_LOAD, argument),
        _statement(test, value, 0, 1),
        _statement(_RETURN, _ALLOW),
        _statement(_RETURN, verdict),
    ]


def _except_where(
    number: int, argument: int, values: tuple[int, ...], verdict: int, *, mask: int = 0xFFFFFFFF
) -> list[bytes]:
    """Fail a call where these bits of its argument are one of some values, else allow it."""
    tests = [part for value in values for part in _deny(value, verdict)]
    return [
        _statement(_EQUAL, number, 0, len(tests) + 3),
        _statement(_LOAD, argument),
        _statement(_AND, mask),
        *tests,
        _statement(_RETURN, _ALLOW),
    ]


def _only_streams(verdict: int) -> list[bytes]:
    """Allow pairs of local stream sockets; one of datagrams could send to the sockets of other programs."""
    return [
        _statement(_EQUAL, _SOCKETPAIR, 0, 7),
        _statement(_LOAD, _ARGUMENT_0),
        _statement(_EQUAL, _UNIX, 0, 4),
        _statement(_LOAD, _ARGUMENT_1),
        _statement(_AND, _TYPE_OF_SOCKET),
        _statement(_EQUAL, _STREAM, 0, 1),
        _statement(_RETURN, _ALLOW),
        _statement(_RETURN, verdict),
    ]
