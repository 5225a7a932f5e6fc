/// @file agg_state.h
/// What aggregates remember: one cell per group and aggregate, updated from batches, merged in morsel order, read out
/// at the end.
///
/// A class stands for an aggregate over one type of argument. Cells are zero when a group begins, and a zero cell has
/// seen nothing. The sum of nothing is 0, any of nothing false, all of nothing true; other results of nothing are null.
#ifndef LNT_EXEC_AGG_STATE_H
#define LNT_EXEC_AGG_STATE_H

#include "exec/tuples.h"
#include "plan/plan.h"

typedef struct lnt_agg_state lnt_agg_state;

/// The rows of a batch that an aggregate sees.
typedef struct lnt_agg_input {
    const uint32_t *groups; ///< by physical row; NULL: everything is group 0
    const uint32_t *sel;    ///< NULL: rows 0 … n-1
    int64_t n;
    const lnt_vec *arg;    ///< NULL for count()
    const lnt_vec *second; ///< corr: the other value, else NULL
} lnt_agg_input;

/// Which groups of a state become which of another.
typedef struct lnt_agg_moves {
    const uint32_t *list; ///< the groups that move; NULL: 0 … n-1
    int64_t n;
    const uint32_t *to;  ///< by group of the other state: its number here; NULL: the same
    const uint8_t *part; ///< by group: only those with part[group] & LNT_PART_MASK == wanted move; NULL: all
    uint8_t wanted;
} lnt_agg_moves;

/// The bits of a part's number beside the one that says that a group is new.
enum { LNT_PART_MASK = 0x7f, LNT_PART_NEW = 0x80 };

static inline int64_t lnt__moved_group(const lnt_agg_moves *moves, int64_t i) {
    return moves->list ? moves->list[i] : i;
}
static inline uint32_t lnt__moved_to(const lnt_agg_moves *moves, int64_t group) {
    return moves->to ? moves->to[group] : (uint32_t)group;
}
/// Other parts' groups may be told new meanwhile, which doesn't change whose they are.
static inline bool lnt__group_moves(const lnt_agg_moves *moves, int64_t group) {
    return !moves->part ||
           (__atomic_load_n(&moves->part[group], __ATOMIC_RELAXED) & LNT_PART_MASK) == moves->wanted;
}

typedef struct lnt_agg_class {
    int64_t cell_bytes;
    lnt_status (*update)(lnt_agg_state *state, const lnt_agg_input *input, lnt_error *err);
    lnt_status (*merge)(lnt_agg_state *state, lnt_agg_state *from, const lnt_agg_moves *moves, lnt_error *err);
    /// All rows have been seen; NULL: nothing to do.
    lnt_status (*prepare)(lnt_agg_state *state, lnt_error *err);
    /// Results of n groups (list[k], or start + k when list is NULL) into `out`. On failure `*bad` is the group.
    lnt_status (*result)(const lnt_agg_state *state, const uint32_t *list, int64_t start, int64_t n, lnt_arena *scratch,
                         lnt_vec *out, int64_t *bad, lnt_error *err);
} lnt_agg_class;

struct lnt_agg_state {
    const lnt_agg_class *class_;
    const lnt_agg_call *call; ///< borrowed from the plan
    lnt_type type;            ///< of the argument; LNT_NULL when there is none
    lnt_budget *budget;
    int64_t n; ///< groups
    lnt_room cells;
    lnt_texts texts;      ///< min, max, first, last of strings, list
    bool borrows;         ///< merged strings stay where they are
    uint32_t batch;       ///< last of strings: number of the batch
    lnt_tuples distinct;  ///< count_distinct, mode, entropy: (group, value); approx: (group, register)
    lnt_interner strings; ///< count_distinct, mode, entropy of strings
    lnt_codes codes;
    lnt_room values; ///< median, quantile: 8 bytes each, list: lnt_str, in order of arrival, after prepare by
                     ///< group; mode, entropy: int64_t count, approx: uint8_t rank of each of `distinct`
    lnt_room owners; ///< of median's and list's values: uint32_t group, after prepare int64_t starts by group
    int64_t n_values;
};

LNT_MUST_USE lnt_status lnt__agg_state_init(lnt_agg_state *state, const lnt_agg_call *call, lnt_budget *budget,
                                            lnt_error *err);
void lnt__agg_state_clear(lnt_agg_state *state);
void lnt__agg_state_reset(lnt_agg_state *state);
/// Makes cells for `n` groups.
LNT_MUST_USE lnt_status lnt__agg_state_reserve(lnt_agg_state *state, int64_t n, lnt_error *err);

/// The class for an aggregate over `type`, or NULL.
const lnt_agg_class *lnt__agg_class(lnt_aggregate_kind kind, lnt_type type);
const lnt_agg_class *lnt__agg_class_count(lnt_aggregate_kind kind);
const lnt_agg_class *lnt__agg_class_sum(lnt_type type);
const lnt_agg_class *lnt__agg_class_mean(lnt_type type);
const lnt_agg_class *lnt__agg_class_pick(lnt_aggregate_kind kind, lnt_type type); ///< min, max, first, last
const lnt_agg_class *lnt__agg_class_median(lnt_type type);
const lnt_agg_class *lnt__agg_class_distinct(void);
const lnt_agg_class *lnt__agg_class_approx(void);
const lnt_agg_class *lnt__agg_class_moment(lnt_aggregate_kind kind, lnt_type type); ///< var, stddev, corr
const lnt_agg_class *lnt__agg_class_frequency(lnt_aggregate_kind kind);             ///< mode, entropy
const lnt_agg_class *lnt__agg_class_logic(lnt_type type);                           ///< any, all
const lnt_agg_class *lnt__agg_class_list(lnt_type type);

/// The set of (group, value) pairs (agg_distinct.c), for the aggregates that count them too.
LNT_MUST_USE lnt_status lnt__distinct_update(lnt_agg_state *state, const lnt_agg_input *input, lnt_error *err);
LNT_MUST_USE lnt_status lnt__distinct_merge(lnt_agg_state *state, lnt_agg_state *from, const lnt_agg_moves *moves,
                                            lnt_error *err);
uint32_t lnt__distinct_group(const lnt_agg_state *state, int64_t pair);

/// Where values begin that are put side by side by group: int64_t starts[g + 1] is where group g's first one goes, and
/// becomes its end by counting up, so that starts[g] is its beginning then. `owners[n]` has each value's group.
LNT_MUST_USE lnt_status lnt__agg_starts(const lnt_agg_state *state, const uint32_t *owners, int64_t n, lnt_room *starts,
                                        const char *who, lnt_error *err);

/// Between so many values that are merged or put in order, the state looks whether to go on.
enum { LNT_AGG_CHECK_VALUES = 1 << 15 };
/// To be asked at value `i` of many; looks at every LNT_AGG_CHECK_VALUES-th.
LNT_MUST_USE static inline lnt_status lnt__agg_check(const lnt_agg_state *state, int64_t i, lnt_error *err) {
    return i & (LNT_AGG_CHECK_VALUES - 1) ? LNT_OK : lnt_budget_check(state->budget, err);
}

static inline void *lnt__agg_cells(const lnt_agg_state *state) {
    return lnt__room_data(&state->cells);
}
/// Row k of the input, its group, and where its argument is.
static inline int64_t lnt__agg_row(const lnt_agg_input *input, int64_t k) {
    return input->sel ? input->sel[k] : k;
}
static inline uint32_t lnt__agg_group(const lnt_agg_input *input, int64_t row) {
    return input->groups ? input->groups[row] : 0;
}
static inline int64_t lnt__agg_mask(const lnt_agg_input *input) {
    return input->arg->form == LNT_FORM_CONSTANT ? 0 : -1;
}
/// Whether every row is there, in order, with a group and without nulls, so that a loop needs no questions.
static inline bool lnt__agg_is_plain(const lnt_agg_input *input) {
    return input->groups && !input->sel && !input->arg->valid && input->arg->form == LNT_FORM_FLAT;
}
/// Does BODY for each value of the input that isn't null: `value` is the value, of TYPE, and `cell` its group's cell.
#define LNT_AGG_EACH(TYPE, BODY)                                                                                       \
    do {                                                                                                               \
        const TYPE *data = input->arg->data;                                                                           \
        if (lnt__agg_is_plain(input)) {                                                                                \
            const uint32_t *groups = input->groups;                                                                    \
            for (int64_t k = 0, n = input->n; k < n; k++) {                                                            \
                __typeof__(cells) cell = &cells[groups[k]];                                                            \
                TYPE value = data[k];                                                                                  \
                BODY;                                                                                                  \
            }                                                                                                          \
        } else {                                                                                                       \
            int64_t mask = lnt__agg_mask(input);                                                                       \
            for (int64_t k = 0; k < input->n; k++) {                                                                   \
                int64_t row = lnt__agg_row(input, k);                                                                  \
                if (!lnt_bitmap_valid(input->arg->valid, row & mask)) continue;                                        \
                __typeof__(cells) cell = &cells[lnt__agg_group(input, row)];                                           \
                TYPE value = data[row & mask];                                                                         \
                BODY;                                                                                                  \
            }                                                                                                          \
        }                                                                                                              \
    } while (0)
/// Group k of a result.
static inline int64_t lnt__agg_listed(const uint32_t *list, int64_t start, int64_t k) {
    return list ? list[k] : start + k;
}
/// Room for a result of n values of `item_bytes`, and if `valid` isn't NULL for their validity, all set.
LNT_MUST_USE lnt_status lnt__agg_result(lnt_type type, int64_t n, int64_t item_bytes, lnt_arena *scratch, void **data,
                                        uint64_t **valid, lnt_vec *out, lnt_error *err);

#endif
