/*
 * server/boot/boot.h: what main.c does before the house stands: who it runs as, and which libraries it found.
 */
#ifndef BOOT_H
#define BOOT_H

#include "indgang/config.h"
#include "indgang/error.h"

/* Makes the state folder (0700) and, when started as root, hands it to the configuration's user and becomes that user for
 * good. IO, FORBIDDEN (rights cannot be given up). */
enum bi_err privileges_settle(const struct bi_config *config, struct bi_cause *why);

/* Prints this program's and its libraries' versions; returns the exit status. */
int versions_print(void);
/* Warns on standard error of each library below the floor of SECURITY.md 4. Returns how many. */
int versions_warn(void);

#endif
