/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/inet-address.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include "base/macros.h"
#include "base/units.h"

static int parse_port(const char *text, in_port_t *ret)
{
        uint64_t port;

        if (number_parse(text, &port) < 0 || port == 0 || port > UINT16_MAX)
                return -EINVAL;
        *ret = htons((uint16_t)port);
        return 0;
}

static int parse_ipv6(const char *host, const char *port, struct sockaddr_storage *ret)
{
        struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)ret;

        in6->sin6_family = AF_INET6;
        if (inet_pton(AF_INET6, host, &in6->sin6_addr) != 1)
                return -EINVAL;
        return parse_port(port, &in6->sin6_port);
}

static int parse_ipv4(const char *host, const char *port, struct sockaddr_storage *ret)
{
        struct sockaddr_in *in = (struct sockaddr_in *)ret;

        in->sin_family = AF_INET;
        if (inet_pton(AF_INET, host, &in->sin_addr) != 1)
                return -EINVAL;
        return parse_port(port, &in->sin_port);
}

int inet_address_parse(const char *text, struct sockaddr_storage *ret, socklen_t *ret_size)
{
        struct sockaddr_storage address = { 0 };
        char host[INET_ADDRESS_MAX], *colon;
        bool ipv6 = text[0] == '[';
        size_t n;
        int r;

        if (strlen(text) >= sizeof(host))
                return -EINVAL;
        memcpy(host, text, strlen(text) + 1);
        colon = strrchr(host, ':');
        if (!colon)
                return -EINVAL;
        *colon = 0;
        n = strlen(host);
        if (ipv6 && host[n - 1] != ']')
                return -EINVAL;
        if (ipv6)
                host[n - 1] = 0;
        r = ipv6 ? parse_ipv6(host + 1, colon + 1, &address)
                 : parse_ipv4(host, colon + 1, &address);
        if (r < 0 || !ret)
                return r;
        *ret = address;
        *ret_size = ipv6 ? sizeof(struct sockaddr_in6) : sizeof(struct sockaddr_in);
        return 0;
}

int inet_address_listen(const char *text, int backlog)
{
        _cleanup_close_ int fd = -EBADF;
        struct sockaddr_storage address;
        const int one = 1;
        socklen_t size;
        int r;

        r = inet_address_parse(text, &address, &size);
        if (r < 0)
                return r;
        fd = socket(address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        if (fd < 0)
                return -errno;
        /* A restart must not wait for the connections of the run before. */
        if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) < 0)
                return -errno;
        if (bind(fd, (struct sockaddr *)&address, size) < 0 || listen(fd, backlog) < 0)
                return -errno;
        return TAKE_FD(fd);
}
