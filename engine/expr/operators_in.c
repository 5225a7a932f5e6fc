/// @file operators_in.c
/// `x in (a, b, …)`: null where x is null, else whether x equals one of the list; nulls in the list equal nothing.
///
/// A list of constants becomes a set at bind time (few ints: a short list to compare with). A list with other
/// expressions in it is compared value by value. Ints and floats may stand beside each other; none is made the other
/// type, so that an int equals only the float that is worth the same.
#include <math.h>
#include <string.h>

#include "expr/binder.h"
#include "expr/int_float.h"
#include "expr/value_set.h"

enum { FEW = 8 };

/// Up to FEW ints: every one is compared, without branches.
static void in_few_ints(const lnt_run *run, const lnt_value_set *set) {
    const int64_t *in = run->args[0].data;
    int64_t few[FEW], step = run->args[0].form == LNT_FORM_FLAT;
    uint8_t *out = run->out;
    for (int64_t i = 0; i < FEW; i++) few[i] = set->values[i < set->n ? i : 0].as.i;
    for (int64_t k = 0; k < run->n; k++) {
        int64_t row = run->sel ? run->sel[k] : k, x = in[row * step];
        bool found = false;
        for (int i = 0; i < FEW; i++) found |= x == few[i];
        out[row] = found;
    }
}

static lnt_status in_set(const lnt_run *run, lnt_error *err) {
    const lnt_value_set *set = run->call->data;
    uint8_t *out = run->out;
    (void)err;
    bool ints = set->type == LNT_INT || set->type == LNT_TIME;
    if (ints && set->n > 0 && set->n <= FEW) {
        in_few_ints(run, set);
        return LNT_OK;
    }
    for (int64_t k = 0; k < run->n; k++) {
        int64_t row = lnt_run_row(run, k);
        lnt_value value = lnt_vec_get(&run->args[0], row);
        out[row] = lnt_value_set_has(set, &value);
    }
    return LNT_OK;
}

static bool value_equal(const lnt_value *a, const lnt_value *b) {
    if (a->type == LNT_INT && b->type == LNT_FLOAT) return lnt__int_is_float(a->as.i, b->as.f);
    if (a->type == LNT_FLOAT && b->type == LNT_INT) return lnt__int_is_float(b->as.i, a->as.f);
    switch (a->type) {
    case LNT_BOOL:
        return a->as.b == b->as.b;
    case LNT_FLOAT:
        return a->as.f == b->as.f;
    case LNT_STRING:
        return lnt_str_equal(a->as.s, b->as.s);
    case LNT_IP:
        return lnt_ip_compare(a->as.ip, b->as.ip) == 0;
    case LNT_NULL:
    case LNT_INT:
    case LNT_TIME:
        break;
    }
    return a->as.i == b->as.i;
}

/// Row by row, for lists that aren't constant.
static lnt_status in_list(const lnt_run *run, lnt_error *err) {
    uint8_t *out = run->out;
    (void)err;
    for (int64_t k = 0; k < run->n; k++) {
        int64_t row = lnt_run_row(run, k);
        out[row] = 0;
        if (!lnt_vec_is_valid(&run->args[0], row)) {
            lnt_bitmap_unset(run->valid, row);
            continue;
        }
        lnt_value x = lnt_vec_get(&run->args[0], row);
        for (int64_t a = 1; a < run->call->n_used && !out[row]; a++) {
            if (!lnt_vec_is_valid(&run->args[a], row)) continue;
            lnt_value y = lnt_vec_get(&run->args[a], row);
            out[row] = value_equal(&x, &y);
        }
    }
    return LNT_OK;
}

static const lnt_overload with_list = {"AA+:b", LNT_SEES_NULLS | LNT_MAKES_NULLS | LNT_ANY_FORM, in_list, NULL};
static const lnt_overload with_set[] = {{"AA+:b", 0, in_set, NULL}};

/// Remembers the arguments as they were written, before ints become floats for the sake of one float among them.
static lnt_status adapt_in(lnt_binder *binder, lnt_typed *call, lnt_error *err) {
    bool ints = false, floats = false;
    for (int64_t i = 0; i < call->n_args; i++) {
        ints |= call->args[i]->type == LNT_INT;
        floats |= call->args[i]->type == LNT_FLOAT;
    }
    if (!ints || !floats) return LNT_OK;
    lnt_typed **written = lnt_arena_alloc(binder->arena, call->n_args * (int64_t)sizeof *written, err);
    if (!written) return LNT_NOMEM;
    memcpy(written, call->args, (size_t)call->n_args * sizeof *written);
    call->data = written;
    return LNT_OK;
}

/// Makes `value`, a constant of the list, one of the type that is looked for; false if none of that type equals it.
static bool as_wanted(lnt_type type, lnt_value *value) {
    if (value->is_null) return false;
    if (value->type == LNT_FLOAT && type == LNT_INT) {
        double f = value->as.f;
        if (!(f >= -0x1p63 && f < 0x1p63) || f != floor(f)) return false;
        *value = (lnt_value){.type = LNT_INT, .as.i = (int64_t)f};
    } else if (value->type == LNT_INT && type == LNT_FLOAT) {
        double f = (double)value->as.i;
        if (!lnt__int_is_float(value->as.i, f)) return false;
        *value = (lnt_value){.type = LNT_FLOAT, .as.f = f};
    }
    return value->type != LNT_FLOAT || value->as.f == value->as.f; // NaN equals nothing
}

static lnt_status prepare_in(lnt_binder *binder, lnt_typed *call, lnt_error *err) {
    lnt_typed *const *written = call->data;
    for (int64_t i = 0; written && i < call->n_args; i++)
        if (written[i]->type == LNT_INT) call->args[i] = written[i];
    call->data = NULL;
    for (int64_t i = 1; i < call->n_args; i++)
        if (call->args[i]->kind != LNT_TYPED_CONSTANT) {
            call->overload = &with_list;
            return LNT_OK;
        }
    lnt_type type = call->args[0]->type;
    lnt_value_set *set;
    LNT_TRY(lnt_value_set_new(binder->arena, type, call->n_args - 1, &set, err));
    for (int64_t i = 1; i < call->n_args; i++) {
        lnt_value value = call->args[i]->value;
        if (as_wanted(type, &value)) lnt_value_set_add(set, &value);
    }
    call->data = set;
    call->n_used = 1;
    return LNT_OK;
}

static const lnt_function functions[] = {{{.name = "in"}, with_set, 1, adapt_in, prepare_in}};
const lnt_function_table lnt_in_functions = {functions, 1};
