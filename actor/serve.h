/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* serve.h - one connection, from its first request to its end: check, rate, act, reply. Never
 * blocks on a compaction. */
#pragma once

#include "actor/baseline.h"
#include "actor/listen.h"
#include "actor/pool.h"
#include "root/root.h"

/* Until the connection ends or SIGTERM or SIGINT comes; then ends all compactions and puts all
 * knobs back. Takes fd (a SOCK_SEQPACKET socket). Peers that come to the listener (fd -EBADF: there
 * is none) meanwhile are sent away. 0, or negative errno where that could not be done. */
int serve(int fd, const Listener *listener, const RootDir *root, Baseline *baseline, Pools *pools);
