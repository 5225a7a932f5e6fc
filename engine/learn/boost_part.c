/// @file boost_part.c
/// Parting the rows of nodes that are split: pieces of them side by side on the threads, each in place, then joined.
#include <string.h>

#include "learn/boost.h"

enum { PIECE_ROWS = 1 << 14 };

/// How a piece's rows are parted.
typedef struct parting {
    const lnt_boost_split *best;
    const lnt_feature *feature;
    const uint8_t *is_member;
    const void *codes; ///< the first row's
    int64_t step;      ///< from a row's code to the next one's
} parting;

/// Parts rows, both halves keeping their order: the left ones in place, the right ones to `aside`. Inlined for each way
/// that codes are kept.
static inline __attribute__((always_inline)) void part_rows(const parting *p, bool wide, bool category, lnt_grad *rows,
                                                            lnt_grad *aside, lnt_boost_piece *piece) {
    const uint8_t *bytes = p->codes;
    const uint16_t *words = p->codes;
    const uint8_t *is_member = p->is_member;
    int64_t n = piece->n, left = 0, right = 0, step = wide ? p->step : 1, sum = 0;
    int bin = p->best->bin, missing = p->best->missing_left ? (int)p->feature->n_bins : -1, members_left = p->best->members_left;
    for (int64_t i = 0; i < n; i++) {
        lnt_grad row = rows[i];
        int code = wide ? words[row.row * step] : bytes[row.row];
        bool go_left = category ? is_member[code] == members_left : (code <= bin) | (code == missing);
        rows[left] = row;
        aside[right] = row;
        left += go_left;
        right += !go_left;
        sum += ((int64_t)row.g * (1ll << 32) + row.h) & -(int64_t)go_left;
    }
    piece->n_left = left;
    piece->sum_h = sum & 0xffffffff;
    piece->sum_g = (sum - piece->sum_h) >> 32;
}

static void mark_members(const lnt_boost_grower *g, const lnt_boost_node *node, uint8_t value, uint8_t *is_member) {
    for (int64_t i = 0; i < node->best.n_members; i++) is_member[g->kept[node->kept + i]] = value;
}

static lnt_status part_piece(void *context, int64_t item, int worker, lnt_error *err) {
    lnt_boost_grower *g = context;
    lnt_boost_scratch *scratch = lnt__boost_scratch_of(g, worker, err);
    if (!scratch) return LNT_NOMEM;
    const lnt_boost_data *data = g->data;
    lnt_boost_piece *piece = &g->pieces[item];
    const lnt_boost_node *node = &g->families[piece->family].parent;
    int64_t f = node->best.feature;
    lnt_grad *rows = g->rows + piece->start, *aside = g->aside + piece->start;
    parting p = {.best = &node->best, .feature = &data->features[f], .is_member = scratch->is_member};
    p.codes = data->in_order ? data->columns->codes[f]->data : (const void *)(data->codes + f);
    p.step = data->in_order ? 1 : data->n_features;
    bool wide = !data->in_order || lnt_feature_width(p.feature) > 1, category = p.feature->categorical;
    mark_members(g, node, 1, scratch->is_member);
    if (wide && category) part_rows(&p, true, true, rows, aside, piece);
    else if (wide) part_rows(&p, true, false, rows, aside, piece);
    else if (category) part_rows(&p, false, true, rows, aside, piece);
    else part_rows(&p, false, false, rows, aside, piece);
    mark_members(g, node, 0, scratch->is_member);
    if (piece->n == node->n) memcpy(rows + piece->n_left, aside, (size_t)(node->n - piece->n_left) * sizeof *rows);
    return LNT_OK;
}

static lnt_status cut_pieces(lnt_boost_grower *g, lnt_error *err) {
    g->n_pieces = 0;
    for (int64_t f = 0; f < g->n_families; f++) {
        const lnt_boost_node *node = &g->families[f].parent;
        int64_t n = g->alone ? (node->n + PIECE_ROWS - 1) / PIECE_ROWS : 1;
        LNT_TRY(lnt_grow((void **)&g->pieces, &g->pieces_capacity, g->n_pieces + n, sizeof *g->pieces, err));
        for (int64_t i = 0; i < n; i++) {
            int64_t from = node->n * i / n, to = node->n * (i + 1) / n;
            g->pieces[g->n_pieces++] = (lnt_boost_piece){.family = f, .start = node->start + from, .n = to - from};
        }
    }
    return LNT_OK;
}

/// Joins the parted pieces [from, to) of a family, and gives the children their rows.
static void join(lnt_boost_grower *g, lnt_boost_family *family, int64_t from, int64_t to) {
    const lnt_boost_node *parent = &family->parent;
    lnt_boost_node left = {.start = parent->start, .depth = parent->depth + 1}, right = left;
    lnt_grad *rows = g->rows + parent->start;
    for (int64_t p = from; p < to; p++) {
        const lnt_boost_piece *piece = &g->pieces[p];
        if (p > from) memmove(rows + left.n, g->rows + piece->start, (size_t)piece->n_left * sizeof *rows);
        left.n += piece->n_left;
        left.sum_g += piece->sum_g;
        left.sum_h += piece->sum_h;
    }
    right.start += left.n;
    right.n = parent->n - left.n;
    right.sum_g = parent->sum_g - left.sum_g;
    right.sum_h = parent->sum_h - left.sum_h;
    rows += left.n;
    for (int64_t p = from; p < to && to - from > 1; p++) {
        const lnt_boost_piece *piece = &g->pieces[p];
        int64_t n = piece->n - piece->n_left;
        memcpy(rows, g->aside + piece->start, (size_t)n * sizeof *rows);
        rows += n;
    }
    family->left_is_small = left.n <= right.n;
    family->small = family->left_is_small ? left : right;
    family->large = family->left_is_small ? right : left;
}

lnt_status lnt__boost_part(lnt_boost_grower *g, lnt_error *err) {
    LNT_TRY(cut_pieces(g, err));
    int64_t n = 0;
    for (int64_t f = 0; f < g->n_families; f++) n += g->families[f].parent.n;
    LNT_TRY(lnt__boost_share(g, g->n_pieces, n * 4, part_piece, err)); // a row's move is some columns' work
    for (int64_t p = 0; p < g->n_pieces;) {
        int64_t end = p + 1;
        while (end < g->n_pieces && g->pieces[end].family == g->pieces[p].family) end++;
        join(g, &g->families[g->pieces[p].family], p, end);
        p = end;
    }
    return LNT_OK;
}
