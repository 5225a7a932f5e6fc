/// @file file.c
/// Models in files: a head (what it is, version, length, checksum), then everything in order.
///
/// The checksum finds accidents; because it can't find malice, every number that is read is checked before it is used:
/// a loaded model never reaches outside of what was loaded.
#include <errno.h>
#include <float.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/hash.h"
#include "base/text.h"
#include "learn/model.h"

#define MAGIC "LNTMODEL"
enum { VERSION = 3, PLAIN_VERSION = 2 }; ///< a model without smoothing is of the version before, which hasn't that number

typedef struct head {
    char magic[8];
    uint32_t version, order; ///< order: 0x01020304, so that another byte order shows
    int64_t size;            ///< bytes after the head
    uint64_t checksum;       ///< of them
} head;

// ---- writing ----

static void put(lnt_text *out, const void *data, int64_t size) {
    lnt_text_add(out, data, size);
}
static void put_int(lnt_text *out, int64_t value) {
    put(out, &value, 8);
}
static void put_bytes(lnt_text *out, const void *data, int64_t size) {
    put_int(out, size);
    if (size > 0) put(out, data, size);
}

static void put_classes(lnt_text *out, const lnt_column *classes) {
    put_int(out, lnt_column_type(classes));
    for (int64_t c = 0; c < lnt_column_length(classes); c++) {
        lnt_value value = lnt_column_get(classes, c);
        if (value.type == LNT_STRING) put_bytes(out, value.as.s.data, value.as.s.size);
        else if (value.type == LNT_IP) put_bytes(out, &value.as.ip, 16);
        else if (value.type == LNT_BOOL) put_int(out, value.as.b);
        else put_int(out, value.as.i);
    }
}

static void put_feature(lnt_text *out, const lnt_feature *feature) {
    put_bytes(out, feature->name, (int64_t)strlen(feature->name));
    put_int(out, feature->type);
    put_int(out, feature->categorical);
    put_int(out, feature->n_bins);
    if (!feature->categorical && feature->n_bins > 1) put(out, feature->edges, (feature->n_bins - 1) * 8);
    for (int64_t i = 0; feature->categorical && i < feature->n_bins; i++) {
        lnt_str key = lnt_intern_get(&feature->levels, i);
        put_bytes(out, key.data, key.size);
    }
}

static void put_model(lnt_text *out, const lnt_model *model) {
    put_int(out, model->learner);
    put_int(out, model->criterion);
    put_int(out, model->regression);
    put_int(out, (int64_t)model->seed);
    put_int(out, model->n_rows);
    put_bytes(out, model->target, (int64_t)strlen(model->target));
    put_int(out, model->n_classes);
    put_int(out, model->n_features);
    put_int(out, model->n_trees);
    put_classes(out, model->classes);
    put(out, model->prior, model->n_classes * 8);
    put(out, model->gain, model->n_features * 8);
    for (int64_t f = 0; f < model->n_features; f++) put_feature(out, &model->features[f]);
    for (int64_t t = 0; t < model->n_trees; t++) {
        const lnt_tree *tree = &model->trees[t];
        put_bytes(out, tree->nodes->data, tree->nodes->size);
        put_bytes(out, tree->sets->data, tree->sets->size);
        put_bytes(out, tree->leaves->data, tree->leaves->size);
    }
    if (model->smoothing > 0) put(out, &model->smoothing, 8);
}

static lnt_status write_file(const char *path, const lnt_text *text, lnt_error *err) {
    lnt_text name = {0};
    lnt_text_addf(&name, "%s.%ld.part", path, (long)getpid());
    lnt_status status = lnt_text_check(&name, err);
    FILE *file = status == LNT_OK ? fopen(name.data, "wb") : NULL;
    bool ok = file && fwrite(text->data, 1, (size_t)text->size, file) == (size_t)text->size;
    int failure = ok ? 0 : errno;
    if (file && fclose(file) != 0 && ok) ok = false, failure = errno;
    if (ok && rename(name.data, path) != 0) ok = false, failure = errno;
    if (status == LNT_OK && !ok) {
        status = lnt_error_set(err, LNT_IO, "can't write the model to '%s': %s", path, strerror(failure));
        if (file) remove(name.data);
    }
    lnt_text_clear(&name);
    return status;
}

lnt_status lnt_model_save(const lnt_model *model, const char *path, lnt_error *err) {
    head h = {.magic = MAGIC, .version = model->smoothing > 0 ? VERSION : PLAIN_VERSION, .order = 0x01020304};
    lnt_text out = {0};
    put(&out, &h, sizeof h);
    put_model(&out, model);
    lnt_status status = lnt_text_check(&out, err);
    if (status == LNT_OK) {
        h.size = out.size - (int64_t)sizeof h;
        h.checksum = lnt_hash_bytes(out.data + sizeof h, h.size);
        memcpy(out.data, &h, sizeof h);
        status = write_file(path, &out, err);
    }
    lnt_text_clear(&out);
    return status;
}

// ---- reading ----

/// What is left to read; `failed` once something didn't fit.
typedef struct reader {
    lnt_engine *engine;
    const char *at, *end;
    bool failed;
} reader;

/// The next `size` bytes, or NULL.
static const char *take(reader *r, int64_t size) {
    if (r->failed || size < 0 || size > r->end - r->at) {
        r->failed = true;
        return NULL;
    }
    const char *from = r->at;
    r->at += size;
    return from;
}

/// A number within [low, high]; `low` when it isn't.
static int64_t take_int(reader *r, int64_t low, int64_t high) {
    int64_t value = low;
    const char *from = take(r, 8);
    if (from) memcpy(&value, from, 8);
    if (value >= low && value <= high) return value;
    r->failed = true;
    return low;
}

static lnt_str take_bytes(reader *r) {
    int64_t size = take_int(r, 0, INT64_MAX);
    const char *data = take(r, size);
    return (lnt_str){data ? data : "", data ? size : 0};
}

/// Bytes that become text, which everything else takes to be valid.
static lnt_str take_text(reader *r) {
    lnt_str text = take_bytes(r);
    if (lnt_utf8_check(text.data, text.size) >= 0) r->failed = true;
    return text;
}

static lnt_status take_name(reader *r, char **out, lnt_error *err) {
    lnt_str name = take_text(r);
    if (memchr(name.data, 0, (size_t)name.size)) r->failed = true;
    *out = lnt_strdup(name.data, name.size, err);
    return *out ? LNT_OK : LNT_NOMEM;
}

static lnt_value take_value(reader *r, lnt_type type) {
    lnt_value value = {.type = type};
    if (type == LNT_STRING) {
        value.as.s = take_text(r);
    } else if (type == LNT_IP) {
        lnt_str bytes = take_bytes(r);
        if (bytes.size == 16) memcpy(&value.as.ip, bytes.data, 16);
        else r->failed = true;
    } else if (type == LNT_BOOL) {
        value.as.b = take_int(r, 0, 1);
    } else {
        value.as.i = take_int(r, INT64_MIN, INT64_MAX);
    }
    return value;
}

static lnt_status take_classes(reader *r, lnt_model *model, lnt_error *err) {
    lnt_type type = (lnt_type)take_int(r, LNT_BOOL, LNT_IP);
    lnt_column_builder *builder = NULL;
    if (type == LNT_FLOAT && !model->regression) r->failed = true;
    if (model->regression && (type != LNT_FLOAT && type != LNT_INT)) r->failed = true;
    lnt_status status = lnt_column_builder_new(r->engine, type, &builder, err);
    int64_t n = model->regression ? 0 : model->n_classes;
    for (int64_t c = 0; c < n && status == LNT_OK && !r->failed; c++) {
        status = lnt_column_builder_append(builder, take_value(r, type), err);
    }
    if (status == LNT_OK) status = lnt_column_builder_finish(builder, &model->classes, err);
    lnt_column_builder_free(builder);
    return status;
}

static void take_doubles(reader *r, double *out, int64_t n) {
    const char *from = take(r, n * 8);
    if (from) memcpy(out, from, (size_t)n * 8);
}

static lnt_status take_levels(reader *r, lnt_feature *feature, lnt_error *err) {
    int64_t key_size = feature->type == LNT_STRING ? -1 : feature->type == LNT_IP ? 16 : feature->type == LNT_BOOL ? 1 : 8;
    feature->levels = (lnt_intern){.budget = lnt_engine_budget(r->engine), .who = "learn"};
    for (int64_t i = 0; i < feature->n_bins && !r->failed; i++) {
        uint32_t code;
        lnt_str key = feature->type == LNT_STRING ? take_text(r) : take_bytes(r);
        if (key_size >= 0 && key.size != key_size) r->failed = true;
        LNT_TRY(lnt_intern_add(&feature->levels, key, &code, err));
        if (code != i) r->failed = true;
    }
    return LNT_OK;
}

static lnt_status take_feature(reader *r, lnt_feature *feature, lnt_error *err) {
    LNT_TRY(take_name(r, &feature->name, err));
    feature->type = (lnt_type)take_int(r, LNT_BOOL, LNT_IP);
    feature->categorical = take_int(r, 0, 1);
    bool text = feature->type == LNT_STRING || feature->type == LNT_IP;
    if (text ? !feature->categorical : feature->categorical && feature->type == LNT_FLOAT) r->failed = true;
    feature->n_bins = take_int(r, 0, feature->categorical ? LNT_MAX_LEVELS : LNT_MAX_BINS);
    if (feature->categorical) return take_levels(r, feature, err);
    if (!(feature->edges = lnt_alloc_array(LNT_MAX_BINS, sizeof *feature->edges, err))) return LNT_NOMEM;
    int64_t n_edges = feature->n_bins > 0 ? feature->n_bins - 1 : 0;
    take_doubles(r, feature->edges, n_edges);
    for (int64_t i = 0; i < n_edges && !r->failed; i++) {
        if (isnan(feature->edges[i]) || (i > 0 && !(feature->edges[i - 1] < feature->edges[i]))) r->failed = true;
    }
    return LNT_OK;
}

/// Whether a node's references stay inside, and its children come after it.
static bool node_is_sound(const lnt_model *model, const lnt_tree *tree, int64_t at) {
    const lnt_tree_node *node = &lnt_tree_nodes(tree)[at];
    int64_t n_leaves = tree->leaves->size / (int64_t)sizeof(lnt_leaf_entry), n_sets = tree->sets->size / 2;
    if (node->kind == LNT_NODE_LEAF) {
        if ((int64_t)node->at + node->n >= n_leaves || node->feature != 0) return false; // walking looks at it
        const lnt_leaf_entry *entries = lnt_tree_leaves(tree) + node->at;
        float low = model->learner == LNT_BOOSTING ? -FLT_MAX : 0, high = model->learner == LNT_BOOSTING ? FLT_MAX : 1.001f;
        for (int64_t e = 1; e <= node->n; e++) {
            if (entries[e].label >= model->n_classes || !(entries[e].share >= low && entries[e].share <= high)) return false;
        }
        return model->learner != LNT_BOOSTING || node->n == 1;
    }
    if (node->kind > LNT_NODE_BITS || node->feature >= model->n_features) return false;
    if (node->child <= at || (int64_t)node->child + 1 >= lnt_tree_n_nodes(tree)) return false;
    bool set = node->kind != LNT_NODE_NUMBER;
    if (set != model->features[node->feature].categorical) return false;
    return !set || (int64_t)node->at + node->n <= n_sets;
}

static lnt_status take_part(reader *r, int64_t item, lnt_buffer *out, lnt_error *err) {
    lnt_str bytes = take_bytes(r);
    if (bytes.size % item != 0) r->failed = true;
    return lnt_buffer_append(out, bytes.data, bytes.size, "learn", err);
}

/// Children must not be shared: each node but the root is the child of one.
static lnt_status check_tree(reader *r, const lnt_model *model, const lnt_tree *tree, lnt_error *err) {
    int64_t n = lnt_tree_n_nodes(tree);
    uint8_t *seen = lnt_alloc_array(n, 1, err);
    if (!seen) return LNT_NOMEM;
    if (n == 0) r->failed = true;
    for (int64_t at = 0; at < n && !r->failed; at++) {
        const lnt_tree_node *node = &lnt_tree_nodes(tree)[at];
        if (!node_is_sound(model, tree, at)) r->failed = true;
        else if (node->kind != LNT_NODE_LEAF) r->failed = seen[node->child]++ || seen[node->child + 1]++;
    }
    lnt_free(seen);
    return LNT_OK;
}

static lnt_status take_model(reader *r, bool smoothed, lnt_model **out, lnt_error *err) {
    lnt_learner learner = (lnt_learner)take_int(r, LNT_TREE, LNT_BOOSTING);
    lnt_criterion criterion = (lnt_criterion)take_int(r, LNT_GINI, LNT_ENTROPY);
    bool regression = take_int(r, 0, learner == LNT_BOOSTING);
    int64_t seed = take_int(r, INT64_MIN, INT64_MAX), n_rows = take_int(r, 1, INT64_MAX);
    lnt_str target = take_text(r);
    int64_t k = take_int(r, 1, LNT_MAX_CLASSES), n_features = take_int(r, 1, LNT_MAX_FEATURES);
    int64_t n_trees = take_int(r, 1, LNT_MAX_TREES);
    if (regression && k != 1) r->failed = true;
    if (learner == LNT_BOOSTING && k > 2 && n_trees % k != 0) r->failed = true;
    if (r->failed || r->end - r->at < 8 * (k + n_features + n_trees)) return LNT_OK;
    LNT_TRY(lnt_model_new(k, n_features, n_trees, out, err));
    lnt_model *model = *out;
    model->learner = learner;
    model->criterion = criterion;
    model->regression = regression;
    model->seed = (uint64_t)seed;
    model->n_rows = n_rows;
    if (!(model->target = lnt_strdup(target.data, target.size, err))) return LNT_NOMEM;
    LNT_TRY(take_classes(r, model, err));
    take_doubles(r, model->prior, k);
    for (int64_t c = 0; c < k; c++) r->failed |= !isfinite(model->prior[c]);
    take_doubles(r, model->gain, n_features);
    for (int64_t f = 0; f < n_features && !r->failed; f++) LNT_TRY(take_feature(r, &model->features[f], err));
    for (int64_t t = 0; t < n_trees && !r->failed; t++) {
        lnt_tree *tree = &model->trees[t];
        LNT_TRY(lnt_tree_init(lnt_engine_budget(r->engine), tree, err));
        LNT_TRY(take_part(r, sizeof(lnt_tree_node), tree->nodes, err));
        LNT_TRY(take_part(r, 2, tree->sets, err));
        LNT_TRY(take_part(r, sizeof(lnt_leaf_entry), tree->leaves, err));
        if (!r->failed) LNT_TRY(check_tree(r, model, tree, err));
    }
    if (smoothed) take_doubles(r, &model->smoothing, 1);
    if (!(model->smoothing >= 0 && model->smoothing <= LNT_MAX_SMOOTHING)) r->failed = true;
    if (smoothed && learner == LNT_BOOSTING) r->failed = true;
    return LNT_OK;
}

static lnt_status no_model(const char *path, FILE *file, lnt_error *err) {
    if (ferror(file)) return lnt_error_set(err, LNT_IO, "can't read '%s': %s", path, strerror(errno));
    return lnt_error_set(err, LNT_FORMAT, "'%s' is no saved model", path);
}

static lnt_status damaged(const char *path, lnt_error *err) {
    return lnt_error_set(err, LNT_FORMAT, "the model '%s' is damaged or cut short", path);
}

static lnt_status read_head(FILE *file, const char *path, head *h, lnt_error *err) {
    if (fread(h, 1, sizeof *h, file) != sizeof *h || memcmp(h->magic, MAGIC, 8) != 0) return no_model(path, file, err);
    if (h->order != 0x01020304)
        return lnt_error_set(err, LNT_FORMAT, "the model '%s' was saved on a machine of another byte order", path);
    if (h->version != VERSION && h->version != PLAIN_VERSION) {
        return lnt_error_set(err, LNT_FORMAT, "the model '%s' is of version %u, this program reads versions %d and %d: fit it again",
                             path, h->version, PLAIN_VERSION, VERSION);
    }
    return h->size >= 0 ? LNT_OK : damaged(path, err);
}

/// What follows the head: as much as it says, and no more than there is. Memory is asked for as bytes come, so that a head
/// that promises too much costs nothing.
static lnt_status read_rest(FILE *file, const char *path, const head *h, lnt_buffer *out, lnt_error *err) {
    enum { STEP = 1 << 16 };
    while (out->size < h->size) {
        size_t want = h->size - out->size < STEP ? (size_t)(h->size - out->size) : STEP;
        LNT_TRY(lnt_buffer_reserve(out, out->size + STEP, "a model's file", err));
        size_t n = fread(out->data + out->size, 1, want, file);
        out->size += (int64_t)n;
        if (n == 0) return ferror(file) ? no_model(path, file, err) : damaged(path, err);
    }
    if (fgetc(file) != EOF || h->checksum != lnt_hash_bytes((const char *)out->data, h->size)) return damaged(path, err);
    return LNT_OK;
}

/// Opens a model's file; of /dev/fd/N a copy of that descriptor, which needs no right to open files.
static FILE *open_model(const char *path) {
    if (strncmp(path, "/dev/fd/", 8) != 0) return fopen(path, "rb");
    char *end;
    long number = strtol(path + 8, &end, 10);
    int fd = *end || number < 0 || number > INT_MAX ? -1 : dup((int)number);
    if (fd >= 0) lseek(fd, 0, SEEK_SET);
    return fd >= 0 ? fdopen(fd, "rb") : fopen(path, "rb");
}

lnt_status lnt_model_load(lnt_engine *engine, const char *path, lnt_model **out, lnt_error *err) {
    FILE *file = open_model(path);
    if (!file) return lnt_error_set(err, LNT_IO, "can't open the model '%s': %s", path, strerror(errno));
    head h;
    lnt_buffer *bytes = NULL;
    lnt_model *model = NULL;
    lnt_status status = read_head(file, path, &h, err);
    if (status == LNT_OK) status = lnt_buffer_new(lnt_engine_budget(engine), 1 << 16, "a model's file", &bytes, err);
    if (status == LNT_OK) status = read_rest(file, path, &h, bytes, err);
    fclose(file);
    if (status == LNT_OK) {
        reader r = {engine, (const char *)bytes->data, (const char *)bytes->data + bytes->size, false};
        status = take_model(&r, h.version == VERSION, &model, err);
        if (status == LNT_OK && (r.failed || !model || r.at != r.end))
            status = lnt_error_set(err, LNT_FORMAT, "the model '%s' is damaged", path);
    }
    if (status == LNT_OK) *out = model;
    else lnt_model_free(model);
    lnt_buffer_unref(bytes);
    return status;
}
