/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* prefix.h - what logs and people put before a kernel's line: taken off. */
#pragma once

#include "decode/slice.h"

/* The line as the kernel printed it, without blanks at its end; lines that have none of it stay as they are, leading blanks aside.
 * ret_stream: which of the tasks and CPUs that print at the same time it is from ("[ T1234]", CONFIG_PRINTK_CALLER); 0: not said. */
Slice prefix_strip(Slice line, uint64_t *ret_stream);
