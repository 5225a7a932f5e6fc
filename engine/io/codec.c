// The door to the codecs' modules.
#include "io/codec.h"

#include "io/module.h"

lnt_status lnt__codec_unpack(int codec, const void *from, int64_t from_size, void *to, int64_t to_size,
                             lnt_error *err) {
    static const char *const names[] = {"lz4", "zstd"};
    if (codec < 0 || codec > 1)
        return lnt_error_set(err, LNT_UNSUPPORTED, "its buffers are compressed with codec %d, which isn't known here",
                             codec);
    const void *found = NULL;
    LNT_TRY(lnt_module_symbol(names[codec], LNT_CODEC_SYMBOL, &found, err));
    const lnt_codec_api *api = found;
    if (api->version != LNT_CODEC_VERSION)
        return lnt_error_set(err, LNT_UNSUPPORTED, "the module lunette-%s.so is of another version", names[codec]);
    if (api->unpack(from, from_size, to, to_size)) return LNT_OK;
    return lnt_error_set(err, LNT_FORMAT, "a buffer compressed with %s is damaged", names[codec]);
}
