/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "actor/listen.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "actor/say.h"
#include "base/units.h"

#define PASSED_FD 3 /* SD_LISTEN_FDS_START */

/* In a user namespace every uid without a mapping looks like this one. */
#define OVERFLOW_UID 65534

static bool environment_is(const char *name, uint64_t expected)
{
        const char *text = getenv(name);
        uint64_t n;

        return text && number_parse(text, &n) >= 0 && n == expected;
}

static int int_option(int fd, int option)
{
        socklen_t size = sizeof(int);
        int value;

        return getsockopt(fd, SOL_SOCKET, option, &value, &size) < 0 ? -errno : value;
}

int peer_parse(const char *text, int *ret)
{
        uint64_t n;
        int type;

        if (number_parse(text, &n) < 0 || n > INT32_MAX)
                return -EINVAL;
        type = int_option((int)n, SO_TYPE);
        if (type < 0)
                return type;
        if (type != SOCK_SEQPACKET || fcntl((int)n, F_SETFD, FD_CLOEXEC) < 0)
                return -EPROTOTYPE;
        *ret = (int)n;
        return 0;
}

static int node_owner(int fd, uid_t *ret)
{
        struct sockaddr_un sa = {};
        socklen_t size = sizeof(sa) - 1; /* so that a path always ends with a NUL */
        struct stat st;

        if (getsockname(fd, (struct sockaddr *)&sa, &size) < 0)
                return -errno;
        if (sa.sun_family != AF_UNIX || sa.sun_path[0] != '/')
                return -EINVAL;
        if (lstat(sa.sun_path, &st) < 0)
                return -errno;
        if (!S_ISSOCK(st.st_mode) || st.st_uid == OVERFLOW_UID)
                return -EINVAL;
        *ret = st.st_uid;
        return 0;
}

static int take(Listener *ret)
{
        Listener l = { .fd = PASSED_FD };
        int r;

        if (!environment_is("LISTEN_PID", (uint64_t)getpid()) || !getenv("LISTEN_FDS"))
                return -ENOENT;
        if (!environment_is("LISTEN_FDS", 1) || int_option(l.fd, SO_TYPE) != SOCK_SEQPACKET ||
                int_option(l.fd, SO_ACCEPTCONN) != 1)
                return -EPROTOTYPE;
        r = node_owner(l.fd, &l.owner);
        if (r < 0)
                return r;
        /* A peer may be gone again before it is accepted. */
        if (fcntl(l.fd, F_SETFD, FD_CLOEXEC) < 0 || fcntl(l.fd, F_SETFL, O_NONBLOCK) < 0)
                return -errno;
        *ret = l;
        return 0;
}

int listener_take(Listener *ret)
{
        int r = take(ret);

        if (r < 0)
                say(r == -ENOENT           ? "--listen: no socket was passed to this process (%s)"
                        : r == -EPROTOTYPE ? "--listen: expected one listening SOCK_SEQPACKET socket (%s)"
                                           : "--listen: expected a socket with a node in the file system that says whose it is: %s",
                        strerror(-r));
        return r;
}

static int accept_one(const Listener *l)
{
        int fd = accept4(l->fd, NULL, NULL, SOCK_CLOEXEC);

        return fd < 0 ? -errno : fd;
}

static bool may_be_served(const Listener *l, int fd)
{
        socklen_t size = sizeof(struct ucred);
        struct ucred peer;

        if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) < 0) {
                say("cannot tell who the peer is: %s; refused", strerror(errno));
                return false;
        }
        if (peer.uid == 0 || peer.uid == l->owner)
                return true;
        say("peer of uid %u, pid %d refused: expected uid %u, the owner of the socket", peer.uid,
                (int)peer.pid, l->owner);
        return false;
}

static int accept_peer(const Listener *l)
{
        for (;;) {
                struct pollfd p = { .fd = l->fd, .events = POLLIN };
                _cleanup_close_ int fd = -EBADF;

                if (poll(&p, 1, -1) < 0 && errno != EINTR)
                        return -errno;
                fd = accept_one(l);
                if (fd >= 0 && may_be_served(l, fd))
                        return TAKE_FD(fd);
                if (fd < 0 && fd != -EAGAIN && fd != -EINTR && fd != -ECONNABORTED)
                        return fd;
        }
}

int listener_accept(const Listener *l)
{
        int fd = accept_peer(l);

        if (fd < 0)
                say("cannot accept a connection: %s", strerror(-fd));
        return fd;
}

void listener_refuse(const Listener *l, int served)
{
        struct pollfd p = { .fd = served };
        _cleanup_close_ int fd = -EBADF;

        /* Who came after the end of the one that is served is not one too many. It came before this
         * look, so the end does not go unnoticed. */
        if (poll(&p, 1, 0) > 0 && (p.revents & (POLLHUP | POLLERR)))
                return;
        fd = accept_one(l);
        if (fd >= 0)
                say("a second peer refused: one is served");
}
