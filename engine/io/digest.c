// Size and SHA-256 of a file's bytes on disk, for evidence.
#include "io/digest.h"

#include "io/input.h"
#include "io/module.h"
#include "lunette/io.h"

enum { PIECE = 1 << 18 };

static lnt_status load(const lnt_digest_api **out, lnt_error *err) {
    const void *symbol;
    LNT_TRY(lnt_module_symbol("digest", LNT_DIGEST_SYMBOL, &symbol, err));
    *out = symbol;
    if ((*out)->version == LNT_DIGEST_VERSION) return LNT_OK;
    return lnt_error_set(err, LNT_UNSUPPORTED, "the module lunette-digest.so is of another version");
}

static lnt_status refused(lnt_error *err) {
    return lnt_error_set(err, LNT_UNSUPPORTED, "libcrypto doesn't give SHA-256 on this machine");
}

static lnt_status update_all(const lnt_digest_api *api, lnt_digest *digest, const lnt_input *input, char *piece,
                             lnt_error *err) {
    int64_t at = 0, size;
    do {
        LNT_TRY(lnt_input_read_at(input, at, piece, PIECE, &size, err));
        if (size > 0 && !api->update(digest, piece, size)) return refused(err);
        at += size;
    } while (size == PIECE);
    return LNT_OK;
}

static lnt_status digest_input(const lnt_input *input, char sha256_hex[65], lnt_error *err) {
    const lnt_digest_api *api;
    LNT_TRY(load(&api, err));
    char *piece = lnt_alloc(PIECE, err);
    if (!piece) return LNT_NOMEM;
    uint8_t bytes[LNT_DIGEST_BYTES];
    lnt_digest *digest = api->begin();
    lnt_status status = digest ? update_all(api, digest, input, piece, err) : refused(err);
    if (status == LNT_OK && !api->finish(digest, bytes)) status = refused(err);
    for (int i = 0; i < LNT_DIGEST_BYTES && status == LNT_OK; i++) {
        sha256_hex[2 * i] = "0123456789abcdef"[bytes[i] >> 4];
        sha256_hex[2 * i + 1] = "0123456789abcdef"[bytes[i] & 15];
    }
    sha256_hex[2 * LNT_DIGEST_BYTES] = 0;
    api->free(digest);
    lnt_free(piece);
    return status;
}

lnt_status lnt_file_digest(const char *path, int64_t *size_bytes, char sha256_hex[65], lnt_error *err) {
    lnt_input *input;
    LNT_TRY(lnt_input_open(path, NULL, &input, err));
    *size_bytes = lnt_input_size(input);
    lnt_status status = digest_input(input, sha256_hex, err);
    lnt_input_close(input);
    return status;
}
