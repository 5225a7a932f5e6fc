/// @file share_read.c
/// Tables out of sealed memory files: see share.h.
///
/// Workload: files of our own making, and of a confined process that may be hostile: nothing is used before it was
/// checked, and every invariant that kernels rely on (column/column.h) is. One pass over offsets, codes and text.
#include "io/share.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "base/pages.h"
#include "column/column.h"
#include "column/intern.h"
#include "column/width.h"

enum { MOST_COLUMNS = 1 << 16 };
static const int64_t most_rows = (int64_t)1 << 40;

/// The mapped file: every buffer that is a window of it holds a reference.
typedef struct mapping {
    _Atomic int64_t refs;
    uint8_t *data;
    int64_t size;
    lnt_budget *budget;
} mapping;

/// What a table is made of on its way.
typedef struct reader {
    lnt_engine *engine;
    mapping *map;
    const lnt__share_header *header;
    const lnt__share_entry *entries;
} reader;

static void mapping_unref(mapping *map) {
    if (atomic_fetch_sub_explicit(&map->refs, 1, memory_order_acq_rel) != 1) return;
    lnt__pages_give_back(map->data, (size_t)map->size, map->budget->pool);
    lnt_budget_give(map->budget, map->size);
    lnt_free(map);
}

static lnt_status broken(lnt_error *err, const char *what) {
    return lnt_error_set(err, LNT_FORMAT, "a table in shared memory is broken: %s", what);
}

/// Maps the file, which must be sealed: what is checked from here on can't change any more.
static lnt_status map_file(lnt_engine *engine, int fd, int64_t most_bytes, mapping **out, lnt_error *err) {
    struct stat info;
    const int wanted = F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW;
    int seals = fcntl(fd, F_GET_SEALS);
    if (seals < 0 || (seals & wanted) != wanted || fstat(fd, &info) != 0) return broken(err, "it isn't sealed");
    if (info.st_size < (int64_t)sizeof(lnt__share_header)) return broken(err, "it is too short");
    if (info.st_size > most_bytes)
        return lnt_error_set(err, LNT_LIMIT, "a table of %lld bytes is more than the %lld that are allowed",
                             (long long)info.st_size, (long long)most_bytes);
    mapping *map = lnt_alloc(sizeof *map, err);
    if (!map) return LNT_NOMEM;
    *map = (mapping){1, NULL, info.st_size, lnt_engine_budget(engine)};
    lnt_status status = lnt_budget_take(map->budget, map->size, "a table in shared memory", err);
    if (status == LNT_OK) {
        map->data = mmap(NULL, (size_t)map->size, PROT_READ, MAP_SHARED, fd, 0);
        if (map->data != MAP_FAILED) {
            *out = map;
            return LNT_OK;
        }
        lnt_budget_give(map->budget, map->size);
        status = lnt_error_set(err, LNT_IO, "a table in shared memory can't be mapped: %s", strerror(errno));
    }
    lnt_free(map);
    return status;
}

static bool part_fits(const reader *r, lnt__share_part part) {
    return part.at >= 0 && part.size >= 0 && part.at % LNT__SHARE_ALIGN == 0 &&
           part.at <= r->map->size - LNT__SHARE_ALIGN && part.size <= r->map->size - LNT__SHARE_ALIGN - part.at;
}

static const void *at(const reader *r, lnt__share_part part) {
    return r->map->data + part.at;
}

// ---- checks, each of one entry; the error's text or NULL ----

static bool width_fits(const lnt__share_entry *e) {
    int w = e->width;
    if (e->layout == LNT_LAYOUT_DICTIONARY) return e->type == LNT_STRING && (w == 1 || w == 2 || w == 4);
    switch (e->type) {
    case LNT_BOOL:
        return w == 1;
    case LNT_INT:
        return w == 1 || w == 2 || w == 4 || w == 8;
    case LNT_FLOAT:
    case LNT_TIME:
        return w == 8;
    case LNT_STRING:
        return w == 4 || w == 8;
    case LNT_IP:
        return w == 4 || w == 16;
    default:
        return false;
    }
}

static const char *check_form(const reader *r, const lnt__share_entry *e) {
    if (e->layout < LNT_LAYOUT_PLAIN || e->layout > LNT_LAYOUT_CONSTANT || !width_fits(e)) return "an unknown layout";
    if (e->length < 0 || e->length > most_rows) return "a column's length";
    if (!part_fits(r, e->name) || !part_fits(r, e->data) || !part_fits(r, e->bytes) || !part_fits(r, e->validity))
        return "a buffer that isn't in the file";
    if (e->data.size != lnt__share_data_size(e)) return "a buffer's size";
    if (e->has_validity && e->validity.size != lnt__share_validity_size(e)) return "a validity's size";
    return NULL;
}

/// Offsets ascend and end within the bytes; every string is UTF-8 of its own.
static const char *check_strings(const reader *r, const lnt__share_entry *e) {
    int64_t n = e->layout == LNT_LAYOUT_CONSTANT ? 1 : e->length;
    const void *offsets = at(r, e->data);
    const uint8_t *bytes = at(r, e->bytes);
    int64_t first = lnt_offset_at(offsets, e->width, 0), before = first;
    if (first < 0 || first > e->bytes.size) return "a string's place";
    for (int64_t i = 1; i <= n; i++) {
        int64_t offset = lnt_offset_at(offsets, e->width, i);
        if (offset < before || offset > e->bytes.size) return "a string's place";
        // The byte behind the text is of the padding or of the next string; a character must not cross the border.
        if (before < offset && (bytes[before] & 0xc0) == 0x80) return "a string that starts within a character";
        before = offset;
    }
    if (lnt_utf8_check((const char *)bytes + first, before - first) >= 0) return "text that isn't UTF-8";
    return NULL;
}

static bool row_is_null(const reader *r, const lnt__share_entry *e, int64_t row) {
    return e->has_validity && !lnt_bitmap_get(at(r, e->validity), row);
}

/// Codes name strings of the dictionary, those of null rows are 0.
static const char *check_codes(const reader *r, const lnt__share_entry *e, int64_t n_strings) {
    const void *codes = at(r, e->data);
    for (int64_t i = 0; i < e->length; i++) {
        int64_t code = lnt_code_at(codes, e->width, i);
        if (code >= n_strings && !(code == 0 && row_is_null(r, e, i))) return "a code that no string has";
    }
    return NULL;
}

static const char *check_bools(const reader *r, const lnt__share_entry *e) {
    const uint8_t *values = at(r, e->data);
    for (int64_t i = 0; i < e->data.size; i++)
        if (values[i] > 1) return "a truth value that is none";
    return NULL;
}

static const char *check_entry(const reader *r, const lnt__share_entry *e) {
    const char *what = check_form(r, e);
    if (!what && e->type == LNT_BOOL) what = check_bools(r, e);
    if (!what && e->type == LNT_STRING && e->layout != LNT_LAYOUT_DICTIONARY) what = check_strings(r, e);
    return what;
}

/// A dictionary is a plain string column without nulls, and no string is in it twice.
static lnt_status check_dictionary(const reader *r, const lnt__share_entry *e, const lnt_column *strings, lnt_error *err) {
    if (strings->type != LNT_STRING || strings->layout != LNT_LAYOUT_PLAIN || strings->validity)
        return broken(err, "a dictionary that is none");
    const char *what = check_codes(r, e, strings->length);
    if (what) return broken(err, what);
    lnt_intern set = {.budget = lnt_engine_budget(r->engine), .who = "a dictionary"};
    lnt_status status = LNT_OK;
    for (int64_t i = 0; status == LNT_OK && i < strings->length; i++) {
        uint32_t code;
        status = lnt_intern_add(&set, lnt_column_str(strings, i), &code, err);
        if (status == LNT_OK && code != (uint32_t)i) status = broken(err, "a dictionary with a string twice");
    }
    lnt_intern_clear(&set);
    return status;
}

// ---- making columns ----

static void release_window(lnt_buffer *window) {
    mapping_unref(window->owner);
}

static lnt_status window_of(const reader *r, lnt__share_part part, lnt_buffer **out, lnt_error *err) {
    LNT_TRY(lnt_buffer_wrap(r->map->data + part.at, part.size, release_window, r->map, out, err));
    atomic_fetch_add_explicit(&r->map->refs, 1, memory_order_relaxed);
    return LNT_OK;
}

/// A checked entry as a column; `dictionary` is borrowed.
static lnt_status make_column(const reader *r, const lnt__share_entry *e, lnt_column *dictionary, lnt_column **out,
                              lnt_error *err) {
    lnt_column parts = {.type = (lnt_type)e->type,
                        .layout = (lnt_layout)e->layout,
                        .width = e->width,
                        .length = e->length,
                        .null_count = -1};
    lnt_status status = window_of(r, e->data, &parts.data, err);
    if (status == LNT_OK && e->type == LNT_STRING && e->layout != LNT_LAYOUT_DICTIONARY)
        status = window_of(r, e->bytes, &parts.bytes, err);
    if (status == LNT_OK && e->has_validity) status = window_of(r, e->validity, &parts.validity, err);
    if (dictionary) parts.dictionary = lnt_column_ref(dictionary);
    if (status == LNT_OK) return lnt_column_make(parts, out, err);
    lnt_buffer_unref(parts.data);
    lnt_buffer_unref(parts.bytes);
    lnt_column_unref(parts.dictionary);
    return status;
}

static lnt_status read_column(const reader *r, int64_t index, lnt_column **out, lnt_error *err) {
    const lnt__share_entry *e = &r->entries[index];
    const char *what = check_entry(r, e);
    if (what) return broken(err, what);
    if (e->layout != LNT_LAYOUT_DICTIONARY) return make_column(r, e, NULL, out, err);
    if (e->dictionary < r->header->n_columns || e->dictionary >= r->header->n_entries ||
        r->entries[e->dictionary].layout == LNT_LAYOUT_DICTIONARY)
        return broken(err, "a dictionary that isn't there");
    lnt_column *strings = NULL;
    LNT_TRY(read_column(r, e->dictionary, &strings, err)); // which is no dictionary column: no deeper
    lnt_status status = check_dictionary(r, e, strings, err);
    if (status == LNT_OK) status = make_column(r, e, strings, out, err);
    lnt_column_unref(strings);
    return status;
}

/// The columns' names, as terminated copies.
static lnt_status read_names(const reader *r, char **names, lnt_error *err) {
    for (int64_t i = 0; i < r->header->n_columns; i++) {
        lnt__share_part part = r->entries[i].name;
        const char *what = check_form(r, &r->entries[i]);
        if (what) return broken(err, what);
        const char *text = at(r, part);
        if (lnt_utf8_check(text, part.size) >= 0 || memchr(text, 0, (size_t)part.size)) return broken(err, "a name");
        names[i] = lnt_strdup(text, part.size, err);
        if (!names[i]) return LNT_NOMEM;
    }
    return LNT_OK;
}

static lnt_status read_table(const reader *r, char **names, lnt_column **columns, lnt_table **out, lnt_error *err) {
    int64_t n = r->header->n_columns;
    LNT_TRY(read_names(r, names, err));
    for (int64_t i = 0; i < n; i++) {
        LNT_TRY(read_column(r, i, &columns[i], err));
        if (columns[i]->length != r->header->n_rows) return broken(err, "columns of different lengths");
    }
    return lnt_table_new((const char *const *)names, columns, n, r->header->n_rows, out, err);
}

static lnt_status check_header(reader *r, lnt_error *err) {
    const lnt__share_header *h = r->header;
    if (h->magic != LNT__SHARE_MAGIC || h->size_bytes != r->map->size) return broken(err, "it has another form");
    if (h->n_columns < 0 || h->n_columns > MOST_COLUMNS || h->n_entries < h->n_columns ||
        h->n_entries > 2 * (int64_t)MOST_COLUMNS || h->n_rows < 0 || h->n_rows > most_rows)
        return broken(err, "its numbers of rows and columns");
    int64_t size = h->n_entries * (int64_t)sizeof(lnt__share_entry);
    if (size > r->map->size - (int64_t)sizeof *h) return broken(err, "it is too short");
    r->entries = (const lnt__share_entry *)(r->map->data + sizeof *h);
    return LNT_OK;
}

lnt_status lnt_table_adopt(lnt_engine *engine, int fd, int64_t most_bytes, lnt_table **out, lnt_error *err) {
    reader r = {.engine = engine};
    LNT_TRY(map_file(engine, fd, most_bytes, &r.map, err));
    r.header = (const lnt__share_header *)r.map->data;
    lnt_status status = check_header(&r, err);
    int64_t n = status == LNT_OK ? r.header->n_columns : 0;
    char **names = lnt_alloc_array(n + 1, sizeof *names, err);
    lnt_column **columns = lnt_alloc_array(n + 1, sizeof *columns, err);
    if (status == LNT_OK && (!names || !columns)) status = LNT_NOMEM;
    if (status == LNT_OK) status = read_table(&r, names, columns, out, err);
    for (int64_t i = 0; i < n; i++) {
        if (names) lnt_free(names[i]);
        if (columns) lnt_column_unref(columns[i]);
    }
    lnt_free(names);
    lnt_free(columns);
    mapping_unref(r.map);
    return status;
}
