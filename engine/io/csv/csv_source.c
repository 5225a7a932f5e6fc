// Bytes of one pass, at any place, for several workers. A plain file is read with pread and nothing is kept. A stream
// (compressed) is read forward under a lock into a window of chunks, from which workers copy; chunks go when the blocks
// before them are done, so the window stays about as wide as there are workers.
#include "io/csv/csv.h"

#include <pthread.h>
#include <string.h>

enum { CHUNK = 1 << 20 };

struct lnt_csv_source {
    lnt_engine *engine;
    const lnt_input *input;
    lnt_stream *stream; ///< NULL: plain
    pthread_mutex_t lock;
    lnt_buffer **window; ///< chunks first, first + 1, …; the stream's only
    int64_t first, n, capacity;
    int64_t reached; ///< content bytes read from the stream
    bool ended;
    lnt_error failed;     ///< what reading the stream failed with: whoever needs more bytes gets it again
    _Atomic int64_t done; ///< plain: the furthest place read
};

lnt_status lnt_csv_source_open(lnt_engine *engine, const lnt_input *input, lnt_csv_source **out, lnt_error *err) {
    lnt_csv_source *source = lnt_alloc_array(1, sizeof *source, err);
    if (!source) return LNT_NOMEM;
    source->engine = engine;
    source->input = input;
    if (!lnt_input_is_plain(input)) {
        lnt_status status = lnt_stream_open(input, &source->stream, err);
        if (status != LNT_OK) {
            lnt_free(source);
            return status;
        }
    }
    pthread_mutex_init(&source->lock, NULL);
    *out = source;
    return LNT_OK;
}

void lnt_csv_source_close(lnt_csv_source *source) {
    if (!source) return;
    for (int64_t i = 0; i < source->n; i++) lnt_buffer_unref(source->window[i]);
    lnt_free(source->window);
    lnt_stream_close(source->stream);
    pthread_mutex_destroy(&source->lock);
    lnt_free(source);
}

/// Reads the stream's next chunk into the window. The lock is held.
static lnt_status read_chunk(lnt_csv_source *source, lnt_error *err) {
    LNT_TRY(lnt_grow((void **)&source->window, &source->capacity, source->n + 1, sizeof *source->window, err));
    lnt_buffer *chunk;
    LNT_TRY(lnt_buffer_new(lnt_engine_budget(source->engine), CHUNK, "csv", &chunk, err));
    lnt_status status = lnt_stream_read(source->stream, chunk->data, CHUNK, &chunk->size, err);
    if (status != LNT_OK || chunk->size == 0) {
        lnt_buffer_unref(chunk);
        source->ended = true;
        if (status != LNT_OK) lnt_error_set(&source->failed, status, "%s", err ? err->message : "reading failed");
        return status;
    }
    source->ended = chunk->size < CHUNK;
    source->window[source->n++] = chunk;
    source->reached += chunk->size;
    return LNT_OK;
}

static lnt_status reach(lnt_csv_source *source, int64_t at, lnt_error *err) {
    while (source->reached < at && !source->ended) LNT_TRY(read_chunk(source, err));
    if (source->reached < at && source->failed.code != LNT_OK)
        return lnt_error_set(err, source->failed.code, "%s", source->failed.message);
    return LNT_OK;
}

static lnt_status read_window(lnt_csv_source *source, int64_t at, char *out, int64_t capacity, int64_t *size,
                              lnt_error *err) {
    *size = at < source->first * CHUNK ? -1 : 0;
    if (*size < 0) return LNT_OK;
    LNT_TRY(reach(source, at + capacity, err));
    int64_t end = at + capacity < source->reached ? at + capacity : source->reached;
    while (at < end) {
        int64_t offset = at % CHUNK, n = CHUNK - offset < end - at ? CHUNK - offset : end - at;
        memcpy(out + *size, source->window[at / CHUNK - source->first]->data + offset, (size_t)n);
        at += n;
        *size += n;
    }
    return LNT_OK;
}

lnt_status lnt_csv_source_read(lnt_csv_source *source, int64_t at, void *out, int64_t capacity, int64_t *size,
                               lnt_error *err) {
    if (source->stream) {
        pthread_mutex_lock(&source->lock);
        lnt_status status = read_window(source, at, out, capacity, size, err);
        pthread_mutex_unlock(&source->lock);
        return status;
    }
    LNT_TRY(lnt_input_read_at(source->input, at, out, capacity, size, err));
    int64_t end = at + *size, done = atomic_load_explicit(&source->done, memory_order_relaxed);
    while (done < end && !atomic_compare_exchange_weak(&source->done, &done, end)) continue;
    return LNT_OK;
}

lnt_status lnt_csv_source_reaches(lnt_csv_source *source, int64_t at, bool *out, lnt_error *err) {
    if (!source->stream) {
        *out = at < lnt_input_size(source->input);
        return LNT_OK;
    }
    pthread_mutex_lock(&source->lock);
    lnt_status status = reach(source, at + 1, err);
    *out = at < source->reached;
    pthread_mutex_unlock(&source->lock);
    return status;
}

void lnt_csv_source_release(lnt_csv_source *source, int64_t at) {
    if (!source->stream) return;
    pthread_mutex_lock(&source->lock);
    int64_t n = 0;
    while (n < source->n && (source->first + n + 1) * CHUNK <= at) lnt_buffer_unref(source->window[n++]);
    source->n -= n;
    source->first += n;
    if (n && source->n) memmove(source->window, source->window + n, (size_t)source->n * sizeof *source->window);
    pthread_mutex_unlock(&source->lock);
}

void lnt_csv_source_progress(const lnt_csv_source *source, int64_t *done, int64_t *total) {
    *total = lnt_input_size(source->input);
    *done = source->stream ? lnt_stream_position(source->stream)
                           : atomic_load_explicit(&source->done, memory_order_relaxed);
}
