/// @file share_write.c
/// Tables into sealed memory files: see share.h.
///
/// Workload: a table at a time, from a few rows of a result to all of a log; the columns' buffers are written as they
/// are, in one pass, without a copy in between.
#include "io/share.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "column/column.h"
#include "column/width.h"

/// A column on its way: what is said of it, and where its bytes are.
typedef struct item {
    lnt__share_entry entry;
    const void *name, *data, *bytes, *validity;
} item;

int64_t lnt__share_data_size(const lnt__share_entry *entry) {
    bool constant = entry->layout == LNT_LAYOUT_CONSTANT;
    bool offsets = entry->type == LNT_STRING && entry->layout != LNT_LAYOUT_DICTIONARY;
    int64_t n = (constant ? 1 : entry->length) + offsets, size;
    return __builtin_mul_overflow(n, (int64_t)entry->width, &size) ? -1 : size;
}

int64_t lnt__share_validity_size(const lnt__share_entry *entry) {
    return lnt_bitmap_words(entry->layout == LNT_LAYOUT_CONSTANT ? 1 : entry->length) * 8;
}

static item item_of(const lnt_column *column, const char *name) {
    item out = {.entry = {.type = (int32_t)column->type,
                          .layout = (int32_t)column->layout,
                          .width = column->width,
                          .has_validity = column->validity != NULL,
                          .length = column->length,
                          .dictionary = -1},
                .name = name,
                .data = column->data ? column->data->data : NULL};
    out.entry.name.size = (int64_t)strlen(name);
    out.entry.data.size = lnt__share_data_size(&out.entry);
    if (column->bytes) {
        int64_t rows = column->layout == LNT_LAYOUT_CONSTANT ? 1 : column->length;
        out.bytes = column->bytes->data;
        out.entry.bytes.size = lnt_offset_at(column->data->data, column->width, rows);
    }
    if (column->validity) {
        out.validity = column->validity->data;
        out.entry.validity.size = lnt__share_validity_size(&out.entry);
    }
    return out;
}

/// The columns and, behind them, the dictionaries of those that have one; how many.
static int64_t list_items(const lnt_table *table, item *items) {
    int64_t n = table->schema->n;
    for (int64_t i = 0; i < table->schema->n; i++) {
        const lnt_column *column = table->columns[i];
        items[i] = item_of(column, table->schema->names[i]);
        if (!column->dictionary) continue;
        items[i].entry.dictionary = n;
        items[n++] = item_of(column->dictionary, "");
    }
    return n;
}

static void place(lnt__share_part *part, int64_t *end) {
    part->at = *end;
    // Behind each part there are 64 readable bytes, as behind every buffer; the next one starts on a multiple of 64.
    *end = (*end + part->size + 2 * LNT__SHARE_ALIGN - 1) / LNT__SHARE_ALIGN * LNT__SHARE_ALIGN;
}

/// Gives every part its place behind the header and the entries; the file's size.
static int64_t place_all(item *items, int64_t n) {
    lnt__share_part head = {0, (int64_t)sizeof(lnt__share_header) + n * (int64_t)sizeof(lnt__share_entry)};
    int64_t end = 0;
    place(&head, &end);
    for (int64_t i = 0; i < n; i++) {
        place(&items[i].entry.name, &end);
        place(&items[i].entry.data, &end);
        place(&items[i].entry.bytes, &end);
        place(&items[i].entry.validity, &end);
    }
    return end;
}

static lnt_status put(int fd, const void *bytes, int64_t size, int64_t at, lnt_error *err) {
    for (int64_t done = 0; done < size;) {
        int64_t step = size - done < 1 << 30 ? size - done : 1 << 30;
        ssize_t n = pwrite(fd, (const char *)bytes + done, (size_t)step, at + done);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) return lnt_error_set(err, LNT_IO, "no room for a table in shared memory: %s", strerror(errno));
        done += n;
    }
    return LNT_OK;
}

static lnt_status put_all(int fd, const lnt_table *table, const item *items, int64_t n, int64_t size, lnt_error *err) {
    lnt__share_header header = {LNT__SHARE_MAGIC, size, table->n_rows, table->schema->n, n};
    LNT_TRY(put(fd, &header, sizeof header, 0, err));
    for (int64_t i = 0; i < n; i++) {
        const lnt__share_entry *entry = &items[i].entry;
        int64_t at = (int64_t)sizeof header + i * (int64_t)sizeof *entry;
        LNT_TRY(put(fd, entry, sizeof *entry, at, err));
        LNT_TRY(put(fd, items[i].name, entry->name.size, entry->name.at, err));
        LNT_TRY(put(fd, items[i].data, entry->data.size, entry->data.at, err));
        LNT_TRY(put(fd, items[i].bytes, entry->bytes.size, entry->bytes.at, err));
        LNT_TRY(put(fd, items[i].validity, entry->validity.size, entry->validity.at, err));
    }
    return LNT_OK;
}

lnt_status lnt_table_share(const lnt_table *table, int *fd, lnt_error *err) {
    item *items = lnt_alloc_array(2 * table->schema->n + 1, sizeof *items, err);
    if (!items) return LNT_NOMEM;
    int64_t n = list_items(table, items), size = place_all(items, n);
    int file = memfd_create("lunette-table", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    lnt_status status = LNT_OK;
    if (file < 0 || ftruncate(file, size) != 0)
        status = lnt_error_set(err, LNT_IO, "no shared memory for a table: %s", strerror(errno));
    if (status == LNT_OK) status = put_all(file, table, items, n, size, err);
    if (status == LNT_OK && fcntl(file, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) != 0)
        status = lnt_error_set(err, LNT_IO, "shared memory can't be sealed: %s", strerror(errno));
    lnt_free(items);
    if (status == LNT_OK)
        *fd = file;
    else if (file >= 0)
        close(file);
    return status;
}
