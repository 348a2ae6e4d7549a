/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* baseline.h - the value of each knob before the actor first wrote it, on disk before that write,
 * and the only code that writes knobs. Whatever ends fragd or the actor, a knob that is still as
 * the actor left it gets its old value back; a knob that somebody else changed meanwhile is theirs
 * and stays.
 *
 * RUNTIME_DIR/baseline exists exactly while some knob is not as we found it (or may not be, after a
 * crash):
 *
 *     fragd-baseline 1
 *     vm.compaction_proactiveness 20 45 -       name, before, written, pending
 *     end
 *
 * before: what to put back. written: what we wrote last. pending: what we are about to write; "-"
 * is none. The file is replaced as a whole (write, fsync, rename, fsync of the folder), so that it
 * is the old or the new one at any instant. To write w2 to a knob that was b and that we had set to
 * w1:
 *
 *     on disk        the knob     if the actor is killed now, the next one
 *     b w1 -         w1           puts b back
 *     b w1 w2        w1           puts b back: w1 is ours
 *     b w1 w2        w2           puts b back: w2 is ours
 *     b w2 -         w2           puts b back
 *
 * The first write of a knob is the same with w1 = "-": killed before it, the knob is b, and there
 * is nothing to do. Killed while restoring, the knob is one of ours or b already. Writing b forgets
 * the record. So the one case that is not told apart is an admin who, between "b w1 w2" and a
 * SIGKILL, wrote exactly w1 or w2.
 *
 * If the knob is found changed by somebody else when fragd, which knows (`expected`), writes it
 * again, then their value is the new `before`. A range bounds what fragd may choose
 * (wire_request_check), not what is put back: an admin's 100 is.
 *
 * RUNTIME_DIR/baseline.lock is locked while a Baseline is open: two actors never work on one
 * record. Not the folder, which everybody may open and so lock: anybody could keep the knobs from
 * being put back. All errors are negative errno; what an admin has to know is said on stderr. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/knob.h"
#include "base/macros.h"
#include "root/root.h"

typedef struct BaselineKnob {
        int64_t before; /* KNOB_VALUE_NONE: not touched */
        int64_t written, pending;
} BaselineKnob;

typedef struct Baseline {
        const RootDir *root; /* borrowed */
        int dir_fd;          /* the runtime folder */
        int lock_fd;         /* holds its lock */
        bool unsaved;        /* the file is not as it should be: it could not be written */
        BaselineKnob knobs[_KNOB_MAX];
} Baseline;

#define BASELINE_INIT                                                                              \
        {                                                                                          \
                .dir_fd = -EBADF, .lock_fd = -EBADF                                                \
        }

/* Takes the lock (waiting for an actor that is about to end) and reads what a killed actor left. A
 * file that is not as above, or that others could have written, is set aside as "baseline.damaged".
 * -ENOENT: no such folder; -EPERM: others can write there; -EBUSY: another actor. */
int baseline_open(Baseline *b, const RootDir *root, const char *runtime_dir);
void baseline_done(Baseline *b);
/* Writes value if the knob is `expected` now. *now: the knob's value as far as known, also on
 * failure; else KNOB_VALUE_NONE. 0: it has the value (nothing is written where it had it before:
 * some writes act). -ENOENT: the kernel has no such knob. -ESTALE: it is not `expected`. -EIO:
 * written, but it reads otherwise. */
int baseline_set(Baseline *b, KnobId id, int64_t expected, int64_t value, int64_t *now);
int64_t baseline_before(const Baseline *b, KnobId id);
/* Puts one knob back and forgets it; *now as above. Nothing to do is success. */
int baseline_restore(Baseline *b, KnobId id, int64_t *now);
/* The same for all of them; *count: how many were written, also on failure. tell: also say what was
 * put back. */
int baseline_restore_all(Baseline *b, bool tell, unsigned *count);

#define _cleanup_baseline_ _cleanup_(baseline_done)
