// The LZ4 module: frames of LZ4, in which Arrow packs buffers. Built as a shared module (io/codec.h).
#include <lz4frame.h>

#include "io/codec.h"

LNT_API extern const lnt_codec_api lnt_codec_module;

static bool unpack(const void *from, int64_t from_size, void *to, int64_t to_size) {
    LZ4F_dctx *context;
    if (LZ4F_isError(LZ4F_createDecompressionContext(&context, LZ4F_VERSION))) return false;
    const char *in = from;
    char *out = to;
    size_t left = (size_t)from_size, room = (size_t)to_size, hint = 1;
    while (hint != 0 && left > 0) { // a hint of 0 is the frame's end
        size_t taken = left, given = room;
        hint = LZ4F_decompress(context, out, &given, in, &taken, NULL);
        if (LZ4F_isError(hint) || (taken == 0 && given == 0)) break;
        in += taken;
        left -= taken;
        out += given;
        room -= given;
    }
    LZ4F_freeDecompressionContext(context);
    return hint == 0 && room == 0;
}

const lnt_codec_api lnt_codec_module = {LNT_CODEC_VERSION, unpack};
