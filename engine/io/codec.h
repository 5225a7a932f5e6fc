/// @file codec.h
/// The codecs that Arrow packs single buffers with. Each is a shared module of its own (lunette-lz4, lunette-zstd),
/// loaded when a file first needs it; no type of their libraries gets out.
#ifndef LNT_IO_CODEC_H
#define LNT_IO_CODEC_H

#include "lunette/status.h"

/// Unpacks all of `from` into `to`, which it must fill exactly. Codec 0 is LZ4 (frames), 1 is ZSTD, as in Arrow's
/// metadata. Fails with LNT_FORMAT for damaged data, LNT_UNSUPPORTED for another codec or without the module.
LNT_MUST_USE lnt_status lnt__codec_unpack(int codec, const void *from, int64_t from_size, void *to, int64_t to_size,
                                          lnt_error *err);

enum { LNT_CODEC_VERSION = 1 };

/// What a codec's module exports under LNT_CODEC_SYMBOL.
typedef struct lnt_codec_api {
    int version; ///< LNT_CODEC_VERSION
    /// True if `from` was whole and sound and filled `to`.
    bool (*unpack)(const void *from, int64_t from_size, void *to, int64_t to_size);
} lnt_codec_api;

#define LNT_CODEC_SYMBOL "lnt_codec_module"

#endif
