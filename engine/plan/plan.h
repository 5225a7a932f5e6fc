/// @file plan.h
/// What a logical plan is made of: one kind of node for every operator, with plain fields that anyone can walk.
///
/// Invariants: a node that has been handed out never changes. Expressions of a node are bound to its input's schema
/// (a join's keys are columns of either side). `schema` is what the node gives. derive, select, drop and rename are all
/// PROJECT; top is SORT with a limit.
#ifndef LNT_PLAN_PLAN_H
#define LNT_PLAN_PLAN_H

#include "column/scan.h"
#include "expr/aggregate.h"
#include "expr/typed.h"
#include "lunette/plan.h"

typedef enum lnt_plan_kind {
    LNT_PLAN_SCAN,      ///< `columns` of `scan`, in that order; rows for which all `exprs` are true, tested in order
    LNT_PLAN_FILTER,    ///< rows for which all `exprs` are true, tested in order
    LNT_PLAN_PROJECT,   ///< column i is `exprs[i]`, made the schema's type where that differs (null, int → float)
    LNT_PLAN_AGGREGATE, ///< one row per combination of `keys`: the keys, then `calls`
    LNT_PLAN_DISTINCT,  ///< the first row of every combination of `keys`
    LNT_PLAN_SORT,      ///< by `exprs`, each up or `descending`; only the first `count` rows if count ≥ 0
    LNT_PLAN_SLICE,     ///< rows [offset, offset + count); offset < 0: from the end; count < 0: all that follow
    LNT_PLAN_JOIN,      ///< inputs left and right; all columns of the left, then `columns` of the right
    LNT_PLAN_CONCAT,    ///< rows of all inputs one after the other; their schemas are the same
    LNT_PLAN_COUNT,     ///< how many rows
    LNT_PLAN_SAMPLE,    ///< `count` rows chosen by their numbers and the seed `offset`
    LNT_PLAN_EXPLODE,   ///< a row for every piece of the string column keys[0], split at `text`
    LNT_PLAN_MAP,       ///< the input's columns with column `offset` (theirs or one more) made by `map`
    LNT_PLAN_WINDOW     ///< the input's columns, then `windows` over partitions by `keys`, in the order of `exprs`;
                        ///< if count ≥ 0 maybe only the rows whose row_number is at most that
} lnt_plan_kind;

/// A function over the rows of a partition.
typedef enum lnt_window_kind {
    LNT_WINDOW_ROW_NUMBER,
    LNT_WINDOW_RANK, ///< the number of the first row with the same order keys
    LNT_WINDOW_DENSE_RANK,
    LNT_WINDOW_LAG, ///< any type: the value `n` rows before
    LNT_WINDOW_LEAD,
    LNT_WINDOW_CUMSUM,       ///< int, float: null where the value is, which adds nothing
    LNT_WINDOW_CUMCOUNT,     ///< rows so far, this one included; of an argument those where it isn't null
    LNT_WINDOW_ROLLING_MEAN, ///< over the last `n` rows, this one included; nulls left out
    LNT_WINDOW_ROLLING_SUM,
    LNT_WINDOW_ROLLING_MIN, ///< any type
    LNT_WINDOW_ROLLING_MAX,
    LNT_WINDOW_FIRST, ///< any type: the partition's first value that isn't null
    LNT_WINDOW_LAST,
    LNT_WINDOW_FILL_FORWARD, ///< any type: the value, or the last one before it that isn't null
    LNT_WINDOW_FILL_BACKWARD ///< any type: the value, or the next one behind it that isn't null
} lnt_window_kind;

typedef struct lnt_window_call {
    lnt_window_kind kind;
    const char *name; ///< static
    int64_t arg;      ///< column of the input, or -1
    int64_t n;        ///< rows
    int64_t span_us;  ///< of rolling ones that go by time instead: rows nearer than that; else 0
    lnt_type type;    ///< of the result
} lnt_window_call;

/// When two rows of a JOIN match.
typedef enum lnt_match_kind {
    LNT_MATCH_EQUAL,   ///< keys[i] == right_keys[i]
    LNT_MATCH_NEAREST, ///< asof: right_keys[0] nearest to keys[0] among the rows whose other keys are equal
    LNT_MATCH_RANGE,   ///< keys[0] (and keys[1], which is the same) from right_keys[0] to right_keys[1]
    LNT_MATCH_NETWORK  ///< the address keys[0] in the network that the text or address right_keys[0] names
} lnt_match_kind;

typedef struct lnt_match {
    lnt_match_kind kind;
    lnt_asof_options asof;   ///< NEAREST
    lnt_range_options range; ///< RANGE, NETWORK
} lnt_match;

/// A function of the caller's, shared by the copies of a plan.
typedef struct lnt_shared_map {
    _Atomic int64_t refs;
    lnt_map map; ///< `what` owned
} lnt_shared_map;

struct lnt_plan {
    _Atomic int64_t refs;
    lnt_plan_kind kind;
    lnt_schema *schema; ///< owned
    lnt_plan **inputs;  ///< owned references
    int64_t n_inputs;
    lnt_scan *scan;   ///< SCAN: owned reference
    lnt_table *table; ///< SCAN of a table in memory: owned reference, else NULL
    int64_t *columns; ///< SCAN: columns of the scan; JOIN: columns of the right that are given
    int64_t n_columns;
    lnt_bound **exprs; ///< SCAN, FILTER, PROJECT, SORT, WINDOW; owned references
    int64_t n_exprs;
    bool *descending;    ///< SORT, WINDOW: by expression
    int64_t *keys;       ///< AGGREGATE, DISTINCT, EXPLODE, WINDOW: columns of the input; JOIN: of the left
    int64_t *right_keys; ///< JOIN: columns of the right that keys[i] are matched with
    int64_t n_keys;
    lnt_agg_call *calls; ///< AGGREGATE: over the input
    int64_t n_calls;
    lnt_join_kind join;
    lnt_match match;          ///< JOIN
    int64_t offset, count;    ///< SLICE, SAMPLE; SORT, WINDOW: `count`; MAP: `offset`
    char *text;               ///< EXPLODE: owned
    lnt_window_call *windows; ///< WINDOW: owned; their results follow the input's columns
    int64_t n_windows;
    lnt_shared_map *map; ///< MAP: owned reference
};

// ---- nodes (node.c) ----

/// An empty node over `inputs` (takes references of its own). `*out` belongs to the caller.
LNT_MUST_USE lnt_status lnt__plan_new(lnt_plan_kind kind, lnt_plan *const *inputs, int64_t n_inputs, lnt_plan **out,
                                      lnt_error *err);
/// A private copy of the whole tree below `plan`, whose nodes may be changed.
LNT_MUST_USE lnt_status lnt__plan_clone(const lnt_plan *plan, lnt_plan **out, lnt_error *err);
/// Room for `n` expressions (and, for PROJECT, nothing else); they start as NULL.
LNT_MUST_USE lnt_status lnt__plan_reserve_exprs(lnt_plan *plan, int64_t n, lnt_error *err);
/// Appends an expression; takes a reference of its own.
LNT_MUST_USE lnt_status lnt__plan_add_expr(lnt_plan *plan, lnt_bound *expr, lnt_error *err);
/// Unrefs all expressions and forgets them.
void lnt__plan_drop_exprs(lnt_plan *plan);
/// A copy of `n` numbers.
LNT_MUST_USE lnt_status lnt__copy_indices(const int64_t *from, int64_t n, int64_t **out, lnt_error *err);
/// Gives back what a call holds (not the struct).
void lnt__agg_call_clear(lnt_agg_call *call);
/// The column that `expr` is nothing but, or -1.
int64_t lnt__bound_as_column(const lnt_bound *expr);
/// `expr` over another schema: column i becomes column map[i] of `schema`, under its name there, or the expression
/// replace[i] where that isn't NULL.
LNT_MUST_USE lnt_status lnt__bound_move(const lnt_bound *expr, const int64_t *map, const lnt_bound *const *replace,
                                        int64_t n, const lnt_schema *schema, lnt_bound **out, lnt_error *err);

// ---- schemas and names (names.c) ----

/// The fields `columns[n]` of `from`.
LNT_MUST_USE lnt_status lnt__schema_pick(const lnt_schema *from, const int64_t *columns, int64_t n, lnt_schema **out,
                                         lnt_error *err);
/// The column called `name` (terminated), or LNT_NAME with the nearest one.
LNT_MUST_USE lnt_status lnt__schema_column(const lnt_schema *schema, const char *name, int64_t *out, lnt_error *err);
/// A list of columns; a name that occurs twice is LNT_NAME. `*out` is freed with lnt_free.
LNT_MUST_USE lnt_status lnt__schema_columns(const lnt_schema *schema, const char *const *names, int64_t n,
                                            int64_t **out, lnt_error *err);

/// A definition that has been read: a name of its own and its expression over some schema.
typedef struct lnt_definition {
    char *name;       ///< owned
    lnt_expr *parsed; ///< owned; NULL when the text was just a column's name
    int64_t column;   ///< that column, or -1
    bool named;       ///< the text said "name ="
} lnt_definition;

/// Reads "name = expression", a column's name, or (with `unnamed_what` NULL) any expression. A text without a name that
/// isn't a column is an error that asks for "name = …" otherwise. `schema` decides what is a column's name.
LNT_MUST_USE lnt_status lnt__definition_read(const char *text, const lnt_schema *schema, const char *unnamed_what,
                                             lnt_definition *out, lnt_error *err);
/// Binds what was read to `schema`.
LNT_MUST_USE lnt_status lnt__definition_bind(const lnt_definition *definition, const char *text,
                                             const lnt_schema *schema, const lnt_params *params, lnt_bound **out,
                                             lnt_error *err);
void lnt__definition_clear(lnt_definition *definition);
/// A key of sort: "name", "-name", or an expression with an optional "-" before the whole.
LNT_MUST_USE lnt_status lnt__bind_sort_key(const lnt_plan *in, const char *text, const lnt_params *params,
                                           bool *descending, lnt_bound **out, lnt_error *err);
/// LNT_TYPE if `bound` has no type that a column could have.
LNT_MUST_USE lnt_status lnt__check_column_type(const lnt_bound *bound, const char *text, const char *name,
                                               lnt_error *err);

// ---- distinct (order.c) ----

/// Whether the rows of a distinct are nothing but its keys, so that grouping by them gives the same: a group_by without
/// aggregates can leave memory. Not where a key is float: -0 and 0 are one group, but which of them the first row had shows.
bool lnt__distinct_is_grouping(const lnt_plan *distinct);

// ---- map (map.c) ----

lnt_shared_map *lnt__map_ref(lnt_shared_map *map); ///< NULL is fine
void lnt__map_unref(lnt_shared_map *map);          ///< NULL is fine

// ---- joins (join.c) ----

/// The first key that is matched by equality: those before it are the match's own.
int64_t lnt__join_first_equal(const lnt_plan *join);
/// Whether a row of the left has a match in the right whatever else the right holds, so that leaving out rows of the
/// right that a condition refuses gives the same as refusing the joined rows.
bool lnt__join_matches_alone(const lnt_plan *join);
/// With keys and match given: refuses equal keys of different types, chooses the right's columns and makes the schema.
LNT_MUST_USE lnt_status lnt__join_complete(lnt_plan *join, const char *suffix, lnt_error *err);
/// Adds a line about the join to `text` (join_explain.c).
void lnt__explain_join(const lnt_plan *join, lnt_text *text);

// ---- projections (project.c) ----

/// PROJECT of the plain columns `columns[n]` of `in`.
LNT_MUST_USE lnt_status lnt__plan_pick(lnt_plan *in, const int64_t *columns, int64_t n, lnt_plan **out, lnt_error *err);
/// PROJECT with the names `names[n]`, types `types[n]` and expressions `exprs[n]` (references are taken).
LNT_MUST_USE lnt_status lnt__plan_project(lnt_plan *in, const char *const *names, const lnt_type *types,
                                          lnt_bound *const *exprs, int64_t n, lnt_plan **out, lnt_error *err);

// ---- optimiser (optimise.c and rule_*.c): rules change a private tree in place ----

/// A private, optimised copy of `plan`. `*out` belongs to the caller.
LNT_MUST_USE lnt_status lnt__plan_optimise(const lnt_plan *plan, lnt_plan **out, lnt_error *err);
/// Applied to the slot that holds a node; may put another node there.
typedef lnt_status (*lnt_rule_fn)(lnt_plan **slot, lnt_error *err);
/// Splits conditions at `and`; drops those that are always true; a filter that is never true gives no rows.
LNT_MUST_USE lnt_status lnt__rule_split_filter(lnt_plan **slot, lnt_error *err);
/// Moves conditions as near to the scans as they may go.
LNT_MUST_USE lnt_status lnt__rule_push_filter(lnt_plan **slot, lnt_error *err);
/// Makes one projection of two, and none of one that changes nothing.
LNT_MUST_USE lnt_status lnt__rule_merge_project(lnt_plan **slot, lnt_error *err);
/// Slices below projections; a sort of which only the first rows are wanted keeps no more than those.
LNT_MUST_USE lnt_status lnt__rule_top(lnt_plan **slot, lnt_error *err);
/// A window of row numbers of which only small ones are wanted gives the first rows of its partitions.
LNT_MUST_USE lnt_status lnt__rule_window_first(lnt_plan **slot, lnt_error *err);
/// A count needs neither order nor columns.
LNT_MUST_USE lnt_status lnt__rule_count(lnt_plan **slot, lnt_error *err);
/// Leaves out every column that nothing above needs, down to the scans. For the root of a tree.
LNT_MUST_USE lnt_status lnt__prune_columns(lnt_plan **root, lnt_error *err);
/// Puts the node's only input in its place.
void lnt__plan_replace_by_input(lnt_plan **slot);

#endif
