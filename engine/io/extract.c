// Unpacking one file of an archive. Expected: a database of some hundred megabytes, once in a month; so a plain loop over
// the stream that readers use, into a file that is hidden until it is whole.
#include "base/engine.h"
#include "io/http/http.h"
#include "io/input.h"
#include "lunette/io.h"

enum { PIECE = 1 << 18 };

static lnt_status copy(lnt_engine *engine, const lnt_input *input, lnt_stream *stream, lnt_http_body *body,
                       lnt_error *err) {
    char *piece = lnt_alloc(PIECE, err);
    if (!piece) return LNT_NOMEM;
    int64_t size = 0;
    lnt_status status;
    do {
        status = lnt_stream_read(stream, piece, PIECE, &size, err);
        if (status == LNT_OK && size > 0) status = lnt_http_body_add(body, piece, size, err);
        if (status == LNT_OK) status = lnt_engine_check(engine, err);
        lnt_engine_progress(engine, "unpacking", lnt_stream_position(stream), lnt_input_size(input));
    } while (status == LNT_OK && size > 0);
    lnt_free(piece);
    return status;
}

lnt_status lnt_extract(lnt_engine *engine, const char *path, const char *member, const char *to, int64_t max_bytes,
                       lnt_error *err) {
    lnt_input *input;
    lnt_stream *stream = NULL;
    lnt_http_body body = {.fd = -1};
    LNT_TRY(lnt_input_open(path, member, &input, err));
    lnt_status status = lnt_stream_open(input, &stream, err);
    if (status == LNT_OK) status = lnt_http_body_open(&body, engine, to, max_bytes, err);
    if (status == LNT_OK) status = copy(engine, input, stream, &body, err);
    if (status == LNT_OK) status = lnt_http_body_commit(&body, err);
    lnt_http_body_close(&body);
    lnt_stream_close(stream);
    lnt_input_close(input);
    return status;
}
