/// @file boost_split.c
/// The split of a node by a feature that lowers the loss most, to the second order (Chen & Guestrin 2016). A category's
/// levels are put in the order of their mean gradient, drawn to none while they have few rows, and swept like bins.
#include <stdlib.h>
#include <string.h>

#include "learn/boost.h"

enum { FEW = 24 };

/// What a node with these sums can lower the loss by.
static inline double worth(double g, double h, double l2) {
    return h + l2 > 0 ? g * g / (h + l2) : 0;
}

typedef struct sweep {
    double g, h, left_g, left_h;
    int64_t n, left_n;
    double l2;     ///< of both sides
    double before; ///< worth of the node
} sweep;

static sweep start(const lnt_boost_group *groups, int64_t n, double l2, double l2_before) {
    sweep s = {.l2 = l2};
    for (int64_t i = 0; i < n; i++) {
        s.g += groups[i].g;
        s.h += groups[i].h;
        s.n += groups[i].n_rows;
    }
    s.before = worth(s.g, s.h, l2_before);
    return s;
}

static void move(sweep *s, const lnt_boost_group *group) {
    s->left_g += group->g;
    s->left_h += group->h;
    s->left_n += group->n_rows;
}

/// Whether the split as it is wins more than `best`; `*gain` gets what.
static bool wins(const sweep *s, const lnt_boost_options *o, const lnt_boost_split *best, double *gain) {
    if (s->left_n < o->min_leaf || s->n - s->left_n < o->min_leaf) return false;
    if (s->left_h < o->min_weight || s->h - s->left_h < o->min_weight) return false;
    *gain = (worth(s->left_g, s->left_h, s->l2) + worth(s->g - s->left_g, s->h - s->left_h, s->l2) - s->before) / 2;
    return *gain > o->min_gain && *gain > 1e-12 && (best->feature < 0 || *gain > best->gain);
}

static void split_number(const lnt_boost_options *o, const lnt_feature *feature, int64_t number,
                         const lnt_boost_group *groups, int64_t n, lnt_boost_split *best) {
    bool has_missing = groups[n - 1].code == feature->n_bins;
    for (int missing_left = 0; missing_left <= has_missing; missing_left++) {
        sweep s = start(groups, n, o->l2, o->l2);
        int64_t end = has_missing && missing_left ? n - 2 : n - 1;
        if (missing_left) move(&s, &groups[n - 1]);
        for (int64_t i = 0; i < end; i++) {
            double gain;
            move(&s, &groups[i]);
            if (!wins(&s, o, best, &gain)) continue;
            bool last = groups[i + 1].code == feature->n_bins;
            int64_t bin = last ? feature->n_bins - 1 : (groups[i].code + groups[i + 1].code - 1) / 2;
            bool left = has_missing ? missing_left : s.left_n > s.n - s.left_n;
            *best = (lnt_boost_split){.gain = gain, .feature = number, .bin = (uint16_t)bin, .missing_left = left};
        }
    }
}

/// A number whose order as a whole number is that of the float.
static inline uint32_t ordered(float value) {
    uint32_t bits;
    memcpy(&bits, &value, 4);
    return bits >> 31 ? ~bits : bits | 0x80000000u;
}

/// Keys in the order of their upper halves; equal ones stay as they are. `spare` is as large.
static void sort_keys(uint64_t *keys, uint64_t *spare, int64_t n) {
    if (n <= FEW) {
        for (int64_t i = 1; i < n; i++) {
            uint64_t key = keys[i];
            int64_t at = i;
            for (; at > 0 && keys[at - 1] > key; at--) keys[at] = keys[at - 1];
            keys[at] = key;
        }
        return;
    }
    for (int shift = 32; shift < 64; shift += 8) { // four passes: they end where they began
        uint32_t starts[257] = {0};
        for (int64_t i = 0; i < n; i++) starts[(keys[i] >> shift & 255) + 1]++;
        for (int i = 0; i < 256; i++) starts[i + 1] += starts[i];
        for (int64_t i = 0; i < n; i++) spare[starts[keys[i] >> shift & 255]++] = keys[i];
        uint64_t *other = keys;
        keys = spare;
        spare = other;
    }
}

/// Groups in the order of their place, those of the same one by code.
static void sort_groups(lnt_boost_sorting *sorting, lnt_boost_group *groups, int64_t n) {
    for (int64_t i = 0; i < n; i++) {
        sorting->keys[i] = (uint64_t)ordered((float)groups[i].place) << 32 | (uint64_t)i;
        sorting->groups[i] = groups[i];
    }
    sort_keys(sorting->keys, sorting->spare, n);
    for (int64_t i = 0; i < n; i++) groups[i] = sorting->groups[(uint32_t)sorting->keys[i]];
}

static int by_code(const void *a, const void *b) {
    return *(const uint16_t *)a - *(const uint16_t *)b;
}

enum { USUAL_LEVELS = 16 };

/// The more levels there are, the more ways there are to part them by chance.
static double category_l2(const lnt_boost_options *o, int64_t n) {
    return n > USUAL_LEVELS ? o->category_l2 * (double)n / USUAL_LEVELS : o->category_l2;
}

static void split_category(const lnt_boost_options *o, int64_t number, lnt_boost_group *groups, int64_t n,
                           lnt_boost_sorting *sorting, lnt_boost_split *best, uint16_t *members) {
    double l2 = category_l2(o, n);
    sweep s = start(groups, n, o->l2 + l2, o->l2);
    for (int64_t i = 0; i < n; i++) {
        double weight = groups[i].h + l2;
        groups[i].place = weight > 0 ? groups[i].g / weight : 0;
    }
    sort_groups(sorting, groups, n);
    int64_t cut = -1;
    bool left_is_lighter = false;
    for (int64_t i = 0; i + 1 < n; i++) {
        double gain;
        move(&s, &groups[i]);
        if (!wins(&s, o, best, &gain)) continue;
        cut = i;
        left_is_lighter = s.left_n <= s.n - s.left_n;
        *best = (lnt_boost_split){.gain = gain, .feature = number, .members_left = left_is_lighter};
    }
    if (cut < 0) return;
    int64_t from = left_is_lighter ? 0 : cut + 1, to = left_is_lighter ? cut + 1 : n;
    for (int64_t i = from; i < to; i++) members[i - from] = (uint16_t)groups[i].code;
    qsort(members, (size_t)(to - from), sizeof *members, by_code);
    best->n_members = to - from;
}

void lnt__boost_split(const lnt_boost_options *options, const lnt_feature *feature, int64_t number,
                      lnt_boost_group *groups, int64_t n_groups, lnt_boost_sorting *sorting, lnt_boost_split *best,
                      uint16_t *members) {
    if (n_groups < 2) return;
    if (feature->categorical) split_category(options, number, groups, n_groups, sorting, best, members);
    else split_number(options, feature, number, groups, n_groups, best);
}
