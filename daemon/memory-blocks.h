/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* memory-blocks.h - the blocks in which memory comes and goes, /sys/devices/system/memory. */
#pragma once

#include "daemon/census.h"

/* What is missing is 0, size UNKNOWN_U64. Reads at most 2 * MEMORY_BLOCKS_MAX small files. */
void memory_blocks_read(const RootDir *root, MemoryBlocks *ret);
