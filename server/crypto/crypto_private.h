/*
 * server/crypto/crypto_private.h: what kek.c reads and seal.c uses.
 */
#ifndef INDGANG_CRYPTO_PRIVATE_H
#define INDGANG_CRYPTO_PRIVATE_H

#include <limits.h>

#include "indgang/crypto.h"

enum { KEK_LEN = 32, PATH_LEN = PATH_MAX };

struct bi_kek {
	unsigned char key[KEK_LEN];
};

#endif
