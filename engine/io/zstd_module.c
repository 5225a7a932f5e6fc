// The ZSTD module, in which Arrow packs buffers. Built as a shared module (io/codec.h).
#include <zstd.h>

#include "io/codec.h"

LNT_API extern const lnt_codec_api lnt_codec_module;

static bool unpack(const void *from, int64_t from_size, void *to, int64_t to_size) {
    size_t size = ZSTD_decompress(to, (size_t)to_size, from, (size_t)from_size);
    return !ZSTD_isError(size) && size == (size_t)to_size;
}

const lnt_codec_api lnt_codec_module = {LNT_CODEC_VERSION, unpack};
