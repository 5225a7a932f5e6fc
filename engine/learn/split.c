/// @file split.c
/// A node's rows in groups by a feature's codes, and the sweep over them.
#include "learn/split.h"

#include <math.h>
#include <string.h>

enum { TINY = 40 };

lnt_status lnt_splitter_init(lnt_budget *budget, const lnt_dataset *data, lnt_criterion criterion, int64_t min_leaf,
                             int64_t max_rows, lnt_splitter *out, lnt_error *err) {
    *out = (lnt_splitter){.data = data, .criterion = criterion, .min_leaf = min_leaf};
    lnt_arena_init(&out->arena, budget, "learn");
    int64_t max_codes = 1, k = data->n_classes;
    for (int64_t f = 0; f < data->n_features; f++) {
        if (data->features[f].n_bins + 1 > max_codes) max_codes = data->features[f].n_bins + 1;
    }
    int64_t n_cells = max_codes * k < LNT_CELLS ? max_codes * k : LNT_CELLS;
    int64_t n_groups = max_codes < max_rows ? max_codes : max_rows;
    lnt_arena *arena = &out->arena;
    bool ok = (out->keys = lnt_arena_alloc(arena, max_rows * 8, err)) &&
              (out->spare = lnt_arena_alloc(arena, max_rows * 8, err)) &&
              (out->entries = lnt_arena_alloc(arena, max_rows * (int64_t)sizeof(lnt_entry), err)) &&
              (out->groups = lnt_arena_alloc(arena, n_groups * (int64_t)sizeof(lnt_group), err)) &&
              (out->cells = lnt_arena_alloc(arena, n_cells * 8, err)) &&
              (out->cell_rows = lnt_arena_alloc(arena, max_codes * 4, err)) &&
              (out->left = lnt_arena_alloc(arena, k * 8, err)) && (out->right = lnt_arena_alloc(arena, k * 8, err)) &&
              (out->axis = lnt_arena_alloc(arena, k * 8, err)) &&
              (out->next_axis = lnt_arena_alloc(arena, k * 8, err)) &&
              (out->members = lnt_arena_alloc(arena, max_codes * 2, err));
    if (ok) return LNT_OK;
    lnt_splitter_clear(out);
    return lnt_no_memory(err);
}

void lnt_splitter_clear(lnt_splitter *s) {
    lnt_arena_clear(&s->arena);
}

bool lnt__splitter_look(lnt_splitter *s) {
    return s->stopped = s->stopped || lnt_budget_check(s->arena.budget, NULL) != LNT_OK;
}

// ---- groups ----

static lnt_group *open_group(lnt_splitter *s, uint32_t code, int64_t first) {
    lnt_group *group = &s->groups[s->n_groups++];
    *group = (lnt_group){.code = code, .first = first};
    return group;
}

/// Adds up rows by code and class, for nodes with many rows for each.
static void group_by_cells(lnt_splitter *s, const lnt_node_view *node, int64_t feature) {
    int64_t n_codes = s->data->features[feature].n_bins + 1, k = node->k, n_entries = 0;
    memset(s->cells, 0, (size_t)(n_codes * k) * 8);
    memset(s->cell_rows, 0, (size_t)n_codes * 4);
    if (lnt_feature_width(&s->data->features[feature]) == 1) {
        const uint8_t *codes = s->data->codes[feature]->data;
        for (int64_t i = 0, end; i < (end = lnt__splitter_piece(s, i, node->n));) {
            for (; i < end; i++) {
                int64_t code = codes[node->samples[i].row];
                s->cells[code * k + node->local[i]] += (double)node->samples[i].weight;
                s->cell_rows[code]++;
            }
        }
    } else {
        const uint16_t *codes = (const uint16_t *)(const void *)s->data->codes[feature]->data;
        for (int64_t i = 0, end; i < (end = lnt__splitter_piece(s, i, node->n));) {
            for (; i < end; i++) {
                int64_t code = codes[node->samples[i].row];
                s->cells[code * k + node->local[i]] += (double)node->samples[i].weight;
                s->cell_rows[code]++;
            }
        }
    }
    for (int64_t code = 0; code < n_codes; code++) {
        if (s->cell_rows[code] == 0) continue;
        lnt_group *group = open_group(s, (uint32_t)code, n_entries);
        group->n_rows = s->cell_rows[code];
        for (int64_t c = 0; c < k; c++) {
            double weight = s->cells[code * k + c];
            if (weight <= 0) continue;
            s->entries[n_entries++] = (lnt_entry){(uint32_t)c, weight};
            group->weight += weight;
        }
        group->n_entries = n_entries - group->first;
    }
}

// A key is a code, a local class and the bits of a weight, from the top down: 16, 16 and 32 bits.

static void sort_tiny(uint64_t *keys, int64_t n) {
    for (int64_t i = 1; i < n; i++) {
        uint64_t key = keys[i];
        int64_t at = i;
        for (; at > 0 && keys[at - 1] > key; at--) keys[at] = keys[at - 1];
        keys[at] = key;
    }
}

/// One stable pass by the byte at `shift`.
static void sort_pass(lnt_splitter *s, const uint64_t *from, uint64_t *to, int64_t n, int shift) {
    uint32_t starts[257] = {0};
    for (int64_t i = 0, end; i < (end = lnt__splitter_piece(s, i, n));)
        for (; i < end; i++) starts[(from[i] >> shift & 255) + 1]++;
    for (int i = 0; i < 256; i++) starts[i + 1] += starts[i];
    for (int64_t i = 0, end; i < (end = lnt__splitter_piece(s, i, n));)
        for (; i < end; i++) to[starts[from[i] >> shift & 255]++] = from[i];
}

/// Groups and entries of keys that are sorted by code.
static void open_groups(lnt_splitter *s, const uint64_t *keys, int64_t n) {
    lnt_group *group = NULL;
    for (int64_t i = 0, end; i < (end = lnt__splitter_piece(s, i, n));) {
        for (; i < end; i++) {
            uint32_t code = (uint32_t)(keys[i] >> 48), bits = (uint32_t)keys[i];
            float weight;
            memcpy(&weight, &bits, 4);
            if (!group || group->code != code) group = open_group(s, code, i);
            s->entries[i] = (lnt_entry){(uint32_t)(keys[i] >> 32 & 0xffff), (double)weight};
            group->n_rows++;
            group->n_entries++;
            group->weight += (double)weight;
        }
    }
}

/// Sorts rows by code; what a node with few rows for each code and class does.
static void group_by_sorting(lnt_splitter *s, const lnt_node_view *node, int64_t feature) {
    uint64_t *keys = s->keys, differ = 0;
    for (int64_t i = 0, end; i < (end = lnt__splitter_piece(s, i, node->n));) {
        for (; i < end; i++) {
            uint32_t bits;
            memcpy(&bits, &node->samples[i].weight, 4);
            uint64_t code = lnt_code_at(s->data, feature, node->samples[i].row);
            keys[i] = code << 48 | (uint64_t)node->local[i] << 32 | bits;
            differ |= keys[i] ^ keys[0];
        }
    }
    if (s->stopped || differ >> 48 == 0) return; // one code: there is nothing to split
    if (node->n <= TINY) {
        sort_tiny(keys, node->n);
    } else {
        sort_pass(s, keys, s->spare, node->n, 48);
        keys = s->spare;
        if (lnt_feature_width(&s->data->features[feature]) == 2) {
            sort_pass(s, s->spare, s->keys, node->n, 56);
            keys = s->keys;
        }
    }
    if (!s->stopped) open_groups(s, keys, node->n);
}

static void make_groups(lnt_splitter *s, const lnt_node_view *node, int64_t feature) {
    int64_t n_cells = (s->data->features[feature].n_bins + 1) * node->k;
    s->n_groups = 0;
    if (n_cells < 4 * node->n && n_cells <= LNT_CELLS) group_by_cells(s, node, feature);
    else group_by_sorting(s, node, feature);
}

// ---- the sweep ----

double lnt__x_log_x(double x) {
    return x > 0 ? x * log(x) : 0;
}

double lnt__purity(lnt_criterion criterion, const double *weights, int64_t k, double weight) {
    double sum = 0;
    for (int64_t c = 0; c < k; c++) {
        sum += criterion == LNT_GINI ? weights[c] * weights[c] : lnt__x_log_x(weights[c]);
    }
    return criterion == LNT_GINI ? sum / weight : sum - lnt__x_log_x(weight);
}

void lnt__sweep_start(lnt_splitter *s, const lnt_node_view *node, lnt_sweep *sweep) {
    *sweep = (lnt_sweep){.right_weight = node->weight, .right_rows = node->n};
    memset(s->left, 0, (size_t)node->k * 8);
    memcpy(s->right, node->totals, (size_t)node->k * 8);
    for (int64_t c = 0; c < node->k; c++) {
        double w = node->totals[c];
        sweep->right_sum += s->criterion == LNT_GINI ? w * w : lnt__x_log_x(w);
    }
}

static inline void move_gini(lnt_splitter *s, const lnt_group *group, lnt_sweep *sweep) {
    const lnt_entry *entries = s->entries + group->first;
    for (int64_t i = 0; i < group->n_entries; i++) {
        double w = entries[i].weight, *left = &s->left[entries[i].label], *right = &s->right[entries[i].label];
        sweep->left_sum += w * (2 * *left + w);
        sweep->right_sum += w * (w - 2 * *right);
        *left += w;
        *right -= w;
    }
}

static inline void move_entropy(lnt_splitter *s, const lnt_group *group, lnt_sweep *sweep) {
    const lnt_entry *entries = s->entries + group->first;
    for (int64_t i = 0; i < group->n_entries; i++) {
        double w = entries[i].weight, *left = &s->left[entries[i].label], *right = &s->right[entries[i].label];
        sweep->left_sum += lnt__x_log_x(*left + w) - lnt__x_log_x(*left);
        sweep->right_sum += lnt__x_log_x(*right - w) - lnt__x_log_x(*right);
        *left += w;
        *right -= w;
    }
}

void lnt__sweep_move(lnt_splitter *s, const lnt_group *group, lnt_sweep *sweep) {
    if (s->criterion == LNT_GINI) move_gini(s, group, sweep);
    else move_entropy(s, group, sweep);
    sweep->left_weight += group->weight;
    sweep->right_weight -= group->weight;
    sweep->left_rows += group->n_rows;
    sweep->right_rows -= group->n_rows;
}

double lnt__sweep_gain(const lnt_splitter *s, const lnt_node_view *node, const lnt_sweep *sweep) {
    if (s->criterion == LNT_GINI) {
        return sweep->left_sum / sweep->left_weight + sweep->right_sum / sweep->right_weight - node->purity;
    }
    return sweep->left_sum - lnt__x_log_x(sweep->left_weight) + sweep->right_sum -
           lnt__x_log_x(sweep->right_weight) - node->purity;
}

// ---- numbers ----

/// Keeps the split after the groups moved so far, the last of them `at`, if it is the best.
static void consider_bin(lnt_splitter *s, const lnt_node_view *node, int64_t feature, int64_t at, bool missing_left,
                         const lnt_sweep *sweep) {
    if (sweep->left_rows < s->min_leaf || sweep->right_rows < s->min_leaf) return;
    if (!(sweep->left_weight > 0) || !(sweep->right_weight > 0)) return;
    double gain = lnt__sweep_gain(s, node, sweep);
    if (!lnt__split_is_better(s, gain)) return;
    int64_t n_bins = s->data->features[feature].n_bins;
    bool last = at + 1 >= s->n_groups || s->groups[at + 1].code == n_bins;
    int64_t bin = last ? n_bins - 1 : (s->groups[at].code + s->groups[at + 1].code - 1) / 2;
    s->best = (lnt_split){.gain = gain, .feature = feature, .bin = (uint16_t)bin, .missing_left = missing_left};
}

static void split_number(lnt_splitter *s, const lnt_node_view *node, int64_t feature) {
    lnt_sweep sweep;
    int64_t n = s->n_groups;
    bool has_missing = s->groups[n - 1].code == s->data->features[feature].n_bins;
    lnt__sweep_start(s, node, &sweep);
    for (int64_t at = 0; at + 1 < n && !lnt__splitter_ends(s, &s->groups[at]); at++) {
        lnt__sweep_move(s, &s->groups[at], &sweep);
        bool heavier_left = !has_missing && sweep.left_weight > sweep.right_weight;
        consider_bin(s, node, feature, at, heavier_left, &sweep);
    }
    if (!has_missing) return;
    lnt__sweep_start(s, node, &sweep);
    lnt__sweep_move(s, &s->groups[n - 1], &sweep);
    for (int64_t at = 0; at + 2 < n && !lnt__splitter_ends(s, &s->groups[at]); at++) {
        lnt__sweep_move(s, &s->groups[at], &sweep);
        consider_bin(s, node, feature, at, true, &sweep);
    }
}

bool lnt_split_best(lnt_splitter *s, const lnt_node_view *node, int64_t feature) {
    make_groups(s, node, feature);
    if (s->stopped || s->n_groups < 2) return false;
    if (s->data->features[feature].categorical) lnt__split_category(s, node, feature);
    else split_number(s, node, feature);
    return true;
}
