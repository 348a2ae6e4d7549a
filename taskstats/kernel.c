/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "taskstats/kernel.h"

#include <linux/taskstats.h>
#include <netlink/genl/ctrl.h>
#include <netlink/genl/genl.h>
#include <netlink/netlink.h>

#include "base/macros.h"

struct Kernel {
        struct nl_sock *socket;
        int family;
        TaskstatsReply *reply; /* of the question that is asked */
        int result;
};

/* libnl's numbers of errors are its own. */
static int errno_from_nl(int error)
{
        switch (-error) {
        case NLE_NOMEM: return -ENOMEM;
        case NLE_OBJ_NOTFOUND: return -ENOENT;
        case NLE_PERM: return -EPERM;
        case NLE_AF_NOSUPPORT: return -EAFNOSUPPORT;
        case NLE_AGAIN: return -EAGAIN;
        default: return -EIO;
        }
}

static int on_message(struct nl_msg *message, void *userdata)
{
        Kernel *k = userdata;
        struct nlattr *answer, *process, *stats;
        size_t size;

        answer = genlmsg_attrdata(nlmsg_data(nlmsg_hdr(message)), 0);
        process = nla_find(answer, genlmsg_attrlen(nlmsg_data(nlmsg_hdr(message)), 0), TASKSTATS_TYPE_AGGR_TGID);
        /* An attribute without content may stand before it, for alignment. */
        stats = process ? nla_find(nla_data(process), nla_len(process), TASKSTATS_TYPE_STATS) : NULL;
        if (!stats)
                return NL_OK;
        size = MIN((size_t)nla_len(stats), sizeof(k->reply->data));
        memcpy(k->reply->data, nla_data(stats), size);
        k->reply->size = (uint32_t)size;
        k->result = 0;
        return NL_OK;
}

static int on_error(struct sockaddr_nl *from, struct nlmsgerr *error, void *userdata)
{
        Kernel *k = userdata;

        k->result = error->error < 0 ? error->error : -EIO;
        return NL_STOP;
}

static int connect_socket(Kernel *k)
{
        int r;

        r = genl_connect(k->socket);
        if (r < 0)
                return r;
        k->family = genl_ctrl_resolve(k->socket, TASKSTATS_GENL_NAME);
        if (k->family < 0)
                return k->family;
        nl_socket_disable_auto_ack(k->socket);
        r = nl_socket_set_nonblocking(k->socket);
        if (r < 0)
                return r;
        r = nl_socket_modify_cb(k->socket, NL_CB_VALID, NL_CB_CUSTOM, on_message, k);
        return r < 0 ? r : nl_socket_modify_err_cb(k->socket, NL_CB_CUSTOM, on_error, k);
}

int kernel_new(Kernel **ret)
{
        _cleanup_(kernel_freep) Kernel *k = calloc(1, sizeof(*k));
        int r;

        if (!k)
                return -ENOMEM;
        k->socket = nl_socket_alloc();
        if (!k->socket)
                return -ENOMEM;
        r = connect_socket(k);
        if (r < 0)
                return errno_from_nl(r);
        *ret = TAKE_PTR(k);
        return 0;
}

Kernel *kernel_free(Kernel *k)
{
        if (!k)
                return NULL;
        if (k->socket)
                nl_socket_free(k->socket);
        free(k);
        return NULL;
}

static int send_question(const Kernel *k, uint32_t tgid)
{
        struct nl_msg *message = nlmsg_alloc();
        int r = -NLE_NOMEM;

        if (!message)
                return r;
        if (genlmsg_put(message, NL_AUTO_PORT, NL_AUTO_SEQ, k->family, 0, 0, TASKSTATS_CMD_GET, TASKSTATS_GENL_VERSION) &&
                nla_put_u32(message, TASKSTATS_CMD_ATTR_TGID, tgid) == 0)
                r = nl_send_auto(k->socket, message);
        nlmsg_free(message);
        return r;
}

int kernel_ask(Kernel *k, uint32_t tgid, TaskstatsReply *reply)
{
        int r;

        k->reply = reply;
        k->result = -EIO; /* until an answer says otherwise */
        r = send_question(k, tgid);
        if (r < 0)
                return errno_from_nl(r);
        r = nl_recvmsgs_default(k->socket);
        return k->result == -EIO && r < 0 ? errno_from_nl(r) : k->result;
}
