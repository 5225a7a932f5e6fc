// The digest module: SHA-256 through libcrypto. Built as a shared module (io/digest.h); uses nothing of the core.
#include "io/digest.h"

#include <openssl/evp.h>

LNT_API extern const lnt_digest_api lnt_digest_module;

// lnt_digest stands for libcrypto's context.
static EVP_MD_CTX *context_of(lnt_digest *digest) {
    return (EVP_MD_CTX *)(void *)digest;
}

static void digest_free(lnt_digest *digest) {
    EVP_MD_CTX_free(context_of(digest));
}

static lnt_digest *digest_begin(void) {
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    lnt_digest *digest = (lnt_digest *)(void *)context;
    if (context && EVP_DigestInit_ex(context, EVP_sha256(), NULL) == 1) return digest;
    digest_free(digest);
    return NULL;
}

static bool digest_update(lnt_digest *digest, const void *bytes, int64_t size) {
    return EVP_DigestUpdate(context_of(digest), bytes, (size_t)size) == 1;
}

static bool digest_finish(lnt_digest *digest, uint8_t out[LNT_DIGEST_BYTES]) {
    unsigned size = 0;
    return EVP_DigestFinal_ex(context_of(digest), out, &size) == 1 && size == LNT_DIGEST_BYTES;
}

const lnt_digest_api lnt_digest_module = {LNT_DIGEST_VERSION, digest_begin, digest_update, digest_finish, digest_free};
