// Where the messages of an Arrow file are: by its footer, or one after the other where it is a stream.
//
// Expected: some to some hundred thousand record batches. Their metadata is looked at once here, so that the number of
// rows is known and what is damaged shows before anything is read.
#include <string.h>

#include "io/arrow/arrow.h"

enum { HEADER_SCHEMA = 1, HEADER_DICTIONARY = 2, HEADER_BATCH = 3, BLOCK_BYTES = 24 };

static const char file_magic[] = "ARROW1";
enum { MAGIC_BYTES = 6 };

static lnt_status damaged(const lnt__arrow_file *file, lnt_error *err, const char *what, int64_t at) {
    LNT_TRY(lnt__mapping_check(file->mapping, err)); // zeros where the file was cut look like damage
    return lnt_error_set(err, LNT_FORMAT, "%s is a damaged Arrow file: %s (at byte %lld)", file->name, what,
                         (long long)at);
}

static int64_t int_at(const uint8_t *at) {
    int32_t value;
    memcpy(&value, at, 4);
    return value;
}

// ---- one message ----

/// A message whose bytes are known to be there.
typedef struct message {
    int64_t at;                       ///< of its prefix
    int64_t metadata, metadata_bytes; ///< the table
    int64_t body;                     ///< where the body starts
    int64_t kind, body_bytes;
    lnt__fb_table header;
    lnt_arena arena; ///< holds the metadata
} message;

static void message_clear(message *m) {
    lnt_arena_clear(&m->arena);
}

/// Reads the prefix at `at`: where the metadata is. `*end` (if so) no message follows.
static lnt_status read_prefix(const lnt__arrow_file *file, int64_t at, message *m, bool *end, lnt_error *err) {
    const uint8_t *data = lnt__mapping_data(file->mapping);
    int64_t size = lnt__mapping_size(file->mapping), prefix = 4;
    *end = at == size;
    if (*end) return LNT_OK;
    if (at < 0 || at > size - 4) return damaged(file, err, "a message's length is cut off", at);
    m->at = at;
    m->metadata_bytes = int_at(data + at);
    if (m->metadata_bytes == -1) { // the mark that all but the oldest writers put before the length
        if (at > size - 8) return damaged(file, err, "a message's length is cut off", at);
        m->metadata_bytes = int_at(data + at + 4);
        prefix = 8;
    }
    *end = m->metadata_bytes == 0;
    if (*end) return LNT_OK;
    m->metadata = at + prefix;
    if (m->metadata_bytes < 0 || m->metadata_bytes > size - m->metadata)
        return damaged(file, err, "a message is longer than the file", at);
    m->body = m->metadata + m->metadata_bytes;
    return LNT_OK;
}

static lnt_status read_message(const lnt__arrow_file *file, int64_t at, message *m, bool *end, lnt_error *err) {
    *m = (message){0};
    LNT_TRY(read_prefix(file, at, m, end, err));
    if (*end) return LNT_OK;
    lnt__fb_table table;
    LNT_TRY(lnt__arrow_message(file, m->metadata, m->metadata_bytes, &m->arena, &table, err));
    m->kind = lnt__fb_int(&table, 1, 1, 0);
    m->header = lnt__fb_child(&table, 2);
    m->body_bytes = lnt__fb_int(&table, 3, 8, 0);
    if (m->header.at < 0 || table.fb->bad) return damaged(file, err, "a message's metadata makes no sense", at);
    if (m->body_bytes < 0 || m->body_bytes > lnt__mapping_size(file->mapping) - m->body)
        return damaged(file, err, "a record batch is longer than what is left of the file", at);
    return LNT_OK;
}

// ---- blocks ----

static lnt_status check_batch(const lnt__arrow_file *file, lnt__arrow_block *block, lnt_error *err) {
    lnt_arena arena = {0};
    lnt__arrow_array *arrays;
    lnt_status status = lnt__arrow_batch_read(file, block, &arena, &arrays, &block->codec, err);
    lnt_arena_clear(&arena);
    return status;
}

static lnt_status add_batch(lnt__arrow_file *file, const message *m, lnt_error *err) {
    LNT_TRY(
        lnt_grow((void **)&file->batches, &file->batches_capacity, file->n_batches + 1, sizeof *file->batches, err));
    int64_t n_rows = lnt__fb_int(&m->header, 0, 8, 0);
    if (n_rows < 0 || __builtin_add_overflow(file->n_rows, n_rows, &(int64_t){0}))
        return damaged(file, err, "a record batch has an impossible number of rows", m->at);
    file->batches[file->n_batches] = (lnt__arrow_block){.metadata = m->metadata,
                                                        .metadata_bytes = m->metadata_bytes,
                                                        .body = m->body,
                                                        .body_bytes = m->body_bytes,
                                                        .n_rows = n_rows,
                                                        .first_row = file->n_rows,
                                                        .n_dictionaries = file->n_dictionaries};
    LNT_TRY(check_batch(file, &file->batches[file->n_batches], err));
    file->n_batches++;
    file->n_rows += n_rows;
    return LNT_OK;
}

static lnt_status add_dictionary(lnt__arrow_file *file, const message *m, lnt_error *err) {
    LNT_TRY(lnt_grow((void **)&file->dictionaries, &file->dictionaries_capacity, file->n_dictionaries + 1,
                     sizeof *file->dictionaries, err));
    lnt__arrow_block block = {.metadata = m->metadata,
                              .metadata_bytes = m->metadata_bytes,
                              .body = m->body,
                              .body_bytes = m->body_bytes,
                              .id = lnt__fb_int(&m->header, 0, 8, 0),
                              .is_delta = lnt__fb_int(&m->header, 2, 1, 0) != 0,
                              .previous = -1};
    for (int64_t i = file->n_dictionaries - 1; i >= 0 && block.previous < 0; i--)
        if (file->dictionaries[i].id == block.id) block.previous = i;
    if (block.is_delta && block.previous < 0)
        return damaged(file, err, "an addition to a dictionary comes before the dictionary", m->at);
    file->dictionaries[file->n_dictionaries++] = block;
    return LNT_OK;
}

// ---- a stream: message after message ----

static lnt_status take_schema(lnt__arrow_file *file, const lnt__fb_table *table, lnt_error *err) {
    lnt_status status = lnt__arrow_schema_read(table, &file->schema, err);
    if (status == LNT_OK) status = lnt__arrow_schema_leaves(&file->schema, err);
    if (status != LNT_OK) lnt_error_where(err, "%s", file->name);
    return status;
}

static lnt_status take_message(lnt__arrow_file *file, const message *m, bool *has_schema, lnt_error *err) {
    if (m->kind == HEADER_SCHEMA) {
        if (*has_schema) return damaged(file, err, "it has a second schema", m->at);
        *has_schema = true;
        return take_schema(file, &m->header, err);
    }
    if (!*has_schema) return damaged(file, err, "it doesn't begin with a schema", m->at);
    if (m->kind == HEADER_DICTIONARY) return add_dictionary(file, m, err);
    if (m->kind == HEADER_BATCH) return add_batch(file, m, err);
    return damaged(file, err, "it holds a message that is no table", m->at);
}

static lnt_status walk_stream(lnt__arrow_file *file, lnt_error *err) {
    int64_t at = 0;
    bool end = false, has_schema = false;
    while (!end) {
        message m;
        lnt_status status = read_message(file, at, &m, &end, err);
        if (status == LNT_OK && !end) status = take_message(file, &m, &has_schema, err);
        at = m.body + m.body_bytes;
        message_clear(&m);
        LNT_TRY(status);
    }
    return has_schema ? LNT_OK : damaged(file, err, "it holds no schema", 0);
}

// ---- a file: by its footer ----

static lnt_status take_block(lnt__arrow_file *file, int64_t at, int64_t wanted, lnt_error *err) {
    message m;
    bool end = false;
    lnt_status status = read_message(file, at, &m, &end, err);
    if (status == LNT_OK && (end || m.kind != wanted))
        status = damaged(file, err, "the footer points at something else than it says", at);
    if (status == LNT_OK) status = wanted == HEADER_BATCH ? add_batch(file, &m, err) : add_dictionary(file, &m, err);
    message_clear(&m);
    return status;
}

static lnt_status take_footer(lnt__arrow_file *file, const lnt__fb_table *footer, lnt_error *err) {
    lnt__fb_table schema = lnt__fb_child(footer, 1);
    lnt__fb_vector dictionaries = lnt__fb_items(footer, 2, BLOCK_BYTES),
                   batches = lnt__fb_items(footer, 3, BLOCK_BYTES);
    if (footer->fb->bad || schema.at < 0)
        return damaged(file, err, "its footer makes no sense", lnt__mapping_size(file->mapping));
    LNT_TRY(take_schema(file, &schema, err));
    for (int64_t i = 0; i < dictionaries.n; i++)
        LNT_TRY(take_block(file, lnt__fb_item_int(&dictionaries, i, BLOCK_BYTES, 0, 8), HEADER_DICTIONARY, err));
    for (int64_t i = 0; i < batches.n; i++)
        LNT_TRY(take_block(file, lnt__fb_item_int(&batches, i, BLOCK_BYTES, 0, 8), HEADER_BATCH, err));
    return LNT_OK;
}

static lnt_status read_footer(lnt__arrow_file *file, lnt_error *err) {
    const uint8_t *data = lnt__mapping_data(file->mapping);
    int64_t size = lnt__mapping_size(file->mapping), tail = MAGIC_BYTES + 4;
    if (size < 8 + tail || memcmp(data + size - MAGIC_BYTES, file_magic, MAGIC_BYTES) != 0)
        return lnt_error_set(err, LNT_FORMAT, "%s was cut off: an Arrow file ends with a footer, which it hasn't got",
                             file->name);
    int64_t bytes = int_at(data + size - tail);
    if (bytes <= 0 || bytes > size - tail - 8) return damaged(file, err, "its footer has an impossible length", size);
    lnt_arena arena = {0};
    lnt__fb_table footer;
    lnt_status status = lnt__arrow_message(file, size - tail - bytes, bytes, &arena, &footer, err);
    if (status == LNT_OK) status = take_footer(file, &footer, err);
    lnt_arena_clear(&arena);
    return status;
}

// ---- opening ----

/// What the file is, if it is another of the kind.
static lnt_status check_kind(const lnt__arrow_file *file, const uint8_t *data, int64_t size, lnt_error *err) {
    static const struct {
        const char *magic, *what;
    } others[] = {{"PAR1", "a Parquet file, which isn't read; pandas, Polars or DuckDB can write it as Arrow"},
                  {"FEA1", "a Feather file of version 1, which isn't read; write it as version 2, which is Arrow"}};
    if (size == 0) return lnt_error_set(err, LNT_FORMAT, "%s is empty", file->name);
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (size >= 4 && memcmp(data, others[i].magic, 4) == 0)
            return lnt_error_set(err, LNT_FORMAT, "%s is %s", file->name, others[i].what);
    int64_t word = size >= 8 ? int_at(data) : 0;
    if (word == -1 || (word > 0 && word < size)) return LNT_OK;
    return lnt_error_set(err, LNT_FORMAT, "%s is no Arrow file: it begins neither with ARROW1 nor with a message",
                         file->name);
}

lnt_status lnt__arrow_file_open(lnt__mapping *mapping, const char *name, lnt__arrow_file *out, lnt_error *err) {
    const uint8_t *data = lnt__mapping_data(mapping);
    int64_t size = lnt__mapping_size(mapping);
    *out = (lnt__arrow_file){.mapping = mapping};
    out->name = lnt_strdup(name, -1, err);
    lnt_status status = out->name ? LNT_OK : LNT_NOMEM;
    out->has_footer = size >= MAGIC_BYTES && memcmp(data, file_magic, MAGIC_BYTES) == 0;
    if (status == LNT_OK && !out->has_footer) status = check_kind(out, data, size, err);
    if (status == LNT_OK) status = out->has_footer ? read_footer(out, err) : walk_stream(out, err);
    if (status == LNT_OK) status = lnt__mapping_check(mapping, err);
    if (status != LNT_OK) lnt__arrow_file_clear(out);
    return status;
}

void lnt__arrow_file_clear(lnt__arrow_file *file) {
    lnt__arrow_schema_clear(&file->schema);
    lnt_free(file->dictionaries);
    lnt_free(file->batches);
    lnt_free(file->name);
    lnt__mapping_unref(file->mapping);
    *file = (lnt__arrow_file){0};
}
