/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* stall blocks=N wait=FILE out=FILE raw=FILE ready=FILE
 *
 * Once there is the file `wait`, faults in N huge pages, which compacts memory where the machine's settings say so (THP: defrag=always), then asks
 * the kernel itself what that cost (TASKSTATS, of this process) and writes "version compactions usec" to `out` and the
 * kernel's struct as it came, in hexadecimal, to `raw`. Shares no code with fragd: what fragd says is compared with this. */
#include "memory.h"

#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <linux/taskstats.h>
#include <sys/socket.h>

/* Linux 5.17 and later, which the headers here may not know: compact_count, compact_delay_total. */
#define COMPACT_AT 352

typedef struct Packet {
        struct nlmsghdr n;
        struct genlmsghdr g;
        char data[2048];
} Packet;

/* One attribute of 4-byte alignment. */
static void put(Packet *p, uint16_t type, const void *data, size_t size)
{
        struct nlattr a = { .nla_type = type, .nla_len = (uint16_t)(NLA_HDRLEN + size) };
        char *at = (char *)p + NLMSG_ALIGN(p->n.nlmsg_len);

        memcpy(at, &a, sizeof(a));
        memcpy(at + NLA_HDRLEN, data, size);
        p->n.nlmsg_len = NLMSG_ALIGN(p->n.nlmsg_len) + (uint32_t)NLA_ALIGN(a.nla_len);
}

static void ask(int fd, uint16_t family, uint8_t command, uint16_t type, const void *data, size_t size, Packet *ret)
{
        Packet p = { .n = { .nlmsg_len = NLMSG_LENGTH(GENL_HDRLEN), .nlmsg_type = family, .nlmsg_flags = NLM_F_REQUEST },
                .g = { .cmd = command, .version = 1 } };
        ssize_t n;

        put(&p, type, data, size);
        if (send(fd, &p, p.n.nlmsg_len, 0) < 0)
                die("send");
        n = recv(fd, ret, sizeof(*ret), 0);
        if (n < (ssize_t)NLMSG_LENGTH(GENL_HDRLEN) || ret->n.nlmsg_type == NLMSG_ERROR) {
                fprintf(stderr, "the kernel refused\n");
                exit(1);
        }
}

/* The payload of an attribute between at and end; NULL if there is none. */
static char *attribute(char *at, const char *end, uint16_t type, size_t *ret_size)
{
        while (end - at >= NLA_HDRLEN) {
                const struct nlattr *a = (const struct nlattr *)at;

                if ((a->nla_type & NLA_TYPE_MASK) == type) {
                        *ret_size = a->nla_len - (size_t)NLA_HDRLEN;
                        return at + NLA_HDRLEN;
                }
                at += NLA_ALIGN(a->nla_len);
        }
        return NULL;
}

static uint16_t family(int fd)
{
        char *data;
        size_t size;
        uint16_t id;
        Packet p;

        ask(fd, GENL_ID_CTRL, CTRL_CMD_GETFAMILY, CTRL_ATTR_FAMILY_NAME, TASKSTATS_GENL_NAME, sizeof(TASKSTATS_GENL_NAME), &p);
        data = attribute(p.data, (char *)&p + p.n.nlmsg_len, CTRL_ATTR_FAMILY_ID, &size);
        if (!data)
                die("TASKSTATS");
        memcpy(&id, data, sizeof(id));
        return id;
}

static void measure(const char *out, const char *raw)
{
        int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_GENERIC);
        uint32_t pid = (uint32_t)getpid();
        uint64_t count = 0, nsec = 0;
        uint16_t version;
        char *data;
        size_t size;
        Packet p;
        FILE *f;

        if (fd < 0)
                die("socket");
        ask(fd, family(fd), TASKSTATS_CMD_GET, TASKSTATS_CMD_ATTR_TGID, &pid, sizeof(pid), &p);
        data = attribute(p.data, (char *)&p + p.n.nlmsg_len, TASKSTATS_TYPE_AGGR_TGID, &size);
        data = data ? attribute(data, data + size, TASKSTATS_TYPE_STATS, &size) : NULL;
        if (!data)
                die("TASKSTATS_TYPE_STATS");
        memcpy(&version, data, sizeof(version));
        if (size >= COMPACT_AT + 16) {
                memcpy(&count, data + COMPACT_AT, sizeof(count));
                memcpy(&nsec, data + COMPACT_AT + 8, sizeof(nsec));
        }
        f = fopen(raw, "we");
        if (!f)
                die(raw);
        for (size_t i = 0; i < size; i++)
                fprintf(f, "%02x", (unsigned char)data[i]);
        fprintf(f, "\n");
        fclose(f);
        f = fopen(out, "we");
        if (!f)
                die(out);
        fprintf(f, "%u %llu %llu\n", version, (unsigned long long)count, (unsigned long long)(nsec / 1000));
        fclose(f);
}

int main(int argc, char **argv)
{
        uint64_t n = option_number(argv, "blocks", 16);
        const char *wait_for = option(argv, "wait", NULL);
        char *base = reserve_address_space((n + 1) * BLOCK);

        base = (char *)(((uintptr_t)base + BLOCK - 1) & ~(uintptr_t)(BLOCK - 1));
        if (madvise(base, n * BLOCK, MADV_HUGEPAGE) < 0)
                die("MADV_HUGEPAGE");
        while (wait_for && access(wait_for, F_OK) < 0)
                usleep(20000);
        for (uint64_t i = 0; i < n; i++)
                base[i * BLOCK] = 1;
        measure(option(argv, "out", "/tmp/stall.out"), option(argv, "raw", "/tmp/stall.raw"));
        stay(argv);
}
