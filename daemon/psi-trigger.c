/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/psi-trigger.h"

#include <fcntl.h>
#include <sys/epoll.h>

#include "daemon/priorities.h"
#include "model/model.h"

static const char trigger_text[] = "some 150000 2000000";

struct PsiTrigger {
        sd_event_source *source; /* owns the fd */
        PsiHandler handler;
        void *userdata;
};

PsiTrigger *psi_trigger_free(PsiTrigger *t)
{
        if (!t)
                return NULL;
        sd_event_source_disable_unref(t->source);
        free(t);
        return NULL;
}

static int on_event(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
        PsiTrigger *t = userdata;
        bool lost = revents & EPOLLERR;

        if (lost) { /* it would be reported for ever */
                int r = sd_event_source_set_enabled(source, SD_EVENT_OFF);

                if (r < 0)
                        return r;
        }
        return t->handler(lost, t->userdata);
}

static int watch(PsiTrigger *t, sd_event *event, int *fd)
{
        int r;

        r = sd_event_add_io(event, &t->source, *fd, EPOLLPRI, on_event, t);
        if (r < 0)
                return r;
        r = sd_event_source_set_io_fd_own(t->source, true);
        if (r < 0)
                return r;
        (void)TAKE_FD(*fd);
        (void)sd_event_source_set_description(t->source, "psi-trigger");
        r = sd_event_source_set_priority(t->source, PRIORITY_PSI);
        if (r < 0)
                return r;
        return sd_event_source_set_exit_on_failure(t->source, true);
}

int psi_trigger_new(
        PsiTrigger **ret, sd_event *event, const RootDir *root, PsiHandler handler, void *userdata)
{
        _cleanup_(psi_trigger_freep) PsiTrigger *t = NULL;
        _cleanup_close_ int fd = -EBADF;
        int r;

        fd = root_open(root, source_path(SOURCE_PSI_MEMORY), O_RDWR | O_NONBLOCK);
        if (fd < 0)
                return fd;
        /* With its NUL: the kernel overwrites the last byte it is given, and would otherwise read a
         * shorter window. */
        if (write(fd, trigger_text, sizeof(trigger_text)) < 0)
                return -errno;
        t = calloc(1, sizeof(*t));
        if (!t)
                return -ENOMEM;
        t->handler = handler;
        t->userdata = userdata;
        r = watch(t, event, &fd);
        if (r < 0)
                return r;
        *ret = TAKE_PTR(t);
        return 0;
}
