/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* config-text.h - short texts for the tests of the configuration. */
#pragma once

/* One member of a group of policy p, on the line that the row tells. */
#define IN_POLICY(text) "policies: { p: { based_on = \"balanced\"; " text " }; };"
#define OBJECTIVE(text) IN_POLICY("objectives = ( { " text " } );")
