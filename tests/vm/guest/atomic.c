/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* atomic sockets=N packets=N ready=FILE
 *
 * Requests that cannot wait: so many packet sockets see so many datagrams on the loopback device. Each gets a copy
 * of the head of each of them, which the kernel allocates with GFP_ATOMIC, all in one go: nobody can reclaim anything meanwhile. */
#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include "memory.h"

static void listen_to_everything(void)
{
        int fd = socket(AF_PACKET, SOCK_RAW, htons(ETH_P_ALL)), size = 64 << 20;

        if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)) < 0)
                die("AF_PACKET");
}

int main(int argc, char **argv)
{
        uint64_t n = option_number(argv, "sockets", 1), packets = option_number(argv, "packets", 1);
        const struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(9), .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
        struct rlimit files = { n + 64, n + 64 };
        int fd = socket(AF_INET, SOCK_DGRAM, 0);

        if (fd < 0 || setrlimit(RLIMIT_NOFILE, &files) < 0)
                die("RLIMIT_NOFILE");
        for (uint64_t i = 0; i < n; i++)
                listen_to_everything();
        for (uint64_t i = 0; i < packets; i++)
                (void)sendto(fd, "x", 1, 0, (const struct sockaddr *)&to, sizeof(to)); /* nobody is there */
        stay(argv);
}
