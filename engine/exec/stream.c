/// @file stream.c
/// What all streams share.
#include "exec/stream.h"

lnt_status lnt__stream_new(const lnt_stream_class *class_, int64_t size_bytes, lnt_engine *engine,
                           const lnt_schema *schema, lnt_stream *input, lnt_stream **out, lnt_error *err) {
    lnt_stream *stream = lnt_alloc_array(1, size_bytes, err);
    if (!stream) {
        lnt__stream_close(input, false);
        return LNT_NOMEM;
    }
    stream->class_ = class_;
    stream->engine = engine;
    stream->n_workers = lnt_engine_n_threads(engine);
    stream->schema = lnt_schema_ref(schema);
    stream->input = input;
    stream->n_morsels = input ? input->n_morsels : -1;
    *out = stream;
    return LNT_OK;
}

void lnt__stream_free(lnt_stream *stream, bool finished) {
    lnt__stream_close(stream->input, finished);
    lnt_schema_unref(stream->schema);
    lnt_table_unref(stream->table);
    lnt_free(stream);
}

void lnt__stream_close(lnt_stream *stream, bool finished) {
    if (stream) stream->class_->close(stream, finished);
}

lnt_status lnt__stream_claim_input(lnt_stream *stream, int worker, int64_t *morsel, lnt_error *err) {
    return stream->input->class_->claim(stream->input, worker, morsel, err);
}

void lnt__stream_progress_input(const lnt_stream *stream, int64_t *done, int64_t *total) {
    stream->input->class_->progress(stream->input, done, total);
}
