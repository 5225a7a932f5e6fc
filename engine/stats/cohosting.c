// The permutation test of groups that share hosts (lunette/cohosting.h).
//
// Expected: some ten thousand links, of which some thousand lie on hosts with several groups, some hundred pairs, a few
// hundred shuffles. Hosts with one group can't hold a pair and needn't be dealt to: of a shuffled deck only the cards
// for hosts with several groups are drawn (Fisher and Yates, from the front).
//
// Invariants: the deck stays a permutation of all cards from shuffle to shuffle. A host can't carry a group twice: a
// second card of a group is drawn again, but at most REDRAWS times, so that a deck of few groups ends.
#include "lunette/cohosting.h"

#include <string.h>

#include "base/buffer.h"
#include "base/engine.h"

enum { REDRAWS = 8, SHUFFLES_PER_CHECK = 16 };

/// The watched partners of a group are `partner[first[group] … first[group + 1])`, with the pair that each makes.
typedef struct table {
    const lnt_cohosting *data;
    int32_t *deck;
    int64_t n_cards;
    int64_t *first;
    int32_t *partner, *pair;
    int32_t *met; ///< per pair, of this shuffle
    uint64_t state;
} table;

/// A number below `n` (n < 2^31); advances the linear congruential generator (Knuth's MMIX constants).
static inline int64_t draw(table *t, int64_t n) {
    t->state = t->state * 6364136223846793005u + 1442695040888963407u;
    return (int64_t)(((t->state >> 33) * (uint64_t)n) >> 31);
}

/// Counts that `a` and `b` are on one host, if anybody watches the two.
static inline void meet(table *t, int32_t a, int32_t b) {
    for (int64_t i = t->first[a]; i < t->first[a + 1]; i++) {
        if (t->partner[i] != b) continue;
        t->met[t->pair[i]]++;
        return;
    }
}

static bool is_dealt(const table *t, int64_t from, int64_t to, int32_t group) {
    for (int64_t i = from; i < to; i++)
        if (t->deck[i] == group) return true;
    return false;
}

/// Deals `size` cards from position `at` on to one host.
static void deal_host(table *t, int64_t at, int64_t size) {
    for (int64_t next = at; next < at + size; next++) {
        int64_t place = 0;
        for (int redraws = 0; redraws <= REDRAWS; redraws++) {
            place = next + draw(t, t->n_cards - next);
            if (!is_dealt(t, at, next, t->deck[place])) break;
        }
        int32_t group = t->deck[place];
        for (int64_t i = at; i < next; i++) meet(t, group, t->deck[i]);
        t->deck[place] = t->deck[next];
        t->deck[next] = group;
    }
}

static lnt_status check_data(const lnt_cohosting *data, int64_t n_shuffles, lnt_error *err) {
    int64_t cards = 0, dealt = 0;
    for (int64_t i = 0; i < data->n_groups; i++) {
        if (data->links_of[i] < 0) return lnt_error_set(err, LNT_ARGUMENT, "a group can't have a negative number of links");
        cards += data->links_of[i];
    }
    for (int64_t i = 0; i < data->n_hosts; i++) {
        if (data->sizes[i] < 1) return lnt_error_set(err, LNT_ARGUMENT, "every host needs at least one group");
        dealt += data->sizes[i];
    }
    if (dealt > cards || cards > INT32_MAX)
        return lnt_error_set(err, LNT_ARGUMENT, "%lld links can't be dealt to hosts that need %lld", (long long)cards,
                             (long long)dealt);
    for (int64_t i = 0; i < data->n_pairs; i++) {
        int32_t a = data->pair_a[i], b = data->pair_b[i];
        if (a < 0 || b < 0 || a >= data->n_groups || b >= data->n_groups || a == b)
            return lnt_error_set(err, LNT_ARGUMENT, "pair %lld is not of two different groups", (long long)i + 1);
    }
    if (n_shuffles < 1) return lnt_error_set(err, LNT_ARGUMENT, "there must be at least one shuffle");
    return LNT_OK;
}

/// Fills the lists of watched partners.
static void list_partners(table *t) {
    const lnt_cohosting *data = t->data;
    for (int64_t i = 0; i < data->n_pairs; i++) {
        t->first[data->pair_a[i] + 1]++;
        t->first[data->pair_b[i] + 1]++;
    }
    for (int64_t g = 0; g < data->n_groups; g++) t->first[g + 1] += t->first[g];
    for (int64_t i = data->n_pairs - 1; i >= 0; i--) {
        int32_t a = data->pair_a[i], b = data->pair_b[i];
        int64_t at_a = --t->first[a + 1], at_b = --t->first[b + 1];
        t->partner[at_a] = b, t->partner[at_b] = a;
        t->pair[at_a] = t->pair[at_b] = (int32_t)i;
    }
    // Every first[g + 1] has moved to where group g starts.
    for (int64_t g = 0; g < data->n_groups; g++) t->first[g] = t->first[g + 1];
    t->first[data->n_groups] = 2 * data->n_pairs;
}

static lnt_status set_table(table *t, lnt_arena *arena, lnt_error *err) {
    const lnt_cohosting *data = t->data;
    for (int64_t i = 0; i < data->n_groups; i++) t->n_cards += data->links_of[i];
    t->deck = lnt_arena_alloc(arena, t->n_cards * (int64_t)sizeof *t->deck, err);
    t->first = lnt_arena_alloc(arena, (data->n_groups + 1) * (int64_t)sizeof *t->first, err);
    t->partner = lnt_arena_alloc(arena, data->n_pairs * 2 * (int64_t)sizeof *t->partner, err);
    t->pair = lnt_arena_alloc(arena, data->n_pairs * 2 * (int64_t)sizeof *t->pair, err);
    t->met = lnt_arena_alloc(arena, data->n_pairs * (int64_t)sizeof *t->met, err);
    if (!t->deck || !t->first || !t->partner || !t->pair || !t->met) return lnt_no_memory(err);
    memset(t->first, 0, (size_t)(data->n_groups + 1) * sizeof *t->first);
    memset(t->met, 0, (size_t)data->n_pairs * sizeof *t->met);
    int32_t *next = t->deck;
    for (int64_t i = 0; i < data->n_groups; i++)
        for (int32_t k = 0; k < data->links_of[i]; k++) *next++ = (int32_t)i;
    list_partners(t);
    return LNT_OK;
}

/// One shuffle; adds what it met.
static void shuffle(table *t, double *met_sum, int64_t *reached) {
    const lnt_cohosting *data = t->data;
    int64_t at = 0;
    for (int64_t host = 0; host < data->n_hosts; host++) {
        deal_host(t, at, data->sizes[host]);
        at += data->sizes[host];
    }
    for (int64_t i = 0; i < data->n_pairs; i++) {
        met_sum[i] += t->met[i];
        reached[i] += t->met[i] >= data->pair_hosts[i];
        t->met[i] = 0;
    }
}

lnt_status lnt_cohosting_test(lnt_engine *engine, const lnt_cohosting *data, int64_t n_shuffles, uint64_t seed,
                              double *met_mean, int64_t *reached, lnt_error *err) {
    LNT_TRY(check_data(data, n_shuffles, err));
    lnt_arena arena;
    lnt_arena_init(&arena, lnt_engine_budget(engine), "permutation test");
    table t = {.data = data, .state = seed};
    lnt_status status = set_table(&t, &arena, err);
    for (int64_t i = 0; i < data->n_pairs; i++) met_mean[i] = 0, reached[i] = 0;
    for (int64_t s = 0; s < n_shuffles && status == LNT_OK; s++) {
        if (s % SHUFFLES_PER_CHECK == 0) status = lnt_engine_check(engine, err);
        if (status == LNT_OK) shuffle(&t, met_mean, reached);
    }
    for (int64_t i = 0; i < data->n_pairs; i++) met_mean[i] /= (double)n_shuffles;
    lnt_arena_clear(&arena);
    return status;
}
