/// @file function.h
/// What a function of the language is: documentation, overloads, kernels. Operators are functions too.
///
/// A kernel computes whole vectors. The evaluator takes care of nulls, constants, selections and dictionaries first, so
/// that most kernels are a loop over rows that are all there. All functions are pure.
#ifndef LNT_EXPR_FUNCTION_H
#define LNT_EXPR_FUNCTION_H

#include "expr/typed.h"

/// What a kernel works on.
typedef struct lnt_run {
    const lnt_typed *call;
    const lnt_vec *args; ///< call->n_used of them, FLAT or CONSTANT (unless LNT_ANY_FORM)
    int64_t n_rows;      ///< room of `out`, rows of the batch
    const uint32_t
        *sel; ///< the rows to compute, ascending; NULL: rows 0 … n-1. None has a null (unless LNT_SEES_NULLS)
    int64_t n;
    int64_t first_row; ///< number of row 0, for messages; -1: unknown
    void *out;         ///< n_rows elements of the result's type
    uint64_t *valid;   ///< LNT_MAKES_NULLS: the result's validity, to be unset; else NULL
    lnt_arena *arena;  ///< for strings that the kernel makes
} lnt_run;

typedef lnt_status (*lnt_kernel_fn)(const lnt_run *run, lnt_error *err);

/// Rows to evaluate a node for.
typedef struct lnt_rows {
    int64_t n_rows;
    const uint32_t *sel; ///< NULL: rows 0 … n-1
    int64_t n;
    int64_t first_row;
} lnt_rows;

/// Evaluates a call whose arguments aren't all wanted for all rows (`and`, `if_else`).
typedef lnt_status (*lnt_lazy_fn)(lnt_evaluator *evaluator, const lnt_typed *call, const lnt_rows *rows, lnt_vec *out,
                                  lnt_error *err);

enum lnt_overload_flags {
    LNT_TOTAL = 1,       ///< numbers only; harmless on any bits, so it may run on rows that nobody asked for
    LNT_CAN_FAIL = 2,    ///< may fail on some row
    LNT_MAKES_NULLS = 4, ///< may give null for arguments that aren't
    LNT_SEES_NULLS = 8,  ///< handles nulls itself, result included; otherwise null in any argument gives null
    LNT_ANY_FORM = 16    ///< takes arguments in every form
};

/// One list of argument types with its kernel.
/// `types` has a letter for each argument, a colon, and the result's: b(ool) i(nt) f(loat) s(tring) t(ime) p (ip),
/// `a` any type, `A` any one type that all `A` share; `+` after the last argument's letter: once or more.
typedef struct lnt_overload {
    const char *types;
    unsigned flags;
    lnt_kernel_fn kernel; ///< NULL: `lazy`
    lnt_lazy_fn lazy;
} lnt_overload;

typedef struct lnt_binder lnt_binder; ///< expr/binder.h

struct lnt_function {
    lnt_function_info info; ///< operators have no signature and aren't listed
    const lnt_overload *overloads;
    int64_t n_overloads;
    /// Changes arguments before the overload is chosen. NULL: nothing to change.
    lnt_status (*adapt)(lnt_binder *binder, lnt_typed *call, lnt_error *err);
    /// Looks at constant arguments once: may set call->data and call->n_used. NULL: nothing to prepare.
    lnt_status (*prepare)(lnt_binder *binder, lnt_typed *call, lnt_error *err);
};

/// The functions of a file, as the registry sees them.
typedef struct lnt_function_table {
    const lnt_function *functions;
    int64_t n;
} lnt_function_table;

extern const lnt_function_table lnt_operator_functions, lnt_compare_functions, lnt_logic_functions, lnt_in_functions;
extern const lnt_function_table lnt_text_functions, lnt_search_functions, lnt_pattern_functions, lnt_time_functions,
    lnt_time_text_functions, lnt_ip_functions, lnt_ioc_functions, lnt_indicator_functions, lnt_number_functions,
    lnt_null_functions, lnt_cast_functions;

/// The function or operator called `name`, or NULL.
const lnt_function *lnt_function_find(lnt_str name);
/// The name of a listed function or aggregate most like `name`, or NULL.
const char *lnt_function_nearest(lnt_str name);
/// How what others call the function `name` is written here where it is none: an operator, a verb; or NULL.
const char *lnt_function_elsewhere(lnt_str name);

// ---- for kernels ----

static inline int64_t lnt_run_row(const lnt_run *run, int64_t k) {
    return run->sel ? run->sel[k] : k;
}
static inline int64_t lnt_run_index(const lnt_run *run, int arg, int64_t row) {
    return run->args[arg].form == LNT_FORM_CONSTANT ? 0 : row;
}
static inline lnt_str lnt_run_str(const lnt_run *run, int arg, int64_t row) {
    return ((const lnt_str *)run->args[arg].data)[lnt_run_index(run, arg, row)];
}
static inline int64_t lnt_run_int(const lnt_run *run, int arg, int64_t row) {
    return ((const int64_t *)run->args[arg].data)[lnt_run_index(run, arg, row)];
}
static inline double lnt_run_float(const lnt_run *run, int arg, int64_t row) {
    return ((const double *)run->args[arg].data)[lnt_run_index(run, arg, row)];
}
static inline bool lnt_run_bool(const lnt_run *run, int arg, int64_t row) {
    return ((const uint8_t *)run->args[arg].data)[lnt_run_index(run, arg, row)] != 0;
}
static inline lnt_ip lnt_run_ip(const lnt_run *run, int arg, int64_t row) {
    return ((const lnt_ip *)run->args[arg].data)[lnt_run_index(run, arg, row)];
}

/// Number of elements of an array.
#define LNT_COUNT(array) ((int64_t)(sizeof(array) / sizeof *(array)))

/// Sets an error that begins with "row N: " (1-based) where the number is known. Returns `code`.
lnt_status lnt_run_fail(const lnt_run *run, int64_t row, lnt_status code, lnt_error *err, const char *format, ...)
    LNT_PRINTF(5, 6);

#endif
