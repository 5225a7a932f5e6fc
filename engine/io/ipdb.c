// Columns from databases about addresses.
//
// Expected: a million addresses in no order that fall into some ten thousand records. So the rows are looked up in
// parallel to record numbers first, neighbouring addresses after one another (`io/ip_order.h`); each different record is
// decoded once, in the order in which they were met, the fields in parallel; and the columns are taken from the records'
// values by the engine's own kernel, which also keeps strings as dictionary codes.
//
// Invariants: a record number is never 0. A *place* is a position in the order of looking up.
#include "lunette/ipdb.h"

#include <math.h>
#include <string.h>
#include <strings.h>

#include "base/engine.h"
#include "base/hash.h"
#include "column/value_text.h"
#include "column/vector.h"
#include "column/width.h"
#include "io/ip_order.h"
#include "io/mapping.h"
#include "io/mmdb.h"
#include "io/module.h"

enum { ROWS_PER_PIECE = 8192, MAX_PATH_STEPS = 16 };

struct lnt_ipdb {
    const lnt_mmdb_api *api;
    lnt_mmdb *handle;
    lnt_mmdb_metadata metadata;
    char *path;
    lnt__mapping *guard; ///< what the library mapped: an updater may write over the file while it is asked
};

static lnt_status guard_content(lnt_ipdb *db, lnt_error *err) {
    int64_t size = 0;
    const void *content = db->api->content(db->handle, &size);
    return lnt__mapping_guard(content, size, db->path, &db->guard, err);
}

/// What the library takes for damage may be a file that somebody cut.
static lnt_status damaged(const lnt_ipdb *db, lnt_status status, const char *message, lnt_error *err) {
    LNT_TRY(lnt__mapping_check(db->guard, err));
    return lnt_error_set(err, status, "the address database is damaged: %s", message);
}

lnt_status lnt_ipdb_open(const char *path, lnt_ipdb **out, lnt_error *err) {
    const void *symbol = NULL;
    LNT_TRY(lnt_module_symbol("mmdb", LNT_MMDB_SYMBOL, &symbol, err));
    const lnt_mmdb_api *api = symbol;
    if (api->version != LNT_MMDB_VERSION)
        return lnt_error_set(err, LNT_UNSUPPORTED, "the module lunette-mmdb.so is of another version");
    lnt_ipdb *db = lnt_alloc_array(1, sizeof *db, err);
    if (!db) return LNT_NOMEM;
    db->api = api;
    db->path = lnt_strdup(path, -1, err);
    char message[LNT_MMDB_MESSAGE] = "";
    lnt_status status = db->path ? api->open(path, &db->handle, &db->metadata, message) : LNT_NOMEM;
    if (status != LNT_OK) lnt_error_set(err, status, "can't open the address database %s", message);
    if (status == LNT_OK) status = guard_content(db, err);
    if (status != LNT_OK) {
        lnt_ipdb_free(db);
        return status;
    }
    *out = db;
    return LNT_OK;
}

void lnt_ipdb_free(lnt_ipdb *db) {
    if (!db) return;
    lnt__mapping_unref(db->guard);
    db->api->close(db->handle);
    lnt_free(db->path);
    lnt_free(db);
}

lnt_ipdb_info lnt_ipdb_get_info(const lnt_ipdb *db) {
    return (lnt_ipdb_info){.path = db->path,
                           .type = db->metadata.type,
                           .description = db->metadata.description,
                           .build_time_us = (int64_t)db->metadata.build_epoch * 1000000,
                           .ip_version = db->metadata.ip_version};
}

// ---- rows to record numbers, in parallel ----

typedef struct find_work {
    lnt_engine *engine;
    const lnt_ipdb *db;
    const lnt_column *ips;
    const lnt_ip_place *places; ///< rows in the order in which they are looked up; NULL: as they stand
    uint32_t *found;            ///< by place
    _Atomic int64_t next;
    _Atomic int64_t unsupported, nulls;
    _Atomic int status; ///< of the first failure seen
    lnt_error errors[LNT_MAX_THREADS];
} find_work;

/// The address at a place. That of an IPv4 column stands there; others are asked for a little ahead.
static lnt_value address_at(const find_work *work, int64_t place) {
    enum { AHEAD = 16 };
    const lnt_column *ips = work->ips;
    if (!work->places) return lnt_column_get(ips, place);
    if (ips->width != 4 || ips->validity) {
        if (place + AHEAD < ips->length)
            __builtin_prefetch(ips->data->data + (int64_t)work->places[place + AHEAD].row * ips->width);
        return lnt_column_get(ips, work->places[place].row);
    }
    return (lnt_value){.type = LNT_IP, .as.ip = lnt_ip_from_v4(work->places[place].lead)};
}

/// Looks up the rows at places [start, end).
static lnt_status find_rows(find_work *work, int64_t start, int64_t end, lnt_error *err) {
    bool only_v4 = work->db->metadata.ip_version == 4;
    char message[LNT_MMDB_MESSAGE];
    lnt_ip last = {0, 0};
    uint32_t last_record = 0;
    bool looked_up = false;
    int64_t unsupported = 0, nulls = 0;
    for (int64_t place = start; place < end; place++) {
        lnt_value value = address_at(work, place);
        work->found[place] = 0;
        if (value.is_null) {
            nulls++;
        } else if (only_v4 && !lnt_ip_is_v4(value.as.ip)) {
            unsupported++;
        } else {
            if (!looked_up || lnt_ip_compare(value.as.ip, last) != 0) {
                lnt_status status = work->db->api->find(work->db->handle, value.as.ip, &last_record, message);
                if (status != LNT_OK) return damaged(work->db, status, message, err);
                last = value.as.ip;
                looked_up = true;
            }
            work->found[place] = last_record;
        }
    }
    atomic_fetch_add(&work->unsupported, unsupported);
    atomic_fetch_add(&work->nulls, nulls);
    return LNT_OK;
}

static void find_worker(void *context, int worker) {
    find_work *work = context;
    int64_t n = work->ips->length;
    lnt_error *err = &work->errors[worker];
    while (atomic_load(&work->status) == LNT_OK) {
        int64_t start = atomic_fetch_add(&work->next, ROWS_PER_PIECE);
        if (start >= n) return;
        lnt_status status = lnt_engine_check(work->engine, err);
        if (status == LNT_OK)
            status = find_rows(work, start, start + ROWS_PER_PIECE < n ? start + ROWS_PER_PIECE : n, err);
        if (status != LNT_OK) atomic_store(&work->status, (int)status);
    }
}

/// Fills `found` with the record number of each place.
static lnt_status find_all(lnt_engine *engine, const lnt_ipdb *db, const lnt_column *ips, const lnt_ip_place *places,
                           uint32_t *found, lnt_ipdb_stats *stats, lnt_error *err) {
    find_work *work = lnt_alloc_array(1, sizeof *work, err);
    if (!work) return LNT_NOMEM;
    work->places = places;
    work->engine = engine;
    work->db = db;
    work->ips = ips;
    work->found = found;
    lnt_engine_run(engine, find_worker, work);
    lnt_status status = (lnt_status)atomic_load(&work->status);
    for (int w = 0; w < LNT_MAX_THREADS && status != LNT_OK; w++) {
        if (work->errors[w].code == LNT_OK) continue;
        status = lnt_error_set(err, work->errors[w].code, "%s", work->errors[w].message);
        break;
    }
    stats->n_unsupported = atomic_load(&work->unsupported);
    stats->n_null = atomic_load(&work->nulls);
    lnt_free(work);
    return status;
}

// ---- different records, in the order in which they were met ----

typedef struct record_set {
    uint32_t *records; ///< the different ones
    int64_t n, capacity;
    int64_t *slots; ///< position + 1 in `records`, 0: free
    int64_t n_slots;
} record_set;

static lnt_status record_set_grow(record_set *set, lnt_error *err) {
    int64_t n_slots = set->n_slots ? set->n_slots * 2 : 1024;
    int64_t *slots = lnt_alloc_array(n_slots, sizeof *slots, err);
    if (!slots) return LNT_NOMEM;
    for (int64_t i = 0; i < set->n; i++) {
        int64_t at = (int64_t)(lnt_hash_u64(set->records[i]) & (uint64_t)(n_slots - 1));
        while (slots[at]) at = (at + 1) & (n_slots - 1);
        slots[at] = i + 1;
    }
    lnt_free(set->slots);
    set->slots = slots;
    set->n_slots = n_slots;
    return LNT_OK;
}

/// The position of `record` among the different ones.
static lnt_status record_set_add(record_set *set, uint32_t record, int64_t *position, lnt_error *err) {
    if (set->n * 2 >= set->n_slots) LNT_TRY(record_set_grow(set, err));
    int64_t at = (int64_t)(lnt_hash_u64(record) & (uint64_t)(set->n_slots - 1));
    for (; set->slots[at]; at = (at + 1) & (set->n_slots - 1)) {
        *position = set->slots[at] - 1;
        if (set->records[*position] == record) return LNT_OK;
    }
    LNT_TRY(lnt_grow((void **)&set->records, &set->capacity, set->n + 1, sizeof *set->records, err));
    *position = set->n;
    set->records[set->n++] = record;
    set->slots[at] = set->n;
    return LNT_OK;
}

/// Fills `index` with each row's record, as its position among the different ones; -1 where there is none.
static lnt_status number_records(const lnt_ip_place *places, const uint32_t *found, int64_t *index, int64_t n,
                                 record_set *set, lnt_ipdb_stats *stats, lnt_error *err) {
    uint32_t last = 0;
    int64_t position = -1;
    for (int64_t place = 0; place < n; place++) {
        if (found[place] != last) {
            last = found[place];
            position = -1;
            if (last) LNT_TRY(record_set_add(set, last, &position, err));
        }
        index[places ? places[place].row : place] = position;
        stats->n_found += last != 0;
    }
    stats->n_missing = n - stats->n_found - stats->n_null - stats->n_unsupported;
    return LNT_OK;
}

// ---- records to values ----

/// Splits "a.b.0" in `storage` into steps; false if there are too many or the text doesn't fit.
static bool split_path(const char *path, char *storage, size_t capacity, const char *steps[MAX_PATH_STEPS + 1]) {
    if (strlen(path) >= capacity) return false;
    strcpy(storage, path);
    int n = 0;
    for (char *step = storage; step;) {
        if (n == MAX_PATH_STEPS) return false;
        steps[n++] = step;
        step = strchr(step, '.');
        if (step) *step++ = 0;
    }
    steps[n] = NULL;
    return true;
}

/// A number that stands as text, as some databases have it: "64500", "AS64500", "52.5". Null where it is none.
static lnt_value number_of(lnt_type type, lnt_str text) {
    lnt_value value = {.type = type};
    bool is_as = type == LNT_INT && text.size > 2 && strncasecmp(text.data, "AS", 2) == 0;
    if (type == LNT_INT)
        value.is_null = !lnt_parse_int(text.data + 2 * is_as, text.size - 2 * is_as, &value.as.i);
    else
        value.is_null = !lnt_parse_float(text.data, text.size, &value.as.f) || !isfinite(value.as.f);
    return value;
}

/// Makes `*value` of the field's type; null when it is of another kind.
static void fit_value(lnt_type type, lnt_value *value) {
    if (!value->is_null && value->type == LNT_INT && type == LNT_FLOAT)
        *value = (lnt_value){.type = LNT_FLOAT, .as.f = (double)value->as.i};
    else if (!value->is_null && value->type == LNT_STRING && (type == LNT_INT || type == LNT_FLOAT))
        *value = number_of(type, value->as.s);
    if (value->is_null || value->type != type) *value = (lnt_value){.type = type, .is_null = true};
}

/// A path as the database takes it; the steps point into `storage`.
typedef struct split_field_path {
    char storage[256];
    const char *steps[MAX_PATH_STEPS + 1];
} split_field_path;

static lnt_status split_paths(const lnt_ipdb_field *field, split_field_path **out, lnt_error *err) {
    split_field_path *paths = lnt_alloc_array(field->n_paths, sizeof *paths, err);
    if (!paths) return LNT_NOMEM;
    for (int64_t i = 0; i < field->n_paths; i++) {
        if (split_path(field->paths[i], paths[i].storage, sizeof paths[i].storage, paths[i].steps)) continue;
        lnt_free(paths);
        return lnt_error_set(err, LNT_ARGUMENT, "the path '%s' into an address database is too long", field->paths[i]);
    }
    *out = paths;
    return LNT_OK;
}

static lnt_status field_value(const lnt_ipdb *db, uint32_t record, const lnt_ipdb_field *field,
                              const split_field_path *paths, lnt_value *value, lnt_error *err) {
    char message[LNT_MMDB_MESSAGE];
    for (int64_t i = 0; i < field->n_paths; i++) {
        lnt_status status = db->api->get(db->handle, record, paths[i].steps, value, message);
        if (status != LNT_OK) return damaged(db, status, message, err);
        fit_value(field->type, value);
        if (!value->is_null) return LNT_OK;
    }
    *value = (lnt_value){.type = field->type, .is_null = true};
    return LNT_OK;
}

/// The values of one field for all different records, as a column.
static lnt_status decode_field(lnt_engine *engine, const lnt_ipdb *db, const record_set *set,
                               const lnt_ipdb_field *field, lnt_column **out, lnt_error *err) {
    lnt_column_builder *builder = NULL;
    split_field_path *paths = NULL;
    LNT_TRY(split_paths(field, &paths, err));
    lnt_status status = lnt_column_builder_new(engine, field->type, &builder, err);
    for (int64_t i = 0; i < set->n && status == LNT_OK; i++) {
        lnt_value value;
        status = field_value(db, set->records[i], field, paths, &value, err);
        if (status == LNT_OK) status = lnt_column_builder_append(builder, value, err);
        if (status == LNT_OK && i % 1024 == 0) status = lnt_engine_check(engine, err);
    }
    if (status == LNT_OK) status = lnt_column_builder_finish(builder, out, err);
    lnt_column_builder_free(builder);
    lnt_free(paths);
    return status;
}

/// Fields on their way to columns of records' values; each is one worker's.
typedef struct decode_work {
    lnt_engine *engine;
    const lnt_ipdb *db;
    const record_set *set;
    const lnt_ipdb_field *fields;
    int64_t n_fields;
    lnt_column **values;
    lnt_error *errors; ///< by field
    _Atomic int64_t next;
} decode_work;

static void decode_worker(void *context, int worker) {
    decode_work *work = context;
    (void)worker;
    for (int64_t i; (i = atomic_fetch_add(&work->next, 1)) < work->n_fields;) {
        lnt_status status =
            decode_field(work->engine, work->db, work->set, &work->fields[i], &work->values[i], &work->errors[i]);
        if (status != LNT_OK && work->errors[i].code == LNT_OK)
            lnt_error_set(&work->errors[i], status, "%s", lnt_status_name(status));
    }
}

static lnt_status decode_all(decode_work *work, lnt_error *err) {
    lnt_engine_run(work->engine, decode_worker, work);
    for (int64_t i = 0; i < work->n_fields; i++)
        if (work->errors[i].code != LNT_OK)
            return lnt_error_set(err, work->errors[i].code, "%s", work->errors[i].message);
    return LNT_OK;
}

static lnt_status make_columns(lnt_engine *engine, const lnt_ipdb *db, const record_set *set, const int64_t *index,
                               int64_t n_rows, const lnt_ipdb_field *fields, int64_t n_fields, lnt_column **out,
                               lnt_error *err) {
    decode_work work = {.engine = engine, .db = db, .set = set, .fields = fields, .n_fields = n_fields};
    work.values = lnt_alloc_array(n_fields, sizeof *work.values, err);
    work.errors = work.values ? lnt_alloc_array(n_fields, sizeof *work.errors, err) : NULL;
    lnt_status status = work.errors ? decode_all(&work, err) : LNT_NOMEM;
    for (int64_t i = 0; status == LNT_OK && i < n_fields; i++)
        status = lnt_column_take(engine, work.values[i], index, n_rows, &out[i], err);
    for (int64_t i = 0; work.values && i < n_fields; i++) lnt_column_unref(work.values[i]);
    lnt_free(work.values);
    lnt_free(work.errors);
    return status;
}

static lnt_status check_fields(const lnt_column *ips, const lnt_ipdb_field *fields, int64_t n_fields, lnt_error *err) {
    if (ips->type != LNT_IP)
        return lnt_error_set(err, LNT_TYPE,
                             "addresses are looked up from a column of type ip, not %s; ip(name) converts",
                             lnt_type_name(ips->type));
    for (int64_t i = 0; i < n_fields; i++)
        if (fields[i].type != LNT_INT && fields[i].type != LNT_FLOAT && fields[i].type != LNT_STRING &&
            fields[i].type != LNT_BOOL)
            return lnt_error_set(err, LNT_TYPE, "an address database gives int, float, string or bool, not %s",
                                 lnt_type_name(fields[i].type));
    return LNT_OK;
}

/// Fills `index` with each row's record, as its position in `set`.
static lnt_status find_records(lnt_engine *engine, const lnt_ipdb *db, const lnt_column *ips, int64_t *index,
                               record_set *set, lnt_ipdb_stats *stats, lnt_error *err) {
    lnt_buffer *order = NULL, *found = NULL;
    lnt_status status = lnt_ip_order(engine, ips, &order, err);
    if (status == LNT_OK)
        status = lnt_buffer_new(lnt_engine_budget(engine), ips->length * (int64_t)sizeof(uint32_t), "address lookup",
                                &found, err);
    const lnt_ip_place *places = order ? (const lnt_ip_place *)(const void *)order->data : NULL;
    uint32_t *records = found ? (uint32_t *)(void *)found->data : NULL;
    if (status == LNT_OK) status = find_all(engine, db, ips, places, records, stats, err);
    if (status == LNT_OK) status = number_records(places, records, index, ips->length, set, stats, err);
    lnt_buffer_unref(order);
    lnt_buffer_unref(found);
    return status;
}

lnt_status lnt_ipdb_lookup(lnt_engine *engine, const lnt_ipdb *db, const lnt_column *ips, const lnt_ipdb_field *fields,
                           int64_t n_fields, lnt_column **out, lnt_ipdb_stats *stats, lnt_error *err) {
    LNT_TRY(check_fields(ips, fields, n_fields, err));
    lnt_ipdb_stats counted = {0};
    record_set set = {0};
    lnt_buffer *index = NULL;
    memset(out, 0, (size_t)n_fields * sizeof *out);
    lnt_status status = lnt_buffer_new(lnt_engine_budget(engine), ips->length * (int64_t)sizeof(int64_t),
                                       "address lookup", &index, err);
    if (status != LNT_OK) return status;
    int64_t *rows = (int64_t *)index->data;
    status = find_records(engine, db, ips, rows, &set, &counted, err);
    if (status == LNT_OK) status = make_columns(engine, db, &set, rows, ips->length, fields, n_fields, out, err);
    if (status == LNT_OK) status = lnt__mapping_check(db->guard, err); // zeros in the place of what is gone make sense, too
    for (int64_t i = 0; i < n_fields && status != LNT_OK; i++) {
        lnt_column_unref(out[i]);
        out[i] = NULL;
    }
    lnt_free(set.records);
    lnt_free(set.slots);
    lnt_buffer_unref(index);
    if (stats) *stats = counted;
    return status;
}
