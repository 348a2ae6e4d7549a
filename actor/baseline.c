/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "actor/baseline.h"

#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "actor/record.h"
#include "actor/say.h"
#include "base/strbuf.h"
#include "base/units.h"

#define FILE_NAME     "baseline"
#define FILE_DAMAGED  "baseline.damaged"
#define FILE_LOCK     "baseline.lock"
#define FILE_HEAD     "fragd-baseline 1"
#define LOCK_WAIT_SEC 10

static const BaselineKnob untouched = { KNOB_VALUE_NONE, KNOB_VALUE_NONE, KNOB_VALUE_NONE };

static bool knob_is_ours(const BaselineKnob *k, int64_t value)
{
        return k->before != KNOB_VALUE_NONE && value >= 0 &&
               (value == k->written || value == k->pending);
}

static int read_value(const char *word, int64_t *ret)
{
        uint64_t n;

        if (streq(word, "-")) {
                *ret = KNOB_VALUE_NONE;
                return 0;
        }
        if (number_parse(word, &n) < 0 || n > INT32_MAX) /* all knobs are ints in the kernel */
                return -EBADMSG;
        *ret = (int64_t)n;
        return 0;
}

static int read_line(void *userdata, char *line)
{
        Baseline *b = userdata;
        BaselineKnob k;
        int64_t *values[] = { &k.before, &k.written, &k.pending };
        char *save = NULL, *word;
        KnobId id;

        word = strtok_r(line, " ", &save);
        if (!word || knob_from_name(word, &id) < 0 || !knob_info(id)->managed ||
                b->knobs[id].before != KNOB_VALUE_NONE)
                return -EBADMSG;
        for (size_t i = 0; i < ELEMENTSOF(values); i++) {
                word = strtok_r(NULL, " ", &save);
                if (!word || read_value(word, values[i]) < 0)
                        return -EBADMSG;
        }
        if (strtok_r(NULL, " ", &save) || k.before == KNOB_VALUE_NONE)
                return -EBADMSG;
        b->knobs[id] = k;
        return 0;
}

static void put_value(StrBuf *text, int64_t value)
{
        if (value == KNOB_VALUE_NONE)
                strbuf_puts(text, " -");
        else
                strbuf_printf(text, " %" PRIi64, value);
}

/* false: there is nothing to record. */
static bool print(const Baseline *b, StrBuf *text)
{
        bool any = false;

        strbuf_puts(text, FILE_HEAD "\n");
        for (unsigned i = 0; i < _KNOB_MAX; i++) {
                const BaselineKnob *k = &b->knobs[i];

                if (k->before == KNOB_VALUE_NONE)
                        continue;
                any = true;
                strbuf_puts(text, knob_info((KnobId)i)->name);
                put_value(text, k->before);
                put_value(text, k->written);
                put_value(text, k->pending);
                strbuf_puts(text, "\n");
        }
        strbuf_puts(text, "end\n");
        return any;
}

static int save_record(const Baseline *b)
{
        _cleanup_strbuf_ StrBuf text = {};
        bool any = print(b, &text);
        int r = strbuf_error(&text);

        return r < 0 ? r : record_save(b->dir_fd, FILE_NAME, any ? text.data : NULL, text.size);
}

/* On disk, as a whole, when this returns 0. */
static int save(Baseline *b)
{
        int r = save_record(b);

        b->unsaved = r < 0;
        return r;
}

static void on_alarm(int signal)
{
}

/* Waits for an actor that is putting things back, but not for one that serves somebody. */
static int lock(int fd)
{
        struct sigaction action = { .sa_handler = on_alarm }, before; /* no SA_RESTART */
        int r = 0;

        (void)sigaction(SIGALRM, &action, &before);
        (void)alarm(LOCK_WAIT_SEC);
        if (flock(fd, LOCK_EX) < 0)
                r = errno == EINTR ? -EBUSY : -errno;
        (void)alarm(0);
        (void)sigaction(SIGALRM, &before, NULL);
        return r;
}

static void forget_all(Baseline *b)
{
        for (unsigned i = 0; i < _KNOB_MAX; i++)
                b->knobs[i] = untouched;
}

/* The folder, if nobody else can put a file of theirs in the place of one of ours. */
static int open_dir(const char *path)
{
        _cleanup_close_ int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        struct stat st;

        if (fd < 0 || fstat(fd, &st) < 0)
                return -errno;
        return st.st_uid != geteuid() || (st.st_mode & 022) ? -EPERM : TAKE_FD(fd);
}

int baseline_open(Baseline *b, const RootDir *root, const char *runtime_dir)
{
        _cleanup_close_ int dir_fd = open_dir(runtime_dir), lock_fd = -EBADF;
        int r;

        if (dir_fd < 0)
                return dir_fd;
        lock_fd = openat(dir_fd, FILE_LOCK, O_RDONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
        if (lock_fd < 0)
                return -errno;
        r = lock(lock_fd);
        if (r < 0)
                return r;
        *b = (Baseline){ .root = root, .dir_fd = dir_fd, .lock_fd = lock_fd };
        forget_all(b);
        r = record_load(dir_fd, FILE_NAME, FILE_HEAD, read_line, b);
        if (r == -EBADMSG) {
                forget_all(b);
                say("%s/" FILE_NAME " is not a whole '" FILE_HEAD
                    "' file that only this user can write: "
                    "set aside as " FILE_DAMAGED ", no knob is put back from it",
                        runtime_dir);
                r = renameat(dir_fd, FILE_NAME, dir_fd, FILE_DAMAGED) < 0 ? -errno : 0;
        }
        if (r < 0) {
                *b = (Baseline)BASELINE_INIT;
                return r;
        }
        TAKE_FD(dir_fd);
        TAKE_FD(lock_fd);
        return 0;
}

void baseline_done(Baseline *b)
{
        b->dir_fd = safe_close(b->dir_fd);
        b->lock_fd = safe_close(b->lock_fd);
}

int64_t baseline_before(const Baseline *b, KnobId id)
{
        return b->knobs[id].before;
}

int baseline_set(Baseline *b, KnobId id, int64_t expected, int64_t value, int64_t *now)
{
        const KnobInfo *info = knob_info(id);
        BaselineKnob *k = &b->knobs[id], old = *k;
        int r;

        *now = KNOB_VALUE_NONE;
        r = root_read_int(b->root, info->path, now);
        if (r < 0)
                return r;
        if (*now != expected)
                return -ESTALE;
        if (*now == value)
                return 0;
        if (!knob_is_ours(k, *now))
                *k = (BaselineKnob){ .before = *now, .written = KNOB_VALUE_NONE };
        k->pending = value;
        r = save(b);
        if (r >= 0)
                r = root_write_int(b->root, info->path, value);
        if (r < 0) {
                *k = old;
                (void)save(b); /* if this fails too: the record on disk is one with nothing written,
                                  and harmless */
                return r;
        }
        k->written = value;
        k->pending = KNOB_VALUE_NONE;
        if (value == k->before)
                *k = untouched;
        r = save(b);
        if (r < 0)
                say("cannot update the baseline of %s: %s; ignoring, as the one on disk covers "
                    "this write",
                        info->name, strerror(-r));
        r = root_read_int(b->root, info->path, now);
        if (r < 0)
                return r;
        return *now == value ? 0 : -EIO;
}

/* Puts the knob back if it is ours, and forgets it unless that failed. 1: written, 0: there was
 * nothing to do. Does not save. */
static int put_back(Baseline *b, KnobId id, bool tell, int64_t *now)
{
        const KnobInfo *info = knob_info(id);
        BaselineKnob *k = &b->knobs[id];
        int64_t found;
        int r;

        *now = KNOB_VALUE_NONE;
        r = root_read_int(b->root, info->path, now);
        if (k->before == KNOB_VALUE_NONE)
                return r;
        found = *now;
        if (r >= 0 && found != k->before && knob_is_ours(k, found)) {
                r = root_write_int(b->root, info->path, k->before);
                if (r >= 0)
                        r = root_read_int(b->root, info->path, now);
                if (r >= 0 && tell)
                        say("%s put back from %" PRIi64 " to %" PRIi64, info->name, found,
                                k->before);
                r = r < 0 ? r : 1;
        } else if (r >= 0 && found != k->before)
                say("%s is %" PRIi64 " now, which is not ours: left as it is (it was %" PRIi64
                    " before us)",
                        info->name, found, k->before);
        if (r < 0) {
                say("cannot put %s back to %" PRIi64 ": %s; kept on record", info->name, k->before,
                        strerror(-r));
                return r;
        }
        *k = untouched;
        return r;
}

int baseline_restore(Baseline *b, KnobId id, int64_t *now)
{
        bool known = b->knobs[id].before != KNOB_VALUE_NONE;
        int r = put_back(b, id, false, now);

        if (r < 0)
                return r;
        return known || b->unsaved ? save(b) : 0;
}

int baseline_restore_all(Baseline *b, bool tell, unsigned *count)
{
        bool any = b->unsaved; /* perhaps on disk a knob is not as before although it is */
        int error = 0, r;

        *count = 0;
        for (unsigned i = 0; i < _KNOB_MAX; i++) {
                int64_t now;

                if (b->knobs[i].before == KNOB_VALUE_NONE)
                        continue;
                any = true;
                r = put_back(b, (KnobId)i, tell, &now);
                if (r < 0)
                        error = r;
                else
                        *count += (unsigned)r;
        }
        r = any ? save(b) : 0;
        if (r < 0)
                say("cannot update the baseline on disk: %s", strerror(-r));
        return error < 0 ? error : r;
}
