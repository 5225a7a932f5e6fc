/// @file digest.h
/// The door to the digest module: libcrypto behind a table of functions, in a shared module that is loaded on first use,
/// so that programs which never ask for a digest don't pay for it.
#ifndef LNT_IO_DIGEST_H
#define LNT_IO_DIGEST_H

#include "lunette/status.h"

enum { LNT_DIGEST_VERSION = 1, LNT_DIGEST_BYTES = 32 };

typedef struct lnt_digest lnt_digest;

/// What the module exports under LNT_DIGEST_SYMBOL. SHA-256 is the only digest.
typedef struct lnt_digest_api {
    int version; ///< LNT_DIGEST_VERSION
    lnt_digest *(*begin)(void); ///< NULL: no memory, or libcrypto refuses
    bool (*update)(lnt_digest *digest, const void *bytes, int64_t size);
    bool (*finish)(lnt_digest *digest, uint8_t out[LNT_DIGEST_BYTES]);
    void (*free)(lnt_digest *digest); ///< NULL is fine
} lnt_digest_api;

#define LNT_DIGEST_SYMBOL "lnt_digest_module"

#endif
