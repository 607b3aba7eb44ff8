"""The system calls that isolated code may make, by their numbers on x86-64 and on arm64.

Everything else is refused: sockets, other processes, mounts, namespaces, tracing, keys, asynchronous input and output,
memory that no limit counts, and what a later kernel brings. One entry is `name:number on x86-64:number on arm64`.
"""

from __future__ import annotations

from typing import Final

__all__ = ["ALLOWED", "ARCHITECTURES", "EXAMINED", "MARKING", "numbers"]

# machine, as `os.uname` names it -> the AUDIT_ARCH value that the kernel gives a filter, and the column of its numbers
ARCHITECTURES: Final = {"x86_64": (0xC000003E, 1), "aarch64": (0xC00000B7, 2)}

# what Python does for itself, and what reaches no further than the names that the code can open
ALLOWED: Final = """
    read:0:63 write:1:64 readv:19:65 writev:20:66 pread64:17:67 pwrite64:18:68 preadv:295:69 pwritev:296:70
    lseek:8:62 close:3:57 close_range:436:436 dup:32:23 dup2:33:- dup3:292:24 pipe:22:- pipe2:293:59 flock:73:32
    fsync:74:82 fdatasync:75:83 ftruncate:77:46 truncate:76:45 fallocate:285:47 fadvise64:221:223 open:2:-
    openat:257:56 openat2:437:437 creat:85:- stat:4:- fstat:5:80 lstat:6:- newfstatat:262:79 statx:332:291
    access:21:- faccessat:269:48 faccessat2:439:439 readlink:89:- readlinkat:267:78 getdents:78:-
    getdents64:217:61 getcwd:79:17 chdir:80:49 fchdir:81:50 mkdir:83:- mkdirat:258:34 rmdir:84:- unlink:87:-
    unlinkat:263:35 rename:82:- renameat:264:38 renameat2:316:276 link:86:- linkat:265:37 symlink:88:-
    symlinkat:266:36 umask:95:166 statfs:137:43 fstatfs:138:44 sendfile:40:71 copy_file_range:326:285 mmap:9:222
    munmap:11:215 mprotect:10:226 mremap:25:216 madvise:28:233 brk:12:214 msync:26:227 futex:202:98
    set_robust_list:273:99 rseq:334:293 set_tid_address:218:96 membarrier:324:283 arch_prctl:158:- exit:60:93
    exit_group:231:94 wait4:61:260 waitid:247:95 sched_yield:24:124 sched_getaffinity:204:123
    sched_getparam:143:121 sched_getscheduler:145:120 sched_get_priority_max:146:125
    sched_get_priority_min:147:126 getcpu:309:168 rt_sigaction:13:134 rt_sigprocmask:14:135 rt_sigreturn:15:139
    rt_sigpending:127:136 rt_sigsuspend:130:133 rt_sigtimedwait:128:137 sigaltstack:131:132 pause:34:-
    alarm:37:- setitimer:38:103 getitimer:36:102 restart_syscall:219:128 nanosleep:35:101
    clock_nanosleep:230:115 clock_gettime:228:113 clock_getres:229:114 gettimeofday:96:169 time:201:-
    times:100:153 timer_create:222:107 timer_settime:223:110 timer_gettime:224:108 timer_delete:226:111
    timerfd_create:283:85 timerfd_settime:286:86 getpid:39:172 getppid:110:173 gettid:186:178 getuid:102:174
    geteuid:107:175 getgid:104:176 getegid:108:177 getresuid:118:148 getresgid:120:150 getgroups:115:158
    getpgrp:111:- getpgid:121:155 getsid:124:156 uname:63:160 sysinfo:99:179 getrusage:98:165 getrlimit:97:163
    getrandom:318:278 poll:7:- ppoll:271:73 select:23:- pselect6:270:72 epoll_create:213:- epoll_create1:291:20
    epoll_ctl:233:21 epoll_wait:232:- epoll_pwait:281:22 eventfd:284:- eventfd2:290:19 recvfrom:45:207
    shutdown:48:210 getsockopt:55:209 getsockname:51:204 getpeername:52:205
"""

# change a file's mode and times. Landlock does not look at them, so they are allowed only where no other file is there
MARKING: Final = """
    chmod:90:- fchmod:91:52 fchmodat:268:53 fchmodat2:452:452 utime:132:- utimes:235:- utimensat:280:88
    futimesat:261:-
"""

# allowed for some arguments, or refused with another error; see `seccomp`
EXAMINED: Final = """
    clone:56:220 clone3:435:435 prctl:157:167 ioctl:16:29 fcntl:72:25 kill:62:129 tgkill:234:131 tkill:200:130
    prlimit64:302:261 socketpair:53:199 sendto:44:206
    listxattr:194:11 llistxattr:195:12 flistxattr:196:13 getxattr:191:8 lgetxattr:192:9 fgetxattr:193:10
    setxattr:188:5 lsetxattr:189:6 fsetxattr:190:7
"""


def numbers(table: str, column: int) -> dict[str, int]:
    """The calls of one of the tables above with their numbers; those that an architecture lacks are left out.

    Example:
        >>> numbers("read:0:63 open:2:-", 2)
        {'read': 63}
    """
    rows = (entry.split(":") for entry in table.split())
    return {row[0]: int(row[column]) for row in rows if row[column] != "-"}
