/// @file schema.c
/// Schemas: names and types in order, found by name through a hash index.
///
/// Workload: a dozen columns, now and then ten thousand; looked up by every expression that is bound.
/// Invariants: names are unique and not empty; the index is at most half full.
#include <string.h>

#include "base/hash.h"
#include "column/column.h"

/// The slot of `name`: the one that holds its column, or the empty one where it would go.
static int64_t slot_of(const lnt_schema *schema, const char *name, int64_t size) {
    int64_t mask = schema->n_slots - 1, slot = (int64_t)lnt_hash_bytes(name, size) & mask;
    for (;; slot = (slot + 1) & mask) {
        int64_t column = schema->slots[slot];
        if (column < 0 || lnt_str_equal(lnt_str_from(schema->names[column]), (lnt_str){name, size})) return slot;
    }
}

static lnt_status add_field(lnt_schema *schema, const char *name, lnt_type type, lnt_error *err) {
    int64_t size = (int64_t)strlen(name);
    if (size == 0) return lnt_error_set(err, LNT_NAME, "column %lld has an empty name", (long long)schema->n + 1);
    int64_t slot = slot_of(schema, name, size);
    if (schema->slots[slot] >= 0) return lnt_error_set(err, LNT_NAME, "two columns are called '%s'", name);
    char *copy = lnt_strdup(name, size, err);
    if (!copy) return LNT_NOMEM;
    schema->names[schema->n] = copy;
    schema->types[schema->n] = type;
    schema->slots[slot] = schema->n++;
    return LNT_OK;
}

static lnt_status allocate(int64_t n, lnt_schema *schema, lnt_error *err) {
    schema->n_slots = 8;
    while (schema->n_slots < 2 * n) schema->n_slots *= 2;
    schema->types = lnt_alloc_array(n, sizeof *schema->types, err);
    schema->names = lnt_alloc_array(n, sizeof *schema->names, err);
    schema->slots = lnt_alloc_array(schema->n_slots, sizeof *schema->slots, err);
    if (!schema->types || !schema->names || !schema->slots) return LNT_NOMEM;
    for (int64_t i = 0; i < schema->n_slots; i++) schema->slots[i] = -1;
    return LNT_OK;
}

lnt_status lnt_schema_new(const char *const *names, const lnt_type *types, int64_t n, lnt_schema **out,
                          lnt_error *err) {
    lnt_schema *schema = lnt_alloc_array(1, sizeof *schema, err);
    if (!schema) return LNT_NOMEM;
    atomic_init(&schema->refs, 1);
    lnt_status status = allocate(n, schema, err);
    for (int64_t i = 0; i < n && status == LNT_OK; i++) status = add_field(schema, names[i], types[i], err);
    if (status == LNT_OK)
        *out = schema;
    else
        lnt_schema_unref(schema);
    return status;
}

lnt_schema *lnt_schema_ref(const lnt_schema *schema) {
    lnt_schema *shared = (lnt_schema *)schema; // only the count changes
    atomic_fetch_add_explicit(&shared->refs, 1, memory_order_relaxed);
    return shared;
}

void lnt_schema_unref(lnt_schema *schema) {
    if (!schema || atomic_fetch_sub_explicit(&schema->refs, 1, memory_order_acq_rel) != 1) return;
    for (int64_t i = 0; i < schema->n; i++) lnt_free(schema->names[i]);
    lnt_free(schema->names);
    lnt_free(schema->types);
    lnt_free(schema->slots);
    lnt_free(schema);
}

int64_t lnt_schema_n_columns(const lnt_schema *schema) {
    return schema->n;
}

const char *lnt_schema_name(const lnt_schema *schema, int64_t column) {
    return schema->names[column];
}

lnt_type lnt_schema_type(const lnt_schema *schema, int64_t column) {
    return schema->types[column];
}

int64_t lnt_schema_find(const lnt_schema *schema, const char *name, int64_t size) {
    if (size < 0) size = (int64_t)strlen(name);
    return schema->slots[slot_of(schema, name, size)];
}

const char *lnt_schema_nearest(const lnt_schema *schema, const char *name, int64_t size) {
    int64_t nearest = lnt_nearest(name, size, (const char *const *)schema->names, schema->n);
    return nearest < 0 ? NULL : schema->names[nearest];
}
