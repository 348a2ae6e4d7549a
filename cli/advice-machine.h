/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* advice-machine.h - what advice is about, read below a root: kernel, distribution, memory, network interfaces, programs that run or
 * are installed. Reads files and links only; nothing is executed. */
#pragma once

#include "advice/advise.h"
#include "root/root.h"

/* What cannot be read is left unknown. root must outlive ret. -ENOMEM. */
int advice_machine_read(AdviceMachine *ret, const RootDir *root);
void advice_machine_done(AdviceMachine *m);
/* Adds what runs and what is installed. -ENOMEM. */
int advice_software_read(SoftwareList *ret, const RootDir *root);
